import type { AuthMethod, UrlVariable } from "../contract/auth-method.ts";
import type { BuildStep } from "../contract/chat.ts";
import type { Integration, IntegrationDraft } from "../contract/integration.ts";
import { isProblem, Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { check, type Checked } from "./check.ts";
import type { TypeChecker } from "./check-types.ts";
import { type DocsReport } from "../contract/docs.ts";
import { readDocs } from "./docs/read-docs.ts";
import { requestsIn } from "./docs/requests-in.ts";
import { type Section, sectionsOf } from "./docs/sections.ts";
import { fetchPage, isPage } from "./fetch-page.ts";
import { introspect } from "./graphql-endpoint.ts";
import { find, type CatalogueHit, type Wish } from "./find.ts";
import { pageAsMarkdown } from "./page-as-markdown.ts";
import { type ProtectedResource, protectedResource } from "./protected-resource.ts";
import { compile } from "./openapi/compile.ts";
import { prove, type Proof, type RunOperation } from "./prove.ts";

/** What somebody who read the docs wrote: everything a draft needs but what the check finds out by itself. */
export type Written = {
  slug: string;
  name: string;
  description: string;
  category?: string;
  docsUrl?: string;
  baseUrl: string;
  hosts: string[];
  variables: UrlVariable[];
  auth: AuthMethod[];
  cliCode: string;
  instructions: string;
};

/** Docs for people, read as far as the budget went, when there is no description for programs. */
export type ReadDocs = {
  kind: "docs";
  url: string;
  sections: Section[];
  report: DocsReport;
  /** What the API says of its own sign-in. */
  metadata?: ProtectedResource;
};

export type BuildOptions = { onStep: (step: BuildStep) => void; signal?: AbortSignal };
export type BuildWish = Wish & { name?: string; slug?: string; baseUrl?: string };

export type Builder = {
  /**
   * From a wish to a checked draft: found, compiled, checked, saved. Docs without a description come back as the sections that were read.
   * @throws Problem of finding, compiling and checking; nothing is saved then.
   */
  build(scope: Scope, wish: BuildWish, options: BuildOptions): Promise<Integration | ReadDocs>;
  /** Checks and saves a tool that was written by hand or by a model. */
  save(scope: Scope, written: Written, options: BuildOptions): Promise<Integration>;
  /** Reads a page as markdown. */
  readPage(url: string, signal?: AbortSignal): Promise<{ url: string; markdown: string }>;
  /** One live read with the connection's own credential. A success publishes the version and marks the connection. */
  prove(scope: Scope, connectionId: string, options?: BuildOptions): Promise<Proof>;
};

export type BuilderNeeds = {
  fetch: GuardedFetch;
  sandbox: Pick<Sandbox, "describe">;
  types: TypeChecker;
  inCatalogue(wish: string): CatalogueHit | undefined;
  /** The catalogue's entry, ready to be saved. */
  catalogueDraft(slug: string): Promise<Omit<IntegrationDraft, "tool" | "rules">>;
  /** The integration that goes by this slug already, if there is one. */
  existing(scope: Scope, slug: string): Promise<Pick<Integration, "hosts"> | undefined>;
  saveVersion(scope: Scope, draft: IntegrationDraft): Promise<Integration>;
  /** The tool of the version a connection uses, and how to run it. */
  toolOf(
    scope: Scope,
    connectionId: string,
  ): Promise<{ integration: Integration; tool: Checked["tool"]; run: RunOperation }>;
  /** `account`: how the service itself calls who is signed in. */
  proven(scope: Scope, connectionId: string, integration: Integration, account?: string): Promise<void>;
  refused(scope: Scope, connectionId: string, status: number): Promise<void>;
};

export function createBuilder(needs: BuilderNeeds): Builder {
  const checked = async (
    scope: Scope,
    draft: Omit<IntegrationDraft, "tool" | "rules">,
    { onStep, signal }: BuildOptions,
  ) => {
    const done = stopwatch(onStep, "checking the tool");
    const { tool, rules } = await check(needs, draft, signal);
    const operations = Object.values(tool.operations);
    const reads = operations.filter((one) => one.access === "read").length;
    const all = `${operations.length} operation${operations.length === 1 ? "" : "s"}`;
    done("checked", `${all}, ${reads} read, ${operations.length - reads} write`);
    return needs.saveVersion(scope, { ...draft, permissions: permissionsOf(tool), tool, rules });
  };

  const isAnothers = async (scope: Scope, slug: string, hosts: string[]) => {
    const existing = await needs.existing(scope, slug);
    return existing !== undefined && !existing.hosts.some((host) => hosts.includes(host));
  };

  const docsOrDocument = async (
    { page, asked }: Extract<Awaited<ReturnType<typeof find>>, { kind: "docs" }>,
    { onStep, signal }: BuildOptions,
  ): Promise<ReadDocs | { kind: "document"; text: string; url: string; slug?: string }> => {
    const done = stopwatch(onStep, "reading the docs");
    const { pages, report, document } = await readDocs(needs.fetch, page, { asked, signal });
    if (document) {
      done("found the document behind the docs", document.url);
      return { kind: "document", ...document };
    }
    const sections = sectionsOf(pages);
    const endpoint = graphQlNamedIn(sections);
    // One that hides its schema, or is not to be reached, leaves the docs to be read.
    const schema = endpoint
      ? await introspect(needs.fetch, endpoint, signal).catch((error: unknown) => {
          if (isProblem(error) && !signal?.aborted) return undefined;
          throw error;
        })
      : undefined;
    if (schema) {
      done("asked the GraphQL endpoint of the docs for its schema", schema.url);
      return { kind: "document", ...schema };
    }
    const metadata = await metadataOf(needs.fetch, page.url, sections, signal);
    done("read the docs", `${report.pages} pages, ${sections.length} sections`);
    return { kind: "docs", url: page.url, sections, report, ...(metadata ? { metadata } : {}) };
  };

  return {
    async build(scope, wish, options) {
      const start = await find(needs, wish, options);
      const found = start.kind === "docs" ? await docsOrDocument(start, options) : start;
      if (found.kind === "docs") return found;
      if (found.kind === "catalogue") return checked(scope, await needs.catalogueDraft(found.slug), options);

      const done = stopwatch(options.onStep, "writing the tool");
      const asked = wish.slug ?? found.slug;
      const write = (slug: string | undefined) =>
        compile(found.text, {
          ...(found.url ? { fetchedFrom: found.url } : {}),
          ...(slug ? { slug } : {}),
          ...(wish.name ? { name: wish.name } : {}),
          fetchReference: async (url) =>
            (await needs.fetch(url, { redirects: "follow", maxBytes: 20_000_000, timeoutMs: 30_000 })).text(),
          ...(wish.baseUrl ? { baseUrl: wish.baseUrl } : {}),
          ...(options.signal ? { signal: options.signal } : {}),
        });
      let compiled = await write(asked);
      // Two services may have one name: the second gets a name of its own, or it would be taken for a new version of the first.
      for (let count = 2; await isAnothers(scope, compiled.slug, compiled.hosts); count += 1) {
        compiled = await write(`${compiled.slug.replace(/-\d+$/, "")}-${count}`);
      }
      const { baseUrl } = compiled;
      if (!baseUrl) throw new Problem("base_url_missing");
      done("wrote the tool", compiled.summary);
      return checked(
        scope,
        {
          slug: compiled.slug,
          name: compiled.name,
          description: compiled.description,
          ...(compiled.category ? { category: compiled.category } : {}),
          ...(compiled.docsUrl ? { docsUrl: compiled.docsUrl } : {}),
          baseUrl,
          hosts: compiled.hosts,
          variables: compiled.variables,
          auth: compiled.auth,
          origin: "private",
          permissions: compiled.permissions,
          cliCode: compiled.cliCode,
          instructions: compiled.instructions,
          source: { kind: compiled.kind, ...(found.url ? { url: found.url } : {}) },
        },
        options,
      );
    },

    async save(scope, written, options) {
      if (await isAnothers(scope, written.slug, written.hosts)) {
        throw new Problem("tool_refused", {
          reasons: [`another service goes by "${written.slug}" here: choose another slug`],
        });
      }
      return checked(
        scope,
        {
          ...written,
          origin: "private",
          permissions: { readOps: [], writeOps: [] },
          source: { kind: "docs", ...(written.docsUrl ? { url: written.docsUrl } : {}) },
        },
        options,
      );
    },

    async readPage(url, signal) {
      const page = await fetchPage(needs.fetch, url, { signal });
      if (!page.ok) throw new Problem("document_missing", { status: page.status });
      return { url: page.url, markdown: isPage(page) ? pageAsMarkdown(page.text, page.url) : page.text };
    },

    async prove(scope, connectionId, options) {
      const { integration, tool, run } = await needs.toolOf(scope, connectionId);
      const done = options ? stopwatch(options.onStep, "trying a first read") : undefined;
      const proof = await prove(tool, run);
      if (proof.ok) await needs.proven(scope, connectionId, integration, proof.account);
      else if (proof.code === "nothing_to_try") await needs.proven(scope, connectionId, integration);
      else if (proof.code === "refused") await needs.refused(scope, connectionId, proof.status ?? 401);
      done?.(
        proof.ok ? "first call worked" : "first call",
        proof.ok ? proof.operation : proof.message,
        proof.ok ? "done" : "failed",
      );
      return proof;
    },
  };
}

function permissionsOf(tool: Checked["tool"]): Integration["permissions"] {
  const named = (access: "read" | "write") =>
    Object.entries(tool.operations).flatMap(([name, one]) => (one.access === access ? [name] : []));
  return { readOps: named("read"), writeOps: named("write") };
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
    const found = URL.canParse(origin) ? await protectedResource(fetch, origin, signal) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Tells a step twice: when it starts and, with its time, when it is over. */
function stopwatch(onStep: BuildOptions["onStep"], running: string) {
  const started = performance.now();
  onStep({ step: running, state: "running" });
  return (step: string, detail: string, state: "done" | "failed" = "done") =>
    onStep({ step, detail, ms: Math.round(performance.now() - started), state });
}
