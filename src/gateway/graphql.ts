import { type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionSetNode, parse } from "graphql";
import type { Access } from "../contract/access.ts";
import { parametersOf } from "./draft.ts";

/** What a GraphQL request says of itself; undefined document: it could not be read. */
export type GraphqlRequest = { document: string | undefined; operationName: string | undefined };

export type GraphqlRule = { operation: string; access: Access; type: string; field: string };

/**
 * Judges a GraphQL request by its parsed document: the operation that will run and its top fields, aliases and fragments seen
 * through. Each field has to be a listed read for the request to be one. Undefined when it cannot be told.
 */
export function judgeGraphql(
  request: GraphqlRequest,
  rules: GraphqlRule[],
): { operation: string; operations: string[]; access: Access; listed: boolean } | undefined {
  const operation = operationOf(request);
  if (!operation) return undefined;
  const fields = topFields(operation.definition.selectionSet, operation.fragments);
  if (!fields || fields.size === 0) return undefined;
  const type = operation.definition.operation;
  const matched = [...fields]
    .filter((field) => !field.startsWith("__"))
    .map((field) => rules.filter((rule) => rule.type === type && rule.field === field));
  const found = matched.flat();
  const operations = [...new Set(found.map((rule) => rule.operation))];
  const listed = matched.every((some) => some.length > 0);
  if (type === "query" && matched.length === 0) {
    return { operation: "introspection", operations: ["introspection"], access: "read", listed: true };
  }
  if (!listed || operations.length === 0) {
    const name = `${type} ${[...fields].join(", ")}`;
    return { operation: name, operations: [name, ...operations], access: "write", listed: false };
  }
  const access = type === "query" && found.every((rule) => rule.access === "read") ? "read" : "write";
  return { operation: operations.join(", "), operations, access, listed };
}

/**
 * Reads the request out of a body or a query. Batches, documents known to the service by id or hash, and whatever a service
 * could take for a second document stay undefined.
 */
export function readGraphql(o: {
  query: string;
  contentType: string | undefined;
  body: Buffer | undefined;
}): GraphqlRequest {
  const unreadable = { document: undefined, operationName: undefined };
  if (!o.body || o.body.length === 0) {
    const said = parametersOf(o.query).filter(({ careless }) => meaning.has(careless) && careless !== "variables");
    const [query, ...others] = said.filter(({ name }) => name === "query");
    const names = said.filter(({ name }) => name === "operationName");
    if (!query || others.length > 0 || names.length > 1 || said.length > 1 + names.length) return unreadable;
    return { document: query.value, operationName: names[0]?.value };
  }
  // A document in the query beside one in the body: services differ in which they take.
  if (parametersOf(o.query).some(({ careless }) => meaning.has(careless))) return unreadable;
  const text = o.body.toString("utf8");
  if (types.graphql.test(o.contentType ?? "")) return { document: text, operationName: undefined };
  // Read as a form, or in other letters, it could be another one.
  if (!types.json.test(o.contentType ?? "")) return unreadable;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || Array.isArray(body)) return unreadable;
    if (namedTwice(text, "query") || namedTwice(text, "operationName")) return unreadable;
    // `Query` is `query` to a server in Go, and `documentId` another document to some.
    if (Object.keys(body).some((key) => !bodyKeys.has(key))) return unreadable;
    if ("extensions" in body && /persistedquery/i.test(JSON.stringify(body.extensions))) return unreadable;
    const document = "query" in body && typeof body.query === "string" ? body.query : undefined;
    const operationName =
      "operationName" in body && typeof body.operationName === "string" ? body.operationName : undefined;
    return { document, operationName };
  } catch {
    return unreadable;
  }
}

const bodyKeys = new Set(["query", "operationName", "variables", "extensions"]);

/** Names of parameters by which services learn which document to run, as a careless service reads them. */
const meaning = new Set(
  ["query", "operationname", "variables", "extensions", "id", "hash"].concat([
    "documentid",
    "document_id",
    "docid",
    "doc_id",
    "queryid",
    "query_id",
    "persistedquery",
    "persistedqueryid",
  ]),
);

const types = {
  graphql: /^application\/graphql\s*(;\s*charset="?utf-?8"?\s*)?$/i,
  json: /^application\/([\w.-]+\+)?json\s*(;\s*charset="?utf-?8"?\s*)?$/i,
};

type Fragments = Map<string, FragmentDefinitionNode[]>;

function operationOf(
  request: GraphqlRequest,
): { definition: OperationDefinitionNode; fragments: Fragments } | undefined {
  if (request.document === undefined) return undefined;
  const operations: OperationDefinitionNode[] = [];
  const fragments: Fragments = new Map();
  try {
    for (const one of parse(request.document, { maxTokens: 50_000, noLocation: true }).definitions) {
      if (one.kind === "OperationDefinition") operations.push(one);
      if (one.kind === "FragmentDefinition")
        fragments.set(one.name.value, [...(fragments.get(one.name.value) ?? []), one]);
    }
  } catch {
    return undefined;
  }
  const chosen =
    request.operationName === undefined
      ? operations
      : operations.filter((definition) => definition.name?.value === request.operationName);
  const [definition] = chosen;
  return definition && chosen.length === 1 ? { definition, fragments } : undefined;
}

/**
 * Names of the fields at the top, through fragments; undefined when a fragment is missing or goes in circles. Each fragment is
 * looked into once: they can double each other.
 */
function topFields(
  selections: SelectionSetNode,
  fragments: Fragments,
  known = new Map<string, Set<string> | undefined>(),
): Set<string> | undefined {
  const fields = new Set<string>();
  for (const selection of selections.selections) {
    if (selection.kind === "Field") {
      fields.add(selection.name.value);
      continue;
    }
    let deeper: Set<string> | undefined;
    if (selection.kind === "InlineFragment") {
      deeper = topFields(selection.selectionSet, fragments, known);
    } else {
      const name = selection.name.value;
      const [fragment, second] = fragments.get(name) ?? [];
      if (!fragment || second) return undefined;
      if (!known.has(name)) {
        known.set(name, undefined); // while it is looked into: met again, it goes in circles
        known.set(name, topFields(fragment.selectionSet, fragments, known));
      }
      deeper = known.get(name);
    }
    if (!deeper) return undefined;
    for (const field of deeper) fields.add(field);
  }
  return fields;
}

/** `{"query":"{me}","query":"mutation{…}"}`: parsers differ in which they take. Counted through escapes. */
function namedTwice(text: string, name: string): boolean {
  let depth = 0;
  let found = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    else if (depth === 1 && token.endsWith(":") && JSON.parse(token.slice(0, -1)) === name) found += 1;
  }
  return found > 1;
}
