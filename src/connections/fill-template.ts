import { randomBytes } from "node:crypto";
import type { UrlVariable } from "../contract/auth-method.ts";
import { Problem } from "../contract/problem.ts";

export type Values = Readonly<Record<string, string>>;

/**
 * Fills the `{names}` of a text. Of alternatives parted by ` || ` the first whose names are all known is taken.
 *
 * @returns undefined when no alternative can be filled.
 */
export function fill(template: string, values: Values): string | undefined {
  const alternative = known(template, values);
  return alternative?.replace(variable, (_, name: string) => values[name] ?? random());
}

/**
 * Fills a URL so that no value can change more of it than its place allows: within a host one label, or what its own
 * `pattern` admits; as the whole host a host name with port and path; in path and query it is percent-encoded.
 *
 * @returns undefined when no alternative can be filled.
 * @throws Problem `input_invalid` naming the variable whose value does not fit its place.
 */
export function fillUrl(template: string, values: Values, variables: readonly UrlVariable[] = []): string | undefined {
  const alternative = known(template, values);
  if (alternative === undefined) return undefined;
  const [, scheme = "", authority = "", rest = ""] = /^(https?:\/\/|)([^/?#]*)(.*)$/s.exec(alternative) ?? [];
  const value = (name: string) => values[name] ?? random();
  const bounded = variables.filter(({ pattern, options }) => pattern !== undefined || options !== undefined);
  const patterned = new Set(bounded.map(({ name }) => name));
  const alone = whole.exec(authority)?.[1];
  // A redirect passes through strangers' hands: it may choose a whole host only within a pattern.
  if (
    alone !== undefined &&
    !patterned.has(alone) &&
    variables.some(({ name, from }) => name === alone && from === "redirect")
  ) {
    refuse(alone, "comes from the redirect and needs a pattern before it may name a host");
  }

  const start = fillAuthority(scheme, authority, value, patterned);
  const path = rest.replace(variable, (_, name: string) => encode(name, value(name), patterned.has(name)));
  const url = start.path && path === "/" ? start.text : `${start.text}${path}`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || parsed.username || parsed.password || parsed.host !== new URL(start.text).host) {
    throw new Problem("input_invalid", {
      detail: `these values do not make an address: ${names(alternative).join(", ")}`,
    });
  }
  return url;
}

/** Like `fillUrl`, for the host (with port) of a declared host such as `{subdomain}.example.com`. */
export function fillHost(template: string, values: Values, variables: readonly UrlVariable[] = []): string | undefined {
  const url = fillUrl(/^\{[^}]+\}$|\|\|/.test(template) ? template : `https://${template}`, values, variables);
  return url === undefined ? undefined : new URL(/^https?:\/\//.test(url) ? url : `https://${url}`).host;
}

/** The names that stand in a template. */
export function names(template: string): string[] {
  return [...template.matchAll(variable)].flatMap(([, name]) => name ?? []);
}

const variable = /\{([A-Za-z][A-Za-z0-9_.-]*)\}/g;
const whole = /^\{([A-Za-z][A-Za-z0-9_.-]*)\}$/;
const random = () => randomBytes(12).toString("base64url");

/** `{random}` needs no value: a new one is made each time. */
function known(template: string, values: Values): string | undefined {
  return template
    .split(" || ")
    .map((alternative) => alternative.trim())
    .find((alternative) => names(alternative).every((name) => values[name] || name === "random"));
}

function fillAuthority(
  scheme: string,
  authority: string,
  value: (name: string) => string,
  patterned: ReadonlySet<string>,
): { text: string; path: boolean } {
  const alone = whole.exec(authority)?.[1];
  if (alone !== undefined) {
    // People paste what their browser shows: a scheme in front and a slash behind are taken off.
    const [, given, host = ""] = /^(https?:\/\/)?(.*?)\/*$/is.exec(value(alone).trim()) ?? [];
    if (!hostWithPath.test(host) || /(^|[/.])\.\.?(\/|$)/.test(host))
      refuse(alone, "must be a host name such as acme.example.com");
    return { text: `${scheme || given?.toLowerCase() || "https://"}${host}`, path: host.includes("/") };
  }
  const host = authority.replace(variable, (_, name: string) => {
    const text = value(name).trim();
    if (!(patterned.has(name) ? labels : label).test(text)) refuse(name, "may hold letters, digits and dashes only");
    return text;
  });
  return { text: `${scheme || "https://"}${host}`, path: false };
}

const label = /^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/i;
const labels = /^[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?$/i;
const hostWithPath = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[\w.~-]+)*$/i;

function encode(name: string, text: string, mayHoldSlash: boolean): string {
  if (text.split("/").some((part) => part === "." || part === "..")) refuse(name, "may not hold dots alone");
  const encoded = encodeURIComponent(text);
  return mayHoldSlash ? encoded.replaceAll("%2F", "/") : encoded;
}

function refuse(name: string, detail: string): never {
  throw new Problem("input_invalid", { detail: `${name} ${detail}` });
}
