import type { Place } from "../contract/auth-method.ts";
import { Problem } from "../contract/problem.ts";
import type { Secret } from "../contract/secret.ts";
import { type Draft, headerOf } from "./draft.ts";

/** A secret and where it goes. */
export type Placement = { place: Place; secret: Secret };

/**
 * Puts the credential into a request. What the tool itself put in the same place is replaced, so that it cannot add a second
 * reading beside ours. Changes the draft.
 *
 * @throws Problem `request_refused` when a secret cannot stand where it should.
 */
export function placeCredential(draft: Draft, placements: Placement[]): void {
  let user: string | undefined;
  let password: string | undefined;
  for (const { place, secret } of placements) {
    const text = secret.reveal();
    switch (place.in) {
      case "header":
        setHeader(draft, place.name, filled(place.template, text));
        break;
      case "query":
        draft.query = setPair(draft.query, place.name, filled(place.template, text));
        break;
      case "cookie":
        setCookie(draft, place.name, text);
        break;
      case "body":
        setField(draft, place.name, text);
        break;
      case "basic_user":
        user = text;
        break;
      case "basic_password":
        password = text;
        break;
    }
  }
  if (user !== undefined || password !== undefined)
    setHeader(draft, "authorization", basic(user ?? "", password ?? ""));
}

/** `Authorization` of Basic authentication (RFC 7617, UTF-8). */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
}

function filled(template: string | undefined, secret: string): string {
  return template === undefined ? secret : template.split("{secret}").join(secret);
}

function setHeader(draft: Draft, name: string, value: string): void {
  if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)) {
    throw new Problem("request_refused", { detail: "the credential holds a character that a header cannot carry" });
  }
  const lower = name.toLowerCase();
  draft.headers = [...draft.headers.filter(([each]) => each.toLowerCase() !== lower), [name, value]];
}

function setPair(query: string, name: string, value: string): string {
  const others = query.split("&").filter((pair) => pair !== "" && nameOf(pair) !== name);
  return [...others, `${encodeURIComponent(name)}=${encodeURIComponent(value)}`].join("&");
}

function nameOf(pair: string): string {
  return new URLSearchParams(pair).keys().next().value ?? "";
}

function setCookie(draft: Draft, name: string, value: string): void {
  const others = draft.headers
    .filter(([each]) => each.toLowerCase() === "cookie")
    .flatMap(([, cookies]) => cookies.split(/;\s*/))
    .filter((cookie) => cookie !== "" && cookie.split("=", 1)[0]?.trim() !== name);
  if (/[;\s]/.test(value)) {
    throw new Problem("request_refused", { detail: "the credential holds a character that a cookie cannot carry" });
  }
  setHeader(draft, "cookie", [...others, `${name}=${value}`].join("; "));
}

function setField(draft: Draft, name: string, value: string): void {
  const contentType = headerOf(draft.headers, "content-type") ?? "";
  if (/^application\/x-www-form-urlencoded/i.test(contentType)) {
    draft.body = Buffer.from(setPair(draft.body?.toString("latin1") ?? "", name, value), "latin1");
    return;
  }
  const boundary = /^multipart\/form-data.*;\s*boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary !== undefined) {
    const part = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    draft.body = Buffer.concat([Buffer.from(part, "utf8"), draft.body ?? Buffer.from(`--${boundary}--\r\n`)]);
    return;
  }
  if (draft.body && draft.body.length > 0 && !/\bjson\b/i.test(contentType)) {
    throw new Problem("request_refused", { detail: "its body has no fields, and the credential belongs into one" });
  }
  const body = draft.body && draft.body.length > 0 ? readJson(draft.body) : {};
  const path = name.split(".");
  const last = path.pop() ?? name;
  let inner = body;
  for (const step of path) {
    const next = inner[step];
    const deeper: Record<string, unknown> = isObject(next) ? next : {};
    define(inner, step, deeper);
    inner = deeper;
  }
  define(inner, last, value);
  draft.body = Buffer.from(JSON.stringify(body), "utf8");
  if (contentType === "") setHeader(draft, "content-type", "application/json");
}

function readJson(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"), keepNumbers);
  } catch {
    value = undefined;
  }
  if (isObject(value)) return value;
  throw new Problem("request_refused", {
    detail: "its body is not a JSON object, and the credential belongs into one",
  });
}

/** Numbers keep the digits they were written with: ids of more than 16 digits are common. */
function keepNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined || !("rawJSON" in JSON)) return value;
  return (JSON.rawJSON as (text: string) => unknown)(context.source);
}

/** Also for a field called `__proto__`. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
