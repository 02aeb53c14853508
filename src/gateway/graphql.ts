import { type DocumentNode, type OperationDefinitionNode, type SelectionSetNode, parse } from "graphql";
import type { Access } from "../contract/access.ts";

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
  const fields = topFields(operation.definition.selectionSet, operation.document);
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

/** Reads the request out of a body or a query. Batches and documents known to the service by hash only stay undefined. */
export function readGraphql(o: {
  query: string;
  contentType: string | undefined;
  body: Buffer | undefined;
}): GraphqlRequest {
  const unreadable = { document: undefined, operationName: undefined };
  if (!o.body || o.body.length === 0) {
    const pairs = new URLSearchParams(o.query);
    if (pairs.getAll("query").length !== 1 || pairs.getAll("operationName").length > 1) return unreadable;
    return { document: pairs.get("query") ?? undefined, operationName: pairs.get("operationName") ?? undefined };
  }
  // A document in the query beside one in the body: services differ in which they take.
  if (/(^|&)(query|operationName)=/.test(o.query)) return unreadable;
  const text = o.body.toString("utf8");
  if (/^application\/graphql\b/i.test(o.contentType ?? "")) return { document: text, operationName: undefined };
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || Array.isArray(body)) return unreadable;
    if (namedTwice(text, "query") || namedTwice(text, "operationName")) return unreadable;
    const document = "query" in body && typeof body.query === "string" ? body.query : undefined;
    const operationName =
      "operationName" in body && typeof body.operationName === "string" ? body.operationName : undefined;
    return { document, operationName };
  } catch {
    return unreadable;
  }
}

function operationOf(
  request: GraphqlRequest,
): { definition: OperationDefinitionNode; document: DocumentNode } | undefined {
  if (request.document === undefined) return undefined;
  let document: DocumentNode;
  try {
    document = parse(request.document, { maxTokens: 50_000, noLocation: true });
  } catch {
    return undefined;
  }
  const operations = document.definitions.filter((definition) => definition.kind === "OperationDefinition");
  const chosen =
    request.operationName === undefined
      ? operations
      : operations.filter((definition) => definition.name?.value === request.operationName);
  const [definition] = chosen;
  return definition && chosen.length === 1 ? { definition, document } : undefined;
}

/** Names of the fields at the top, through fragments; undefined when a fragment is missing or goes in circles. */
function topFields(
  selections: SelectionSetNode,
  document: DocumentNode,
  inside: string[] = [],
): Set<string> | undefined {
  const fields = new Set<string>();
  for (const selection of selections.selections) {
    if (selection.kind === "Field") {
      fields.add(selection.name.value);
      continue;
    }
    let deeper: Set<string> | undefined;
    if (selection.kind === "InlineFragment") {
      deeper = topFields(selection.selectionSet, document, inside);
    } else {
      const name = selection.name.value;
      const fragments = document.definitions.filter(
        (definition) => definition.kind === "FragmentDefinition" && definition.name.value === name,
      );
      const [fragment] = fragments;
      if (inside.includes(name) || fragments.length !== 1 || fragment?.kind !== "FragmentDefinition") return undefined;
      deeper = topFields(fragment.selectionSet, document, [...inside, name]);
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
