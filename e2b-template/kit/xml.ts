import type { XmlHint } from "./definition.ts";
import { isObject, text } from "./serialize.ts";

/** Writes a value as XML by the hints of its schema (OAS "XML Object"): names, attributes, prefixes, wrapped lists. */
export function toXml(value: unknown, hint: XmlHint = {}, name = "root"): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${element(value, hint, hint.name ?? name)}`;
}

function element(value: unknown, hint: XmlHint, name: string): string {
  const tag = hint.prefix ? `${hint.prefix}:${name}` : name;
  let attributes = hint.namespace ? ` xmlns${hint.prefix ? `:${hint.prefix}` : ""}="${escape(hint.namespace)}"` : "";
  if (!isObject(value)) {
    if (Array.isArray(value)) return `<${tag}${attributes}>${list(value, hint, name)}</${tag}>`;
    return `<${tag}${attributes}>${value === null || value === undefined ? "" : escape(text(value))}</${tag}>`;
  }
  let inside = "";
  for (const [key, one] of Object.entries(value)) {
    const field = hint.fields?.[key] ?? {};
    const fieldName = field.name ?? key;
    if (field.attribute) attributes += ` ${field.prefix ? `${field.prefix}:` : ""}${fieldName}="${escape(text(one))}"`;
    else if (field.text) inside += escape(text(one));
    else if (Array.isArray(one)) inside += field.wrapped ? element(one, field, fieldName) : list(one, field, fieldName);
    else inside += element(one, field, fieldName);
  }
  return `<${tag}${attributes}>${inside}</${tag}>`;
}

/** Members of a list have the name of their own schema, else that of the list; only a wrapped list has its own name around. */
function list(members: unknown[], hint: XmlHint, name: string): string {
  const item = hint.items ?? {};
  return members.map((one) => element(one, item, item.name ?? name)).join("");
}

function escape(plain: string): string {
  return plain.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
