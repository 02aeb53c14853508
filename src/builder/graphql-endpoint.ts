import { getIntrospectionQuery } from "graphql";
import { Problem, isProblem } from "../contract/problem.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";

export type GraphQlAnswer = { url: string; text: string };

/** True for addresses that services give a GraphQL endpoint: `/graphql`, `/api/graphql/v2`, `/gql`. */
export function isCalledGraphQl(address: string): boolean {
  const path = URL.parse(address)?.pathname ?? "";
  return /\/(?:graphql|gql)(?:\/(?:v?\d[\w.-]*|query|latest|stable|public))?\/?$/i.test(path);
}

/** True when what came by GET is how a GraphQL endpoint answers who does not ask it: a page to try it on, or an error. */
export function answersLikeGraphQl(text: string): boolean {
  const head = text.slice(0, 20_000);
  return (
    /graphiql|graphql[-\s]?playground|apollo[-\s](?:sandbox|server|studio)|embeddable-sandbox|altair graphql|yoga graphi?ql/i.test(
      head,
    ) ||
    /(?:must provide|missing|no) (?:a )?["'`]?(?:graphql )?query|query (?:string|parameter) (?:is )?(?:missing|required)|"extensions":\s*\{[^}]*GRAPHQL_/i.test(
      head,
    )
  );
}

/**
 * Asks an address for its schema by introspection. Undefined when nothing there speaks GraphQL.
 *
 * @throws Problem `graphql_schema_hidden` when something does but keeps its schema to itself; those of the guarded fetch.
 */
export async function introspect(
  fetch: GuardedFetch,
  address: string,
  { signal, namedBy }: { signal?: AbortSignal | undefined; namedBy?: string | undefined },
): Promise<GraphQlAnswer | undefined> {
  const answer = await fetch(address, {
    method: "POST",
    headers: { accept: "application/graphql-response+json, application/json", "content-type": "application/json" },
    body: JSON.stringify({ query: getIntrospectionQuery(), operationName: "IntrospectionQuery" }),
    maxBytes: 30_000_000,
    timeoutMs: 30_000,
    ...(signal ? { signal } : {}),
    ...(namedBy === undefined ? {} : { namedBy }),
  }).catch((error: unknown) => {
    if (isProblem(error, "redirect_refused")) return undefined;
    throw error;
  });
  if (!answer) return undefined;
  const text = await answer.text();
  const said = whatGraphQlSaid(text);
  if (said === "schema") return { url: answer.url || address, text };
  const isClosed = isCalledGraphQl(address) && (answer.status === 401 || answer.status === 403);
  if (said === "errors" || isClosed) throw new Problem("graphql_schema_hidden", { host: new URL(address).host });
  return undefined;
}

function whatGraphQlSaid(text: string): "schema" | "errors" | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof answer !== "object" || answer === null) return undefined;
  const data: unknown = "data" in answer ? answer.data : undefined;
  if (typeof data === "object" && data !== null && "__schema" in data && data.__schema) return "schema";
  return "errors" in answer && Array.isArray(answer.errors) ? "errors" : undefined;
}
