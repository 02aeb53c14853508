import type { InputType, XmlHint } from "@patchbay/kit";
import type { Schema } from "./model.ts";
import { isRecord } from "./read-document.ts";
import { list, plainText, text } from "./reading.ts";
import type { References } from "./references.ts";

/** What a schema says in the end: references followed, `allOf` joined, alternatives brought to what they share. */
export type Shape = {
  type: InputType;
  format?: string;
  items?: Schema;
  enum?: (string | number | boolean)[];
  default?: unknown;
  maximum?: number;
  help: string;
  properties: Map<string, Schema>;
  required: Set<string>;
  /** Set by the service alone. */
  readOnly: boolean;
  xml?: Record<string, unknown>;
};

const deepest = 12;

/** Schemas that name each other have more ways through them than anybody would write as XML. */
const mostXmlFields = 5000;

/** Reads schemas of one document; the same schema is read once. */
export class Schemas {
  readonly #references: References;
  readonly #known = new Map<Schema, Shape>();
  /** Parts of others, by how deep they lie: each is read once there, however many ways lead to it. */
  readonly #parts: Map<Schema, Shape>[] = [];

  constructor(references: References) {
    this.#references = references;
  }

  shape(schema: Schema | undefined): Shape {
    if (schema === undefined) return empty();
    const known = this.#known.get(schema);
    if (known) return known;
    const shape = this.#read(schema, 0);
    this.#known.set(schema, shape);
    return shape;
  }

  /** `{name, color?, tags: [string]}`: the form of a value in few words. */
  outline(schema: Schema | undefined, depth = 2, above: Schema[] = []): string {
    const shape = this.shape(schema);
    if (shape.enum && shape.enum.length <= 6) return shape.enum.map(String).join("|");
    if (shape.type === "array") {
      const inner =
        depth > 0 && shape.items && !above.includes(shape.items)
          ? this.outline(shape.items, depth - 1, [...above, shape.items])
          : "…";
      return `[${inner}]`;
    }
    if (shape.type !== "object" || shape.properties.size === 0) return shape.type === "object" ? "{…}" : shape.type;
    if (depth <= 0) return "{…}";
    const fields = [...shape.properties].filter(([, one]) => !this.shape(one).readOnly);
    fields.sort(([a], [b]) => Number(shape.required.has(b)) - Number(shape.required.has(a)));
    const parts: string[] = [];
    let length = 0;
    for (const [name, one] of fields) {
      const inner = this.shape(one);
      const isPlain = inner.type === "string" && !inner.enum;
      const form = isPlain || above.includes(one) ? "" : `: ${this.outline(one, depth - 1, [...above, one])}`;
      const part = `${name}${shape.required.has(name) ? "" : "?"}${form}`;
      if (length + part.length > 160) {
        parts.push("…");
        break;
      }
      parts.push(part);
      length += part.length + 2;
    }
    return `{${parts.join(", ")}}`;
  }

  /** Names, attributes and wrappers of an XML body; undefined where they are what one would write anyway. */
  xmlHint(schema: Schema | undefined, depth = 0, room = { left: mostXmlFields }): XmlHint | undefined {
    room.left -= 1;
    if (depth > 8 || room.left < 0) return undefined;
    const shape = this.shape(schema);
    const hint: XmlHint = {};
    const { name, attribute, wrapped, prefix, namespace, nodeType } = shape.xml ?? {};
    if (typeof name === "string") hint.name = name;
    if (attribute === true || nodeType === "attribute") hint.attribute = true;
    if (nodeType === "text") hint.text = true;
    if (wrapped === true) hint.wrapped = true;
    if (typeof prefix === "string") hint.prefix = prefix;
    if (typeof namespace === "string") hint.namespace = namespace;
    if (shape.items) {
      const items = this.xmlHint(shape.items, depth + 1, room);
      if (items) hint.items = items;
    }
    for (const [field, one] of shape.properties) {
      const inner = this.xmlHint(one, depth + 1, room);
      if (inner) hint.fields = { ...hint.fields, [field]: inner };
    }
    return Object.keys(hint).length > 0 ? hint : undefined;
  }

  #part(given: Schema, depth: number): Shape {
    const schema = this.#references.record(given) ?? {};
    const known = (this.#parts[depth] ??= new Map());
    const there = known.get(schema);
    if (there) return there;
    const shape = this.#read(schema, depth);
    known.set(schema, shape);
    return shape;
  }

  #read(given: Schema, depth: number): Shape {
    const schema = this.#references.record(given) ?? {};
    const shape = empty();
    const types = typesOf(schema);
    shape.type = typeOf(types, schema);
    shape.format = text(schema.format) || undefined;
    if (
      shape.type === "string" &&
      (/^(?:binary|file)$/.test(shape.format ?? "") || schema.contentMediaType === "application/octet-stream")
    )
      shape.type = "file";
    if (isRecord(schema.items)) shape.items = schema.items;
    const values = list(schema.enum).filter(isPlain);
    if (values.length > 0) shape.enum = values;
    else if (isPlain(schema.const)) shape.enum = [schema.const];
    if (schema.default !== undefined) shape.default = schema.default;
    if (typeof schema.maximum === "number") shape.maximum = schema.maximum;
    shape.help = plainText(schema.description) || plainText(schema.title);
    shape.readOnly = schema.readOnly === true;
    if (isRecord(schema.xml)) shape.xml = schema.xml;
    for (const [name, one] of Object.entries(isRecord(schema.properties) ? schema.properties : {})) {
      if (isRecord(one)) shape.properties.set(name, one);
    }
    for (const name of list(schema.required)) if (typeof name === "string") shape.required.add(name);
    if (depth >= deepest) return shape;

    for (const part of list(schema.allOf).filter(isRecord)) join(shape, this.#part(part, depth + 1));
    const choices = [...list(schema.oneOf), ...list(schema.anyOf)].filter(isRecord);
    const real = choices
      .map((one) => this.#part(one, depth + 1))
      .filter((_, index) => !isNull(this.#references.record(choices[index])));
    if (real.length > 0) choose(shape, real);
    if (shape.type === "any" && shape.properties.size > 0 && real.length === 0) shape.type = "object";
    return shape;
  }
}

function empty(): Shape {
  return { type: "any", help: "", properties: new Map(), required: new Set(), readOnly: false };
}

function typesOf(schema: Schema): string[] {
  const named = Array.isArray(schema.type) ? schema.type.filter((one) => typeof one === "string") : [text(schema.type)];
  return named.map((one) => one.toLowerCase()).filter((one) => one !== "null" && one !== "");
}

function typeOf(types: string[], schema: Schema): InputType {
  const [type] = types;
  if (types.length > 1) {
    const isNumber = types.every((one) => one === "integer" || one === "number");
    return isNumber ? "number" : sharedType(types);
  }
  if (
    type === "string" ||
    type === "integer" ||
    type === "number" ||
    type === "boolean" ||
    type === "array" ||
    type === "object"
  )
    return type;
  if (type === "file") return "file";
  if (type === "int" || type === "long") return "integer";
  if (type === "float" || type === "double") return "number";
  if (type === "bool") return "boolean";
  if (isRecord(schema.properties)) return "object";
  if (isRecord(schema.items)) return "array";
  const values = list(schema.enum);
  if (values.length > 0 && values.every((one) => typeof one === "string")) return "string";
  if (text(schema.format) !== "" || schema.pattern !== undefined || schema.maxLength !== undefined) return "string";
  return "any";
}

/** Of several plain types text stands for all: a service that takes a number or a text takes the number's text. */
function sharedType(types: string[]): InputType {
  return types.includes("string") && types.every((one) => /^(?:string|integer|number|boolean)$/.test(one))
    ? "string"
    : "any";
}

/** `allOf`: what each part says holds. */
function join(shape: Shape, part: Shape): void {
  if (shape.type === "any") shape.type = part.type;
  shape.format ??= part.format;
  shape.items ??= part.items;
  shape.enum ??= part.enum;
  shape.default ??= part.default;
  shape.maximum ??= part.maximum;
  shape.xml ??= part.xml;
  shape.help ||= part.help;
  shape.readOnly ||= part.readOnly;
  for (const [name, one] of part.properties) if (!shape.properties.has(name)) shape.properties.set(name, one);
  for (const name of part.required) shape.required.add(name);
}

/** Alternatives: all their fields, required only where every one requires them. */
function choose(shape: Shape, choices: Shape[]): void {
  const [first] = choices;
  if (!first) return;
  if (choices.length === 1) return join(shape, first);
  const same = choices.every((one) => one.type === first.type);
  if (shape.type === "any") shape.type = same ? first.type : sharedType(choices.map((one) => one.type));
  if (same) shape.items ??= first.items;
  shape.help ||= first.help;
  if (!shape.enum && choices.every((one) => one.enum))
    shape.enum = [...new Set(choices.flatMap((one) => one.enum ?? []))];
  // What only some alternatives have cannot be required of all, whatever stands around them.
  for (const name of shape.required) {
    const those = choices.filter((one) => one.properties.has(name)).length;
    if (those > 0 && those < choices.length && !shape.properties.has(name)) shape.required.delete(name);
  }
  for (const choice of choices) {
    for (const [name, one] of choice.properties) if (!shape.properties.has(name)) shape.properties.set(name, one);
  }
  for (const name of first.required) if (choices.every((one) => one.required.has(name))) shape.required.add(name);
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isNull(schema: Schema | undefined): boolean {
  return (
    schema !== undefined &&
    (schema.type === "null" || (Array.isArray(schema.enum) && schema.enum.every((one) => one === null)))
  );
}
