import { pipeline } from "node:stream";
import type { Dispatcher } from "undici";
import { Problem } from "../contract/problem.ts";
import { decoderFor } from "./decompress.ts";
import { readHost } from "./host.ts";
import type { HostPolicy } from "./host-policy.ts";
import { type Upstream, openUpstream } from "./upstream.ts";

export type GuardedFetch = (url: string | URL, init?: GuardedInit) => Promise<Response>;

export type GuardedInit = {
  method?: string;
  headers?: Record<string, string> | Headers | [string, string][];
  body?: string | URLSearchParams | Uint8Array | null;
  signal?: AbortSignal;
  /** Of the body as read, after decompression. Default 20 MB. */
  maxBytes?: number;
  /** For everything together, redirects included. Default 20 seconds. */
  timeoutMs?: number;
  /** Default follow: up to five, each judged anew. Leaving the origin drops credentials, and a body never leaves it. */
  redirects?: "follow" | "refuse";
  /** Narrows the hosts further, e.g. to those of one document; asked for every redirect too. */
  allowHosts?: (host: string) => boolean;
  /**
   * The address of the page or document that names this one, a stranger's as a rule. What stands at a public place, or at none,
   * does not lead into one's own networks, also where a person listed them; a redirect never does.
   */
  namedBy?: string;
};

/**
 * Fetches for the server itself: documents, docs pages, token endpoints. Reaches what the host policy allows and nothing else,
 * and reads no more and waits no longer than it is told. The answer's body is whole; `url` names where it came from.
 *
 * @throws Problem `host_refused`, `scheme_refused`, `address_refused`, `redirect_refused`, `answer_too_large`,
 *   `answer_too_slow`, `service_unreachable`
 */
export function guardedFetch(policy: HostPolicy): GuardedFetch {
  const upstream = openUpstream(policy);
  const isOwn = (address: string) => {
    const host = URL.parse(address)?.host;
    return host !== undefined && host !== "" && policy.isListed(readHost(host));
  };
  return async (url, init = {}) => {
    const timeoutMs = init.timeoutMs ?? 20_000;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([deadline, init.signal]) : deadline;
    let target = readUrl(String(url));
    let method = (init.method ?? "GET").toUpperCase();
    const headers = new Headers(init.headers as HeadersInit | undefined);
    let body = bodyOf(init.body, headers);
    if (!headers.has("accept-encoding")) headers.set("accept-encoding", "gzip, br");
    if (!headers.has("user-agent")) headers.set("user-agent", "patchbay");

    let { namedBy } = init;
    for (let hops = 0; ; hops += 1) {
      const host = readHost(target.host);
      if (namedBy !== undefined && policy.isListed(host) && !isOwn(namedBy)) {
        throw new Problem(hops === 0 ? "address_refused" : "redirect_refused", { host: host.text });
      }
      if (init.allowHosts && !init.allowHosts(host.text)) throw new Problem("host_refused", { host: host.text });
      try {
        const answer = await fetchOnce(upstream, target, {
          method,
          headers,
          body,
          signal,
          maxBytes: init.maxBytes ?? 20_000_000,
        });
        const next = redirectOf(answer, target);
        if (!next) return answer;
        if (init.redirects === "refuse" || hops >= 5) throw new Problem("redirect_refused", { host: next.host });
        const leaves = next.origin !== target.origin;
        if (answer.status === 303 || ((answer.status === 301 || answer.status === 302) && method === "POST")) {
          method = method === "HEAD" ? "HEAD" : "GET";
          body = undefined;
          headers.delete("content-type");
        }
        if (leaves && body !== undefined) throw new Problem("redirect_refused", { host: next.host });
        if (leaves) for (const name of ["authorization", "cookie"]) headers.delete(name);
        namedBy = target.href;
        target = next;
      } catch (error) {
        if (error instanceof Problem) throw error;
        if (init.signal?.aborted) throw init.signal.reason;
        if (deadline.aborted) {
          throw new Problem("answer_too_slow", { host: host.text, seconds: Math.round(timeoutMs / 1000) });
        }
        throw new Problem("service_unreachable", { host: host.text, reason: "the connection failed" });
      }
    }
  };
}

type Asked = { method: string; headers: Headers; body: Buffer | undefined; signal: AbortSignal; maxBytes: number };

async function fetchOnce(upstream: Upstream, url: URL, asked: Asked): Promise<Response> {
  const scheme = url.protocol === "http:" ? "http:" : "https:";
  const pool = await orAborted(Promise.resolve(upstream.poolTo(scheme, readHost(url.host))), asked.signal);
  const answer = await pool.request({
    method: asked.method as Dispatcher.HttpMethod,
    path: `${url.pathname}${url.search}`,
    headers: Object.fromEntries(asked.headers),
    body: asked.body ?? null,
    signal: asked.signal,
  });
  const bytes = await readAll(answer.body, answer.headers["content-encoding"], url.host, asked);
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value === undefined || name === "content-encoding" || name === "content-length") continue;
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one);
  }
  const isEmpty = answer.statusCode === 204 || answer.statusCode === 205 || answer.statusCode === 304;
  const response = new Response(isEmpty ? null : new Uint8Array(bytes), { status: answer.statusCode, headers });
  Object.defineProperty(response, "url", { value: url.href });
  return response;
}

async function readAll(
  body: NodeJS.ReadableStream & AsyncIterable<Buffer>,
  encoding: string | string[] | undefined,
  host: string,
  asked: Asked,
): Promise<Buffer> {
  const decoder = decoderFor(encoding);
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > asked.maxBytes) throw new Problem("answer_too_large", { host, limitBytes: asked.maxBytes });
      chunks.push(chunk);
    }
  };
  if (!decoder) {
    await collect(body);
  } else {
    await new Promise<void>((resolve, reject) => {
      pipeline(body, decoder.into, (error) => error && decoder.from.destroy(error));
      pipeline(decoder.from, collect, (error) => (error ? reject(error) : resolve()));
    });
  }
  return Buffer.concat(chunks);
}

function redirectOf(answer: Response, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  const location = answer.headers.get("location");
  if (location === null) return undefined;
  try {
    return readUrl(location, from);
  } catch {
    throw new Problem("redirect_refused", {
      host: URL.parse(location, from)?.host ?? "an address that cannot be read",
    });
  }
}

function readUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  const written = /^[a-z][a-z0-9+.-]*:\/\/([^/?#\\]*)/i.exec(text.trim());
  if (!url || url.username !== "" || url.password !== "") {
    throw new Problem("host_refused", { host: url?.host ?? "that address" });
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new Problem("scheme_refused", { host: url.host || "It", isHttp: false });
  // The parser understands disguises (decimal, octal, full-width …); we take the host as written or not at all.
  readHost(written?.[1] ?? url.host);
  url.hash = "";
  return url;
}

function bodyOf(body: GuardedInit["body"], headers: Headers): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (body instanceof URLSearchParams) {
    if (!headers.has("content-type")) headers.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
    return Buffer.from(body.toString(), "utf8");
  }
  return typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.from(body);
}

/** A resolver that never answers is no reason to wait for ever. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error("aborted"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
