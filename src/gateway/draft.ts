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
  /^(x-)?(http-)?(envoy-)?((method|path|ur[il])-override|method|(original|rewrite|override)-(method|path|ur[il])|request-uri)$/;

type Kind = "kept" | "own" | "override" | "range" | "connection";
const kinds = new Map<string, Kind>();

function kindOf(name: string): Kind {
  const known = kinds.get(name);
  if (known) return known;
  const lower = name.toLowerCase().replaceAll("_", "-"); // CGI, WSGI and PHP do not tell the two apart
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
  const single = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const value = rawHeaders[at + 1] ?? "";
    const kind = kindOf(name);
    if (kind === "override") {
      throw new Problem("request_refused", { detail: `the header ${name} would make it another request` });
    }
    if (kind === "connection") connection += `,${value.toLowerCase()}`;
    if (kind === "kept" || kind === "connection") continue;
    const lower = name.toLowerCase();
    if (lower === "content-type" || lower === "content-encoding") {
      if (single.has(lower)) throw new Problem("request_refused", { detail: `it has more than one ${lower}` });
      single.add(lower);
    }
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
  for (const { name, careless } of parametersOf(query)) {
    if (careless === "_method" || overrides.test(careless.replaceAll("_", "-"))) {
      // `method` alone is an ordinary parameter of some services.
      if (careless === "method") continue;
      throw new Problem("request_refused", { detail: `the parameter ${name} would make it another request` });
    }
  }
}

/**
 * The parameters of a query or a form. `careless`: the name as a service may read it that is careless with it: in small letters;
 * PHP makes underscores of dots, blanks and an opening bracket, and `name[]` is `name`. `;` parts parameters for some, too.
 */
export function parametersOf(query: string): { name: string; value: string; careless: string }[] {
  return query.split(/[&;]/).flatMap((pair) =>
    [...new URLSearchParams(pair)].map(([name, value]) => ({
      name,
      value,
      careless: name
        .trimStart()
        .toLowerCase()
        .replace(/^\[/, "_")
        .replace(/[[\0][^]*$/, "")
        .replaceAll(/[ .]/g, "_"),
    })),
  );
}

/** Whether a body may name another method, or is written so that nobody here can tell. */
export function mayOverride(draft: Draft): boolean {
  if (!draft.body) return false;
  const contentType = headerOf(draft.headers, "content-type") ?? "";
  const encoding = headerOf(draft.headers, "content-encoding") ?? "identity";
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1] ?? "utf-8";
  if (encoding.toLowerCase() !== "identity" || !/^(utf-?8|us-ascii|iso-8859-1)$/i.test(charset)) return true;
  const text = draft.body.toString("latin1");
  if (/json|urlencoded/i.test(contentType) && text.includes("\0")) return true; // UTF-16 without saying so
  const fromHex = (_: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16));
  const readings = [text];
  if (text.includes("%")) readings.push(text.replaceAll(/%([0-9a-f]{2})/gi, fromHex));
  if (text.includes("\\u")) readings.push(text.replaceAll(/\\u00([0-9a-f]{2})/gi, fromHex));
  return readings.some((reading) => /(?<![a-z0-9])([_.[]method|x-http-method)/i.test(reading));
}

export function headerOf(headers: [string, string][], name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1];
}
