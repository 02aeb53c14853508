import { Problem } from "../contract/problem.ts";

/** A request on its way from the tool to the service. */
export type Draft = {
  method: string;
  /** Names as the tool wrote them. */
  headers: [name: string, value: string][];
  path: string;
  /** Raw, without `?`. */
  query: string;
  body: Buffer | undefined;
};

const headerLimit = 100;

/** Between two neighbours only (RFC 9110 §7.6.1), or ours to write. */
const ours = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Says where a request comes from; a tool has nothing to say about that. */
const origins = /^(x-forwarded-|x-patchbay-|forwarded$|via$|x-real-ip$|true-client-ip$|cf-|x-cluster-client-ip$)/;

/** Makes a service do something else than method and path say. */
const overrides = /^(x-)?(http-)?(method-override|method|original-url|rewrite-url|original-method|override-method|override-url)$/;

/**
 * Takes over the headers that are the tool's own.
 * @throws Problem `request_refused` for too many headers, and for those that make a service read another method or path.
 */
export function readHeaders(rawHeaders: string[]): [string, string][] {
  if (rawHeaders.length > headerLimit * 2) {
    throw new Problem("request_refused", { detail: `it has more than ${headerLimit} headers` });
  }
  const headers: [string, string][] = [];
  let connection = "";
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const value = rawHeaders[at + 1] ?? "";
    const lower = name.toLowerCase();
    if (lower === "connection") connection += `,${value.toLowerCase()}`;
    if (ours.has(lower) || origins.test(lower)) continue;
    if (overrides.test(lower)) {
      throw new Problem("request_refused", { detail: `the header ${name} would make it another request` });
    }
    // Pieces of an answer could carry an echoed credential past the redaction.
    if (lower === "range" && /^\s*bytes/i.test(value)) continue;
    headers.push([name, value]);
  }
  const named = connection.split(",").map((name) => name.trim());
  if (named.every((name) => name === "" || name === "keep-alive" || name === "close")) return headers;
  return headers.filter(([name]) => !named.includes(name.toLowerCase()));
}

/** `_method` and its kin in the query. */
export function refuseOverrideQuery(query: string): void {
  if (!/method|%/i.test(query)) return;
  for (const name of new URLSearchParams(query).keys()) {
    if (name.toLowerCase() === "_method" || overrides.test(name.toLowerCase().replaceAll("_", "-"))) {
      // `method` alone is an ordinary parameter of some services.
      if (name.toLowerCase() === "method") continue;
      throw new Problem("request_refused", { detail: `the parameter ${name} would make it another request` });
    }
  }
}

export function headerOf(headers: [string, string][], name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1];
}
