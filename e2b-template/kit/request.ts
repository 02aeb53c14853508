import type { AnyOperation, AuthPlace } from "./definition.ts";
import { writeBody } from "./body.ts";
import { usage } from "./failure.ts";
import { mediaTypes, requestOf, slots } from "./inputs.ts";
import { cookiePairs, encode, headerText, isObject, pathText, queryPairs, text } from "./serialize.ts";

/** Values of one request by place and wire name: what `call --input` takes and what flags are turned into. */
export type Parts = {
  path: Record<string, unknown>;
  query: Record<string, unknown>;
  header: Record<string, unknown>;
  cookie: Record<string, unknown>;
  /** A whole query string as one value (OAS 3.2 `in: querystring`). */
  querystring?: unknown;
  body?: unknown;
  contentType?: string;
};

/** A secret and where it goes. */
export type Signature = { place: AuthPlace; secret: string };

export type WireRequest = { method: string; url: string; headers: Record<string, string>; body?: string | Uint8Array };

/** Builds the exact request of an operation. `base` is the address its path is put behind. */
export function buildRequest(
  operation: AnyOperation,
  given: Parts,
  base: string,
  signatures: Signature[] = [],
  common: Record<string, string> = {},
): WireRequest {
  const parts = sign(given, signatures);
  const { method, path } = requestOf(operation);
  const all = slots(operation);
  const form = (place: string, name: string) => all.find((slot) => slot.in === place && slot.name === name);
  const lowerForm = (name: string) =>
    all.find((slot) => slot.in === "header" && slot.name.toLowerCase() === name.toLowerCase());

  // Some documents tell operations apart by a literal query or a fragment in the path; the fragment is never sent.
  const [template = "", literal] = (path.split("#")[0] ?? "").split("?");
  const named = { ...parts.path, ...unfolded(operation.whole, parts.path) };
  const filled = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    if (named[name] === undefined) throw usage(`The path needs a value for ${name}.`);
    return pathText(name, named[name], form("path", name));
  });
  refuseDots(filled);

  const query = (literal ?? "").split("&").filter((pair) => pair !== "" && !pair.includes("{"));
  for (const [name, value] of Object.entries(parts.query)) {
    if (value !== undefined) query.push(...queryPairs(name, value, form("query", name)));
  }
  if (parts.querystring !== undefined)
    query.push(wholeQuery(parts.querystring, all.find((slot) => slot.in === "querystring")?.content));

  const headers: Record<string, string> = {};
  const setHeader = (name: string, value: string) => {
    if (/[\r\n\0]/.test(value)) throw usage(`The header ${name} may not hold a line break.`);
    for (const other of Object.keys(headers)) if (other.toLowerCase() === name.toLowerCase()) delete headers[other];
    headers[name] = value;
  };
  for (const [name, value] of Object.entries({
    accept: "application/json, */*;q=0.5",
    ...common,
    ...operation.headers,
  }))
    setHeader(name, value);
  for (const [name, value] of Object.entries(parts.header)) {
    if (value !== undefined) setHeader(name, headerText(value, lowerForm(name)));
  }
  const cookies = Object.entries(parts.cookie).flatMap(([name, value]) =>
    value === undefined ? [] : cookiePairs(name, value, form("cookie", name)),
  );
  if (cookies.length > 0) setHeader("cookie", cookies.join("; "));

  const url = `${base.replace(/\/+$/, "")}${filled.startsWith("/") ? "" : "/"}${filled}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  if (parts.body === undefined) return { method, url, headers };
  const files = new Set(
    all
      .filter((slot) => slot.in === "body" && (slot.type === "file" || slot.items === "file"))
      .map((slot) => slot.name),
  );
  const { contentType, data } = writeBody(
    parts.body,
    parts.contentType ?? mediaTypes(operation)[0] ?? "application/json",
    operation.body,
    files,
  );
  setHeader("content-type", contentType);
  return { method, url, headers, body: data };
}

/** Puts secrets where they go. What the caller gave in the same place stays: it was asked for by name. */
function sign(given: Parts, signatures: Signature[]): Parts {
  const parts: Parts = {
    ...given,
    query: { ...given.query },
    header: { ...given.header },
    cookie: { ...given.cookie },
  };
  const has = (record: Record<string, unknown>, name: string) =>
    Object.keys(record).some((key) => key.toLowerCase() === name.toLowerCase());
  let user: string | undefined;
  let password: string | undefined;
  for (const { place, secret } of signatures) {
    switch (place.in) {
      case "header":
        if (!has(parts.header, place.name))
          parts.header[place.name] = (place.template ?? "{secret}").replaceAll("{secret}", () => secret);
        break;
      case "query":
        parts.query[place.name] ??= (place.template ?? "{secret}").replaceAll("{secret}", () => secret);
        break;
      case "cookie":
        parts.cookie[place.name] ??= secret;
        break;
      case "body":
        parts.body = withField(parts.body ?? {}, place.name.split("."), secret);
        break;
      case "basic_user":
        user = secret;
        break;
      case "basic_password":
        password = secret;
        break;
    }
  }
  if ((user !== undefined || password !== undefined) && !has(parts.header, "authorization")) {
    const bytes = new TextEncoder().encode(`${user ?? ""}:${password ?? ""}`);
    parts.header.Authorization = `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
  }
  return parts;
}

function withField(body: unknown, way: string[], secret: string): unknown {
  const [name, ...deeper] = way;
  if (name === undefined) return body ?? secret;
  if (!isObject(body)) return body;
  return { ...body, [name]: deeper.length > 0 ? withField(body[name] ?? {}, deeper, secret) : (body[name] ?? secret) };
}

/** `{ parent: "projects/p1" }` by the template "projects/{project}": the values of the single parameters. */
function unfolded(
  whole: { [name: string]: string } | undefined,
  path: Record<string, unknown>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, template] of Object.entries(whole ?? {})) {
    const value = path[name];
    if (typeof value !== "string") continue;
    const parts = template.split("/");
    const given = value.split("/");
    if (given.length !== parts.length) throw usage(`${name} has the form ${template}.`);
    for (const [index, part] of parts.entries())
      if (part.startsWith("{")) found[part.slice(1, -1)] = given[index] ?? "";
  }
  return found;
}

/** URLs drop `.` and `..` even when escaped, so the request would go somewhere else. */
function refuseDots(path: string): void {
  if (path.split("/").some((segment) => segment === "." || segment === ".."))
    throw usage('A path value may not be "." or "..".');
}

function wholeQuery(value: unknown, mediaType = "application/x-www-form-urlencoded"): string {
  if (!/urlencoded/.test(mediaType)) return encode(/json/.test(mediaType) ? JSON.stringify(value) : text(value));
  if (isObject(value))
    return Object.entries(value)
      .flatMap(([name, one]) => queryPairs(name, one))
      .join("&");
  return text(value);
}
