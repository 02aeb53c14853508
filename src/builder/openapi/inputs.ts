import type { Body, Encoding, Input, Operation, Style } from "@patchbay/kit";
import type { Content, Endpoint, Parameter } from "./model.ts";
import { isRecord } from "./read-document.ts";
import { firstSentence } from "./reading.ts";
import type { Schemas, Shape } from "./schema.ts";

/** The part of an operation's table entry that tells what it takes: nothing in it that the kit derives. */
export function inputsOf(
  endpoint: Endpoint,
  schemas: Schemas,
  isCredential: (field: string) => boolean = () => false,
): Pick<Operation, "input" | "body"> {
  const usual = /^(?:POST|PUT|PATCH)$/.test(endpoint.method) ? "body" : "query";
  const inPath = new Set([...endpoint.path.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? ""));
  const input: { [name: string]: Input } = {};
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  const add = (name: string, entry: Input, place: NonNullable<Input["in"]>, inTemplate = false) => {
    let key = name;
    if (taken.has(plain(key))) key = `${place}_${name}`;
    // Where the last one of this name left off: thousands that differ by their marks alone are not tried from 2 on.
    const asked = plain(`${place}_${name}`);
    for (let count = counts.get(asked) ?? 2; taken.has(plain(key)); count += 1) {
      key = `${place}_${name}_${count}`;
      counts.set(asked, count + 1);
    }
    taken.add(plain(key));
    const { in: _, ...rest } = entry;
    const full: Input = {
      ...(key === name ? {} : { name }),
      // What goes by the name of a path parameter says that it is not the one.
      ...(inTemplate || (place === usual && !inPath.has(name)) ? {} : { in: place }),
      ...rest,
    };
    // A path parameter that is plain text is told by the path itself.
    if (inTemplate && key === name && Object.keys(full).length === 0) return;
    input[key] = full;
  };

  for (const parameter of endpoint.parameters) {
    if (parameter.in === "path") {
      if (inPath.has(parameter.name)) add(parameter.name, parameterInput(parameter, schemas), "path", true);
    } else add(parameter.name, parameterInput(parameter, schemas), parameter.in);
  }
  for (const name of inPath) taken.add(plain(name));
  const fields = { own: 0, credentials: 0 };
  const body = endpoint.body
    ? bodyOf(endpoint.body.contents, endpoint.body.required, endpoint.body.help, schemas, (name, entry) => {
        const isOurs = entry.at === undefined && isCredential(name);
        fields[isOurs ? "credentials" : "own"] += 1;
        if (!isOurs) add(name, entry, "body");
      })
    : undefined;
  // Of a body that holds the credential alone nothing is left to be given.
  const isLeft = fields.own > 0 || fields.credentials === 0 || body?.types !== undefined;
  return {
    ...(Object.keys(input).length > 0 ? { input } : {}),
    ...(body && isLeft ? { body } : {}),
  };
}

function parameterInput(parameter: Parameter, schemas: Schemas): Input {
  const shape = schemas.shape(parameter.schema);
  const input: Input = valueOf(shape, schemas, parameter.schema);
  // What a query or path cannot tell apart is text.
  if (input.type === "any" || input.type === "file") delete input.type;
  if (input.items === "any" || input.items === "file") delete input.items;
  if (parameter.required && parameter.in !== "path") input.required = true;
  const usual = parameter.in === "path" || parameter.in === "header" ? "simple" : "form";
  const style = styleOf(parameter.style);
  const isList = shape.type === "array" || shape.type === "object" || shape.type === "any";
  if (style && style !== usual) input.style = style;
  if (parameter.explode !== undefined && isList && parameter.explode !== explodesByItself(style ?? usual))
    input.explode = parameter.explode;
  if (parameter.allowReserved) input.allowReserved = true;
  if (parameter.content) input.content = parameter.content;
  const help = parameter.help || shape.help;
  if (help && plain(help) !== plain(parameter.name)) input.help = firstSentence(help, 160);
  return inOrder(input);
}

/** As the kit assumes when nothing is said. */
function explodesByItself(style: string): boolean {
  return style === "form" || style === "deepObject" || style === "cookie";
}

function valueOf(shape: Shape, schemas: Schemas, schema: Record<string, unknown>): Input {
  const input: Input = {};
  if (shape.type !== "string") input.type = shape.type;
  let values = shape.enum;
  if (shape.type === "array") {
    const member = schemas.shape(shape.items);
    if (member.type !== "string") input.items = member.type;
    values ??= member.enum;
    if (member.type === "object" || member.type === "array") input.shape = schemas.outline(shape.items);
  }
  if (shape.type === "object") {
    const outline = schemas.outline(schema);
    if (outline !== "{…}") input.shape = outline;
  }
  if (values && values.length <= 200) input.enum = values;
  if (shape.maximum !== undefined && shape.type === "integer" && Math.abs(shape.maximum) < 1e9)
    input.max = shape.maximum;
  if (shape.default !== undefined && shape.default !== null && JSON.stringify(shape.default).length <= 60)
    input.default = shape.default;
  return input;
}

function bodyOf(
  contents: Content[],
  required: boolean,
  help: string,
  schemas: Schemas,
  add: (name: string, entry: Input) => void,
): Body | undefined {
  const ordered = [...contents].sort((a, b) => rank(a.type) - rank(b.type));
  const [first] = ordered;
  if (!first) return undefined;
  const shape = schemas.shape(first.schema);
  const isForm = /urlencoded|multipart/i.test(first.type);
  const body: Body = {};
  const types = ordered.map((one) => one.type);
  const takesFields = (/json/i.test(first.type) || isForm || /[/+]xml/i.test(first.type)) && shape.properties.size > 0;
  if (takesFields) addFields(shape, [], schemas, add, isForm, required);
  else if (/json|xml|^text\/|urlencoded|multipart|graphql|csv|yaml/i.test(first.type) && shape.type !== "file") {
    if (shape.type === "array" || shape.type === "object" || help !== "") {
      const entry = valueOf(shape, schemas, first.schema);
      add(
        "body",
        inOrder({
          ...entry,
          at: [],
          ...(required ? { required: true } : {}),
          ...(help ? { help: firstSentence(help, 160) } : {}),
        }),
      );
    }
  } else
    add(
      "file",
      inOrder({
        at: [],
        type: "file",
        ...(required ? { required: true } : {}),
        help: help ? firstSentence(help, 160) : "a file, or - for stdin",
      }),
    );

  if (types.length > 1 || types[0] !== "application/json") body.types = types;
  if (required) body.required = true;
  const encoding: { [field: string]: Encoding } = {};
  for (const one of ordered) {
    for (const [field, said] of Object.entries(one.encoding)) {
      const entry = encodingOf(said);
      if (Object.keys(entry).length > 0) encoding[field] ??= entry;
    }
  }
  if (Object.keys(encoding).length > 0) body.encoding = encoding;
  const xml = ordered.find((one) => /[/+]xml/i.test(one.type));
  if (xml) {
    const hint = schemas.xmlHint(xml.schema);
    // The root element has the name of its schema (OAS "XML Object").
    const name = typeof xml.schema.$ref === "string" ? xml.schema.$ref.split("/").pop() : undefined;
    if (hint || name) body.xml = { ...(name ? { name } : {}), ...hint };
  }
  return Object.keys(body).length > 0 || !takesFields ? body : undefined;
}

function addFields(
  shape: Shape,
  way: string[],
  schemas: Schemas,
  add: (name: string, entry: Input) => void,
  isForm: boolean,
  required: boolean,
): void {
  const fields = [...shape.properties].filter(([, one]) => !schemas.shape(one).readOnly);
  const [only] = fields;
  // `{data: {…}}`: the wrapper is left to the kit.
  if (only && fields.length === 1 && way.length === 0 && !isForm) {
    const inner = schemas.shape(only[1]);
    if (inner.type === "object" && inner.properties.size > 0)
      return addFields(inner, [only[0]], schemas, add, isForm, required && shape.required.has(only[0]));
  }
  for (const [name, schema] of fields) {
    const one = schemas.shape(schema);
    const entry = valueOf(one, schemas, schema);
    if (!isForm && entry.type === "file") delete entry.type;
    if (way.length > 0) entry.at = [...way, name];
    if (required && shape.required.has(name)) entry.required = true;
    if (one.help && plain(one.help) !== plain(name)) entry.help = firstSentence(one.help, 160);
    add(name, inOrder(entry));
  }
}

/** JSON first: it says most. Then forms, then what carries files, then the rest as it stands. */
function rank(type: string): number {
  if (/^application\/json\b/i.test(type)) return 0;
  if (/[/+]json\b/i.test(type) && !/patch/i.test(type)) return 1;
  if (/urlencoded/i.test(type)) return 2;
  if (/multipart/i.test(type)) return 3;
  if (/json/i.test(type)) return 4;
  return type.includes("*") ? 6 : 5;
}

function encodingOf(said: Record<string, unknown>): Encoding {
  const encoding: Encoding = {};
  if (typeof said.contentType === "string") encoding.contentType = said.contentType;
  const style = styleOf(said.style);
  if (style && (style !== "form" || said.explode === false)) encoding.style = style;
  if (typeof said.explode === "boolean" && said.explode !== explodesByItself(style ?? "form"))
    encoding.explode = said.explode;
  if (said.allowReserved === true) encoding.allowReserved = true;
  if (isRecord(said.headers)) {
    const fixed = Object.entries(said.headers).flatMap(([name, header]) => {
      const value = isRecord(header) && isRecord(header.schema) ? header.schema.default : undefined;
      return typeof value === "string" && !/^content-type$/i.test(name) ? [[name, value] as const] : [];
    });
    if (fixed.length > 0) encoding.headers = Object.fromEntries(fixed);
  }
  return encoding;
}

function styleOf(value: unknown): Style | undefined {
  const known: Style[] = [
    "form",
    "simple",
    "label",
    "matrix",
    "deepObject",
    "pipeDelimited",
    "spaceDelimited",
    "tabDelimited",
    "cookie",
  ];
  return known.find((style) => style === value);
}

/** The same order in every entry, so that the same document gives the same file. */
function inOrder(input: Input): Input {
  return Object.fromEntries(order.flatMap((key) => (input[key] === undefined ? [] : [[key, input[key]]]))) as Input;
}

const order = [
  "at",
  "type",
  "items",
  "enum",
  "required",
  "default",
  "max",
  "shape",
  "style",
  "explode",
  "allowReserved",
  "content",
  "help",
] as const;

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
