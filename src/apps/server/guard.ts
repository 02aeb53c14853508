import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "../../contract/problem.ts";

/** Headers on every answer. Scripts, styles and connections come from this server only; nobody may frame it. */
export function securityHeaders(isHttps: () => boolean): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const headers = c.res.headers;
    // An answer may bring a stricter rule of its own.
    if (!headers.has("content-security-policy")) headers.set("content-security-policy", contentSecurityPolicy);
    headers.set("x-content-type-options", "nosniff");
    headers.set("x-frame-options", "DENY");
    // Not `no-referrer`: under it browsers send `Origin: null` with our own forms, and the origin check would refuse them.
    headers.set("referrer-policy", "same-origin");
    // Sign-in windows of services must be able to come back to the page that opened them.
    headers.set("cross-origin-opener-policy", "same-origin-allow-popups");
    headers.set("cross-origin-resource-policy", "same-origin");
    headers.set("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if (isHttps()) headers.set("strict-transport-security", "max-age=31536000");
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  };
}

export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/**
 * Refuses what was sent to a name that is not ours: a page of another site may have its own name point at this machine, and
 * would then count as the same origin (DNS rebinding).
 */
export function refuseOtherHosts(own: () => URL): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    // Behind a proxy that was given a public address, the name is the proxy's affair.
    const isOurs = !isLoopback(own().hostname) || isOfMachine(host) || host.toLowerCase() === own().host;
    if (!isOurs) throw new Problem("host_unknown", { publicUrl: own().origin });
    await next();
  };
}

/** `localhost` or an address: names that nobody else can have point here. */
export const isOfMachine = (host: string) => /^(localhost|\d+\.\d+\.\d+\.\d+|\[[\da-f:]+\])(:\d+)?$/i.test(host);
const isLoopback = (name: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(name);

/**
 * Refuses state-changing calls that another site made a browser send. Cookies are SameSite=Lax, but another port of this
 * machine counts as the same site, so the origin must be ours to the port.
 */
export function refuseOtherOrigins(ownOrigin: (c: Context) => string): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      const origin = c.req.header("origin");
      const site = c.req.header("sec-fetch-site");
      if (origin !== undefined && origin !== ownOrigin(c)) throw new Problem("origin_refused");
      if (origin === undefined && site !== undefined && site !== "same-origin" && site !== "none") {
        throw new Problem("origin_refused");
      }
    }
    await next();
  };
}

/** Bodies larger than `limit` bytes are refused before they are read, or where the stream passes the limit. */
export function limitBody(limitOf: (path: string) => number): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === "GET" || c.req.method === "HEAD" || !c.req.raw.body) return next();
    const limit = limitOf(c.req.path);
    const tooLarge = () => new Problem("body_too_large", { limitMb: Math.round(limit / 1e6) });
    const declared = Number(c.req.header("content-length"));
    if (declared > limit) throw tooLarge();
    let size = 0;
    const counted = c.req.raw.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          size += chunk.byteLength;
          if (size > limit) controller.error(tooLarge());
          else controller.enqueue(chunk);
        },
      }),
    );
    const init: RequestInit & { duplex: "half" } = { body: counted, duplex: "half" }; // a streamed body wants it (Fetch §5.4)
    c.req.raw = new Request(c.req.raw, init);
    await next();
  };
}

/**
 * Counts failed tries by address within a minute; a guesser is told to wait. Only failures are: behind a proxy everybody has
 * one address, and a stranger's guesses must not keep a person with a good link out. In memory: a restart forgets, a token
 * has 256 bits.
 */
export function tryLimit(most: number, now: () => number = Date.now) {
  const failures = new Map<string, number[]>();
  return {
    /** @throws Problem `too_many_tries` */
    failed(address: string): void {
      const since = now() - 60_000;
      const recent = (failures.get(address) ?? []).filter((at) => at > since);
      if (recent.length >= most) {
        throw new Problem("too_many_tries", { seconds: Math.ceil(((recent[0] ?? since) - since) / 1000) });
      }
      if (failures.size > 10_000) failures.clear();
      failures.set(address, [...recent, now()]);
    },
  };
}

export type OpenStreams = {
  /** @returns what to call when the stream is over; once is enough. @throws Problem `too_many_streams` */
  enter(person: string): () => void;
};

/** Each open stream looks into the database now and then: so many for one person, and no more. */
export function openStreams(most: number): OpenStreams {
  const open = new Map<string, Set<symbol>>();
  return {
    enter(person) {
      const own = open.get(person) ?? new Set();
      if (own.size >= most) throw new Problem("too_many_streams", { most });
      const stream = Symbol("stream");
      open.set(person, own.add(stream));
      return () => {
        own.delete(stream);
        if (own.size === 0 && open.get(person) === own) open.delete(person);
      };
    },
  };
}
