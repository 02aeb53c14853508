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
const overrides =
  /^(x-)?(http-)?(method-override|method|original-url|rewrite-url|original-method|override-method|override-url)$/;

type Kind = "kept" | "own" | "override" | "range" | "connection";
const kinds = new Map<string, Kind>();

function kindOf(name: string): Kind {
  const known = kinds.get(name);
  if (known) return known;
  const lower = name.toLowerCase();
  let kind: Kind = "own";
  if (lower === "connection") kind = "connection";
  else if (ours.has(lower) || origins.test(lower)) kind = "kept";
  else if (overrides.test(lower)) kind = "override";
  else if (lower === "range") kind = "range";
  if (kinds.size > 1000) kinds.clear(); // names are the tool's: they must not fill our memory
  kinds.set(name, kind);
  return kind;
}

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
    const kind = kindOf(name);
    if (kind === "override") {
      throw new Problem("request_refused", { detail: `the header ${name} would make it another request` });
    }
    if (kind === "connection") connection += `,${value.toLowerCase()}`;
    if (kind === "kept" || kind === "connection") continue;
    // Pieces of an answer could carry an echoed credential past the redaction.
    if (kind === "range" && /^\s*bytes/i.test(value)) continue;
    headers.push([name, value]);
  }
  if (connection === "" || connection === ",keep-alive" || connection === ",close") return headers;
  const named = connection.split(",").map((name) => name.trim());
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
