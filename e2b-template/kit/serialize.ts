import type { Style } from "./definition.ts";

/** How one parameter is written: the part of an input that tells its form on the wire. */
export type Form = { style?: Style; explode?: boolean; allowReserved?: boolean; content?: string };

/**
 * `name=value` pairs of a query or of an urlencoded body, encoded (OAS 3.1 "Style Values"; RFC 6570). An empty list is
 * nothing, as RFC 6570 has it.
 */
export function queryPairs(name: string, value: unknown, form: Form = {}): string[] {
  const style = form.style ?? "form";
  const explode = form.explode ?? (style === "form" || style === "deepObject" || style === "cookie");
  const write = (one: unknown) => encode(text(one), form.allowReserved);
  const key = encode(name);
  if (form.content !== undefined) {
    return [`${key}=${write(jsonText(value, form.content))}`];
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return [];
    if (style === "deepObject") return brackets(key, value, write);
    if (explode) return value.map((one) => `${key}=${write(one)}`);
    return [`${key}=${value.map(write).join(delimiters[style] ?? ",")}`];
  }
  if (isObject(value)) {
    if (style === "deepObject") return brackets(key, value, write);
    if (explode) {
      return Object.entries(value).flatMap(([field, one]) =>
        (Array.isArray(one) ? one : [one]).map((each) => `${encode(field)}=${write(each)}`),
      );
    }
    const flat = Object.entries(value).flatMap(([field, one]) => [encode(field), write(one)]);
    return flat.length === 0 ? [] : [`${key}=${flat.join(delimiters[style] ?? ",")}`];
  }
  return [`${key}=${write(value)}`];
}

/** The text that stands for `{name}` in a path template: simple, label and matrix. */
export function pathText(name: string, value: unknown, form: Form = {}): string {
  const style = form.style ?? "simple";
  const explode = form.explode ?? false;
  const write = (one: unknown) => encode(text(one), form.allowReserved);
  if (form.content !== undefined) return write(jsonText(value, form.content));
  const fields = isObject(value) ? Object.entries(value) : undefined;
  if (style === "label") {
    const between = explode ? "." : ",";
    if (Array.isArray(value)) return `.${value.map(write).join(between)}`;
    if (fields) return `.${fields.map(([k, v]) => `${encode(k)}${explode ? "=" : ","}${write(v)}`).join(between)}`;
    return `.${write(value)}`;
  }
  if (style === "matrix") {
    const named = (key: string, one: string) => (one === "" ? `;${key}` : `;${key}=${one}`);
    if (Array.isArray(value)) {
      if (explode) return value.map((one) => named(encode(name), write(one))).join("");
      return named(encode(name), value.map(write).join(","));
    }
    if (fields) {
      if (explode) return fields.map(([k, v]) => named(encode(k), write(v))).join("");
      return named(encode(name), fields.map(([k, v]) => `${encode(k)},${write(v)}`).join(","));
    }
    return named(encode(name), write(value));
  }
  // Swagger 2.0 parts lists in any place by blanks, tabs or bars.
  if (Array.isArray(value)) return value.map(write).join(delimiters[style] ?? ",");
  if (fields) return fields.map(([k, v]) => `${encode(k)}${explode ? "=" : ","}${write(v)}`).join(",");
  return write(value);
}

/** A header's value: simple style, not percent-encoded. Text beyond ASCII goes as UTF-8 bytes. */
export function headerText(value: unknown, form: Form = {}): string {
  const plain = (): string => {
    if (form.content !== undefined) return jsonText(value, form.content);
    if (Array.isArray(value))
      return value.map(text).join(decodeURIComponent(delimiters[form.style ?? "simple"] ?? ","));
    if (isObject(value))
      return Object.entries(value)
        .map(([k, v]) => `${k}${form.explode ? "=" : ","}${text(v)}`)
        .join(",");
    return text(value);
  };
  return Array.from(new TextEncoder().encode(plain()), (byte) => String.fromCharCode(byte)).join("");
}

/** Pairs of a `Cookie` header. `style: cookie` (OAS 3.2) leaves the value as it is. */
export function cookiePairs(name: string, value: unknown, form: Form = {}): string[] {
  if (form.style !== "cookie") return queryPairs(name, value, form);
  if (Array.isArray(value))
    return (form.explode ?? true)
      ? value.map((one) => `${name}=${text(one)}`)
      : [`${name}=${value.map(text).join(",")}`];
  if (isObject(value)) {
    const fields = Object.entries(value);
    if (form.explode ?? true) return fields.map(([k, v]) => `${k}=${text(v)}`);
    return [`${name}=${fields.flatMap(([k, v]) => [k, text(v)]).join(",")}`];
  }
  return [`${name}=${text(value)}`];
}

/** RFC 3986: everything but unreserved characters is escaped; with `reserved`, those that cannot split the query stay. */
export function encode(plain: string, reserved = false): string {
  const escaped = encodeURIComponent(plain.toWellFormed()).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  if (!reserved) return escaped;
  // `#`, `&`, `+` and brackets would be read as something else, whatever the document allows (OAS 3.1.1, 4.8.12).
  return escaped.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B|3D)/g, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
}

/** A value as plain text: what has members is written as JSON. */
export function text(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const delimiters: { [style in Style]?: string } = { spaceDelimited: "%20", pipeDelimited: "%7C", tabDelimited: "%09" };

function jsonText(value: unknown, mediaType: string): string {
  return /json/i.test(mediaType) ? JSON.stringify(value) : text(value);
}

/** `a[b][c]=…`: the form servers read; lists of plain values as `a[]=…`, of objects with their index. */
function brackets(key: string, value: unknown, write: (one: unknown) => string): string[] {
  if (Array.isArray(value)) {
    const deep = value.some((one) => typeof one === "object" && one !== null);
    return value.flatMap((one, index) => brackets(`${key}%5B${deep ? index : ""}%5D`, one, write));
  }
  if (isObject(value))
    return Object.entries(value).flatMap(([field, one]) => brackets(`${key}%5B${encode(field)}%5D`, one, write));
  return [`${key}=${write(value)}`];
}
