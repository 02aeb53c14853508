import type { BuildStep } from "../../contract/chat.ts";
import type { DocsReport } from "../../contract/docs.ts";
import { isProblem } from "../../contract/problem.ts";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";
import type { Found } from "../find.ts";
import { introspect } from "../graphql-endpoint.ts";
import { type ProtectedResource, protectedResource } from "../protected-resource.ts";
import { stopwatch } from "../stopwatch.ts";
import { readDocs } from "./read-docs.ts";
import { requestsIn } from "./requests-in.ts";
import { type Section, sectionsOf } from "./sections.ts";

/** Docs for people, read as far as the budget went, when there is no description for programs. */
export type ReadDocs = {
  kind: "docs";
  url: string;
  sections: Section[];
  report: DocsReport;
  /** What the API says of its own sign-in. */
  metadata?: ProtectedResource;
};

type Options = { onStep: (step: BuildStep) => void; signal?: AbortSignal };

/** Reads the docs a page belongs to; gives the description for programs instead when something in them leads to one. */
export async function docsOrDocument(
  fetch: GuardedFetch,
  { page, asked }: Extract<Found, { kind: "docs" }>,
  { onStep, signal }: Options,
): Promise<ReadDocs | Extract<Found, { kind: "document" }>> {
  const done = stopwatch(onStep, "reading the docs");
  const { pages, report, document } = await readDocs(fetch, page, { asked, signal });
  if (document) {
    done("found the document behind the docs", document.url);
    return { kind: "document", ...document };
  }
  const sections = sectionsOf(pages);
  const endpoint = graphQlNamedIn(sections);
  // One that hides its schema, or is not to be reached, leaves the docs to be read.
  const schema = endpoint
    ? await introspect(fetch, endpoint, { signal, namedBy: page.url }).catch((error: unknown) => {
        if (isProblem(error) && !signal?.aborted) return undefined;
        throw error;
      })
    : undefined;
  if (schema) {
    done("asked the GraphQL endpoint of the docs for its schema", schema.url);
    return { kind: "document", ...schema };
  }
  const metadata = await metadataOf(fetch, page.url, sections, signal);
  done("read the docs", `${report.pages} pages, ${sections.length} sections`);
  return { kind: "docs", url: page.url, sections, report, ...(metadata ? { metadata } : {}) };
}

/** The GraphQL endpoint that docs speak of most. */
function graphQlNamedIn(sections: Section[]): string | undefined {
  const named = new Map<string, number>();
  for (const { text } of sections) {
    for (const [url] of text.matchAll(/https?:\/\/[^\s`"'<>()\]\\]{3,200}\/graphql(?:\.json)?(?=[\s`"'<>)\]\\.,]|$)/g))
      named.set(url, (named.get(url) ?? 0) + 1);
  }
  return [...named].toSorted((a, b) => b[1] - a[1]).find(([url]) => URL.canParse(url))?.[0];
}

/** What the hosts the docs send requests to say of their sign-in; the docs' own host last. */
async function metadataOf(fetch: GuardedFetch, docs: string, sections: Section[], signal?: AbortSignal) {
  const bases = new Map<string, number>();
  for (const { text } of sections) {
    if (requestsIn(text).length === 0) continue;
    for (const [origin] of text.matchAll(/https:\/\/[\w.-]+(?::\d+)?/g))
      bases.set(origin, (bases.get(origin) ?? 0) + 1);
  }
  const likely = [...bases].toSorted((a, b) => b[1] - a[1]).slice(0, 2);
  for (const origin of new Set([...likely.map(([one]) => one), new URL(docs).origin])) {
    const found = URL.canParse(origin) ? await protectedResource(fetch, origin, { signal, namedBy: docs }) : undefined;
    if (found) return found;
  }
  return undefined;
}
