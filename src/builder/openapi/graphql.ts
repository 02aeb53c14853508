import type { Pages } from "@patchbay/kit";
import type { Api, Endpoint, Schema } from "./model.ts";
import { type Document, isRecord } from "./read-document.ts";
import { list, plainText, text } from "./reading.ts";

/** A schema in short: types by name, each field with its type written as in SDL, `[Card!]!`. */
export type GraphQlSchema = { types: Map<string, GraphQlType>; query: string; mutation: string };
export type GraphQlType = {
  kind: "object" | "input" | "enum" | "union" | "scalar";
  help: string;
  fields: { name: string; type: string; help: string; args: GraphQlType["fields"]; deprecated: boolean }[];
  values: string[];
  /** Object types of a union. */
  members?: string[];
};

/**
 * A GraphQL endpoint: every query field is a read, every mutation field a write, arguments are typed inputs. `asked`: the
 * schema is the endpoint's own answer, so its address is where the queries go; else it may be that of a file.
 */
export function readGraphQl(schema: GraphQlSchema, address: string | undefined, asked = false): Api {
  const url = address === undefined ? undefined : URL.parse(address);
  const isFile = /\.(?:graphqls?|gql|json|txt)$/i.test(url?.pathname ?? "");
  const path = url && !isFile && (asked || url.pathname !== "/") ? url.pathname : "/graphql";
  const api: Api = {
    title: "",
    description: "",
    servers: url ? [{ url: url.origin, variables: {} }] : [],
    schemes: new Map(),
    tags: new Map(),
    endpoints: [],
    leftOut: [],
  };
  for (const [type, root] of [
    ["query", schema.query],
    ["mutation", schema.mutation],
  ] as const) {
    for (const field of schema.types.get(root)?.fields ?? []) api.endpoints.push(endpointOf(type, field, schema, path));
  }
  return api;
}

/** The schema in an introspection answer; undefined when the document is none. */
export function introspection(document: Document): GraphQlSchema | undefined {
  const data = isRecord(document.data) ? document.data : document;
  const schema = isRecord(data.__schema) ? data.__schema : undefined;
  if (!schema) return undefined;
  const types = new Map<string, GraphQlType>();
  for (const one of list(schema.types).filter(isRecord)) {
    const kinds: Record<string, GraphQlType["kind"]> = {
      OBJECT: "object",
      INTERFACE: "object",
      INPUT_OBJECT: "input",
      ENUM: "enum",
      UNION: "union",
    };
    types.set(text(one.name), {
      kind: kinds[text(one.kind)] ?? "scalar",
      help: plainText(one.description),
      fields: [...list(one.fields), ...list(one.inputFields)].filter(isRecord).map(fieldOf),
      values: list(one.enumValues)
        .filter(isRecord)
        .map((value) => text(value.name)),
      ...(one.kind === "UNION" ? { members: list(one.possibleTypes).map(nameOf) } : {}),
    });
  }
  return { types, query: nameOf(schema.queryType), mutation: nameOf(schema.mutationType) };
}

const nameOf = (value: unknown) => (isRecord(value) ? text(value.name) : "");

function fieldOf(field: Record<string, unknown>): GraphQlType["fields"][number] {
  return {
    name: text(field.name),
    // What has a default need not be given, however it is typed.
    type: typeText(field.type).replace(/!$/, typeof field.defaultValue === "string" ? "" : "!"),
    help: plainText(field.description),
    args: list(field.args).filter(isRecord).map(fieldOf),
    deprecated: field.isDeprecated === true,
  };
}

function typeText(type: unknown, depth = 0): string {
  if (!isRecord(type) || depth > 10) return "String";
  if (type.kind === "NON_NULL") return `${typeText(type.ofType, depth + 1)}!`;
  if (type.kind === "LIST") return `[${typeText(type.ofType, depth + 1)}]`;
  return text(type.name);
}

function endpointOf(
  type: "query" | "mutation",
  field: GraphQlType["fields"][number],
  schema: GraphQlSchema,
  path: string,
): Endpoint {
  const variables = Object.fromEntries(field.args.map((one) => [one.name, one.type]));
  const select = selectionOf(field.type, schema);
  const pages = connectionPages(field, schema);
  return {
    method: "POST",
    path,
    id: `${type}.${field.name}`,
    tags: [type],
    summary: "",
    description: field.help,
    deprecated: field.deprecated,
    parameters: [],
    ...(field.args.length > 0 ? { body: argumentsOf(field, schema) } : {}),
    answersBytes: false,
    linkHeader: false,
    ...(pages ? { pages } : {}),
    graphql: {
      type,
      field: field.name,
      ...(field.args.length > 0 ? { variables } : {}),
      ...(select ? { select } : {}),
    },
  };
}

function argumentsOf({ args }: GraphQlType["fields"][number], schema: GraphQlSchema): NonNullable<Endpoint["body"]> {
  const required = args.filter((one) => one.type.endsWith("!")).map((one) => one.name);
  const properties = Object.fromEntries(
    args.map((one) => [one.name, { ...inputSchema(one.type, schema), description: one.help }]),
  );
  return {
    required: required.length > 0,
    help: "",
    contents: [{ type: "application/json", schema: { type: "object", properties, required }, encoding: {} }],
  };
}

function inputSchema(type: string, schema: GraphQlSchema, depth = 0): Schema {
  const plain = type.replace(/!$/, "");
  if (plain.startsWith("[")) return { type: "array", items: inputSchema(plain.slice(1, -1), schema, depth) };
  const scalars: Record<string, string> = {
    Int: "integer",
    Float: "number",
    Boolean: "boolean",
    String: "string",
    ID: "string",
  };
  if (scalars[plain]) return { type: scalars[plain] };
  const named = schema.types.get(plain);
  if (named?.kind === "enum") return { type: "string", enum: named.values };
  // Filters hold filters of every other type: two levels say enough.
  if (named?.kind === "input" && depth < 2) {
    return {
      type: "object",
      properties: Object.fromEntries(named.fields.map((one) => [one.name, inputSchema(one.type, schema, depth + 1)])),
      required: named.fields.filter((one) => one.type.endsWith("!")).map((one) => one.name),
    };
  }
  return named?.kind === "input" ? { type: "object" } : {};
}

/** Relay's connections: `after` takes the `endCursor` of the page before. Ways are those inside of the field's own answer. */
function connectionPages({ type, args }: GraphQlType["fields"][number], schema: GraphQlSchema): Pages | undefined {
  const fields = fieldsOf(type, schema);
  const info = fields.find((one) => one.name === "pageInfo");
  const items = fields.find((one) => one.name === "nodes") ?? fields.find((one) => one.name === "edges");
  const names = info ? fieldsOf(info.type, schema).map((one) => one.name) : [];
  if (!items || !args.some((one) => one.name === "after") || !names.includes("endCursor")) return undefined;
  return {
    by: "cursor",
    parameter: "after",
    next: "pageInfo.endCursor",
    ...(names.includes("hasNextPage") ? { more: "pageInfo.hasNextPage" } : {}),
    items: items.name,
  };
}

const bare = (type: string) => type.replace(/[![\]]/g, "");
const fieldsOf = (type: string, schema: GraphQlSchema) => schema.types.get(bare(type))?.fields ?? [];

/** What is asked for when nobody says: plain fields, what names a thing one level down, and the way to the next page. */
function selectionOf(type: string, schema: GraphQlSchema, depth = 0): string {
  const named = schema.types.get(bare(type));
  if (!named || isLeaf(type, schema)) return "";
  const parts: string[] = [];
  for (const field of named.fields) {
    if (field.deprecated || field.args.some((one) => one.type.endsWith("!"))) continue;
    if (isLeaf(field.type, schema)) parts.push(field.name);
    else if (field.name === "edges" && named.fields.some((one) => one.name === "nodes")) continue;
    else if (wrappers.test(field.name) && depth < 4) {
      const deeper = selectionOf(field.type, schema, depth + 1);
      if (deeper) parts.push(`${field.name} ${deeper}`);
    } else if (depth < 3 && !field.type.includes("[")) {
      const names = namesIn(field.type, schema);
      if (names) parts.push(`${field.name} { ${names} }`);
    }
    if (parts.length >= 40) break;
  }
  // Members may not give one name two types (GraphQL §5.3.2): the first one's stands.
  const types = new Map<string, string>();
  const members = (named.members ?? []).slice(0, 12).flatMap((member) => {
    const names = namesIn(member, schema, types);
    return names ? `... on ${member} { ${names} }` : [];
  });
  if (parts.length === 0) parts.push("__typename");
  return `{ ${[...parts, ...members].join(" ")} }`;
}

const wrappers = /^(?:nodes|edges|node|pageInfo|items|data|results|errors|userErrors)$/;

function isLeaf(type: string, schema: GraphQlSchema): boolean {
  const kind = schema.types.get(bare(type))?.kind ?? "scalar";
  return kind === "scalar" || kind === "enum";
}

/** The fields by which people know a thing. */
function namesIn(type: string, schema: GraphQlSchema, types = new Map<string, string>()): string {
  const taken = (name: string, as: string) => (types.get(name) ?? as) !== as;
  const fields = fieldsOf(type, schema).filter(
    (one) =>
      /^(?:id|name|title|login|email|slug|key|url|number)$/.test(one.name) &&
      !one.args.some((arg) => arg.type.endsWith("!")) &&
      isLeaf(one.type, schema) &&
      !taken(one.name, one.type),
  );
  for (const { name, type: as } of fields) types.set(name, as);
  return fields.map((one) => one.name).join(" ");
}
