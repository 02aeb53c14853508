import type { GraphQl } from "./definition.ts";
import { isObject } from "./serialize.ts";

/** The body of a GraphQL request: one field with its variables, and what is wanted of it. */
export function graphQlBody(
  graphql: GraphQl,
  variables: unknown,
  select?: string,
): { query: string; variables?: Record<string, unknown> } {
  const given = isObject(variables) ? variables : {};
  const used = Object.entries(graphql.variables ?? {}).filter(
    ([name, type]) => given[name] !== undefined || type.endsWith("!"),
  );
  const head = used.length > 0 ? `(${used.map(([name, type]) => `$${name}: ${type}`).join(", ")})` : "";
  const values = used.length > 0 ? `(${used.map(([name]) => `${name}: $${name}`).join(", ")})` : "";
  const selection =
    select === undefined ? (graphql.select ?? "") : /^\s*\{/.test(select) ? select.trim() : `{ ${select.trim()} }`;
  const query = `${graphql.type}${head} { ${graphql.field}${values}${selection ? ` ${selection}` : ""} }`;
  return used.length > 0 ? { query, variables: given } : { query };
}
