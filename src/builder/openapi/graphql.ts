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
};

/** A GraphQL endpoint: every query field is a read, every mutation field a write, arguments are typed inputs. */
export function readGraphQl(schema: GraphQlSchema, address: string | undefined): Api {
  const url = address === undefined ? undefined : URL.parse(address);
  const path =
    url && url.pathname !== "/" && !/\.(?:graphqls?|gql|json|txt)$/i.test(url.pathname) ? url.pathname : "/graphql";
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
    });
  }
  const nameOf = (value: unknown) => (isRecord(value) ? text(value.name) : "");
  return { types, query: nameOf(schema.queryType), mutation: nameOf(schema.mutationType) };
}

function fieldOf(field: Record<string, unknown>): GraphQlType["fields"][number] {
  return {
    name: text(field.name),
    type: typeText(field.type),
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
  if (named?.kind === "input" && depth < 4) {
    return {
      type: "object",
      properties: Object.fromEntries(named.fields.map((one) => [one.name, inputSchema(one.type, schema, depth + 1)])),
      required: named.fields.filter((one) => one.type.endsWith("!")).map((one) => one.name),
    };
  }
  return named?.kind === "input" ? { type: "object" } : {};
}

/** What is asked for when nobody says: plain fields, what names a thing one level down, and the way to the next page. */
function selectionOf(type: string, schema: GraphQlSchema, depth = 0): string {
  const named = schema.types.get(type.replace(/[![\]]/g, ""));
  if (!named || named.kind === "scalar" || named.kind === "enum") return "";
  if (named.kind === "union") return "{ __typename }";
  const parts: string[] = [];
  for (const field of named.fields) {
    if (field.deprecated || field.args.some((one) => one.type.endsWith("!"))) continue;
    const inner = schema.types.get(field.type.replace(/[![\]]/g, ""));
    const isLeaf = !inner || inner.kind === "scalar" || inner.kind === "enum";
    if (isLeaf) parts.push(field.name);
    else if (/^(?:nodes|edges|node|pageInfo|items|data|results|errors|userErrors)$/.test(field.name) && depth < 4) {
      const deeper = selectionOf(field.type, schema, depth + 1);
      if (deeper) parts.push(`${field.name} ${deeper}`);
    } else if (depth === 0 && inner.kind === "object" && !field.type.includes("[")) {
      const names = inner.fields
        .filter((one) => /^(?:id|name|title|login|email|slug|key)$/.test(one.name) && one.args.length === 0)
        .map((one) => one.name);
      if (names.length > 0) parts.push(`${field.name} { ${names.join(" ")} }`);
    }
    if (parts.length >= 40) break;
  }
  return parts.length > 0 ? `{ ${parts.join(" ")} }` : "{ __typename }";
}
