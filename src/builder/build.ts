import type { AuthMethod, UrlVariable } from "../contract/auth-method.ts";
import { type BuildFacts, hostsOf } from "../contract/build.ts";
import type { BuildStep } from "../contract/chat.ts";
import type { Integration, IntegrationDraft } from "../contract/integration.ts";
import { isProblem, Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { check, type Checked } from "./check.ts";
import type { TypeChecker } from "./check-types.ts";
import { docsOrDocument, type ReadDocs } from "./docs/docs-or-document.ts";
import { codeOf, type DraftOperation, type Source, sourcesOf, withOperationNames } from "./docs/draft.ts";
import { readOnePage } from "./docs/read-docs.ts";
import type { Section } from "./docs/sections.ts";
import { find, type CatalogueHit, type Found, type Wish } from "./find.ts";
import { keptReads, withReads } from "../integrations/reads.ts";
import { compile, type Compiled, type CompileOptions } from "./openapi/compile.ts";
import { stopwatch } from "./stopwatch.ts";
import { furtherReads, type Tried } from "./further-reads.ts";
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
  /** Where each operation stands in the docs. */
  sources?: Record<string, Source>;
};

export type BuildOptions = { onStep: (step: BuildStep) => void; signal?: AbortSignal };
export type UpdateFrom = Pick<Wish, "url" | "document" | "isByModel"> & { baseUrl?: string };
export type BuildWish = Wish & { name?: string; slug?: string; baseUrl?: string };

export type Builder = {
  /**
   * From a wish to a checked draft: found, compiled, checked, saved. Docs without a description come back as the
   * sections that were read.
   * @throws Problem of finding, compiling and checking; nothing is saved then.
   */
  build(scope: Scope, wish: BuildWish, options: BuildOptions): Promise<Integration | ReadDocs>;
  /**
   * Makes a newer version of what is here, from where it came from or from what is given. Names and yeses to reads are kept;
   * nothing is used before it is published. Nothing new: the version in use comes back.
   * @throws Problem `update_source_missing` when it is not known where it came from, and those of `build`.
   */
  update(scope: Scope, slug: string, from: UpdateFrom, options: BuildOptions): Promise<Integration>;
  /** Checks the catalogue's entry as it is now, and saves it. */
  fromCatalogue(scope: Scope, slug: string, options: BuildOptions): Promise<Integration>;
  /**
   * Makes the file of operations somebody wrote from docs and judges it, each operation also against the sections it is said to
   * stand in. Nothing is saved.
   * @throws Problem `tool_refused`; each reason names its operation.
   */
  draft(
    facts: BuildFacts,
    operations: Record<string, DraftOperation>,
    sections: Section[],
    signal?: AbortSignal,
  ): Promise<{ code: string; sources: Record<string, Source> }>;
  /** Checks and saves a tool that was written by hand or by a model. */
  save(scope: Scope, written: Written, options: BuildOptions): Promise<Integration>;
  /** Checks and saves another form of the tool that is here, as the caller changed it; yeses to reads hold as far as they can. */
  revise(scope: Scope, revised: Omit<IntegrationDraft, "tool" | "rules">, options: BuildOptions): Promise<Integration>;
  /** Reads one page of docs in sections. */
  readPage(url: string, signal?: AbortSignal): Promise<Section[]>;
  /**
   * One live read with the connection's own credential. A success publishes the version and marks the connection; a tool that
   * was written from docs and is new, or changed (`isChanged`), is then tried further. Nobody is asked: what asks first is left.
   */
  prove(scope: Scope, connectionId: string, o?: { isChanged?: boolean }): Promise<Proof>;
};

export type Existing = {
  integration: Pick<Integration, "slug" | "name" | "baseUrl" | "hosts" | "iconUrl" | "permissions">;
  tool: Checked["tool"];
  source: IntegrationDraft["source"];
  instructions: string;
};

export type BuilderNeeds = {
  fetch: GuardedFetch;
  sandbox: Pick<Sandbox, "describe">;
  types: TypeChecker;
  inCatalogue(wish: string): CatalogueHit | undefined;
  /** The catalogue's entry, ready to be saved. */
  catalogueDraft(slug: string): Promise<Omit<IntegrationDraft, "tool" | "rules">>;
  /** The integration that goes by this slug already, if there is one. */
  existing(scope: Scope, slug: string): Promise<Existing | undefined>;
  saveVersion(scope: Scope, draft: IntegrationDraft): Promise<Integration>;
  /** The tool of the version a connection uses, and how to run it. */
  toolOf(
    scope: Scope,
    connectionId: string,
  ): Promise<{ integration: Integration; tool: Checked["tool"]; run: RunOperation }>;
  /** `account`: how the service itself calls who is signed in; `operation` and `shape`: what was read, and what came, without data. */
  proven(
    scope: Scope,
    connectionId: string,
    integration: Integration,
    facts: { account?: string; operation?: string; shape?: string },
  ): Promise<void>;
  refused(scope: Scope, connectionId: string, status: number): Promise<void>;
  /** Keeps with the version what was tried of it. */
  tried(scope: Scope, versionId: string, tried: Tried): Promise<void>;
};

export function createBuilder(needs: BuilderNeeds): Builder {
  const checked = async (
    scope: Scope,
    draft: Omit<IntegrationDraft, "tool" | "rules">,
    existing: Existing | undefined,
    { onStep, signal }: BuildOptions,
  ) => {
    const done = stopwatch(onStep, "checking the tool");
    const found = await check(needs, draft, signal);
    const { confirmedReads = {}, suggestedReads } = draft.permissions;
    const kept = existing
      ? keptReads(existing.integration.permissions.confirmedReads ?? {}, existing.tool, found.tool)
      : {};
    const { tool, rules, permissions } = withReads(
      { ...found, permissions: { readOps: [], writeOps: [], ...(suggestedReads ? { suggestedReads } : {}) } },
      { ...kept, ...confirmedReads },
    );
    const operations = Object.values(tool.operations);
    const reads = operations.filter((one) => one.access === "read").length;
    const all = `${operations.length} operation${operations.length === 1 ? "" : "s"}`;
    done("checked", `${all}, ${reads} read, ${operations.length - reads} write`);
    return needs.saveVersion(scope, { ...draft, permissions, tool, rules });
  };

  const isAnothers = (existing: Existing, hosts: string[]) =>
    !existing.integration.hosts.some((host) => hosts.includes(host));

  const referencesOf = (document: { url?: string }) => async (url: string) => {
    const namedBy = document.url ?? "a pasted document";
    return (await needs.fetch(url, { namedBy, maxBytes: 20_000_000, timeoutMs: 30_000 })).text();
  };

  type Document = Extract<Found, { kind: "document" }>;
  const compileFound = (found: Document, more: CompileOptions, signal: AbortSignal | undefined) =>
    compile(found.text, {
      ...(found.url ? { fetchedFrom: found.url } : {}),
      ...(found.isByModel ? {} : { fetchReference: referencesOf(found) }),
      ...more,
      ...(signal ? { signal } : {}),
    });

  const draftOf = (compiled: Compiled, found: Document, saidBaseUrl: string | undefined) => {
    const {
      slug,
      name,
      description,
      category,
      docsUrl,
      iconUrl,
      baseUrl,
      hosts,
      variables,
      auth,
      cliCode,
      instructions,
    } = compiled;
    if (!baseUrl) throw new Problem("base_url_missing");
    return {
      slug,
      name,
      description,
      ...(category ? { category } : {}),
      ...(docsUrl ? { docsUrl } : {}),
      ...(iconUrl ? { iconUrl } : {}),
      baseUrl,
      hosts,
      variables,
      auth,
      origin: "private" as const,
      permissions: compiled.permissions,
      cliCode,
      instructions,
      source: {
        kind: compiled.kind,
        ...(found.url ? { url: found.url } : {}),
        ...(saidBaseUrl ? { baseUrl: saidBaseUrl } : {}),
      },
    };
  };

  /** A newer form of what is here, with the instructions somebody rewrote. */
  const keepingWords = (draft: ReturnType<typeof draftOf>, existing: Existing | undefined) =>
    existing?.source.revised
      ? { ...draft, instructions: existing.instructions, source: { ...draft.source, revised: true as const } }
      : draft;

  return {
    async build(scope, wish, options) {
      const start = await find(needs, wish, options);
      const found = start.kind === "docs" ? await docsOrDocument(needs.fetch, start, options) : start;
      if (found.kind === "docs") return found;
      if (found.kind === "catalogue") {
        const existing = await needs.existing(scope, found.slug);
        return checked(scope, await needs.catalogueDraft(found.slug), existing, options);
      }
      const done = stopwatch(options.onStep, "writing the tool");
      const asked = wish.slug ?? found.slug;
      const more = {
        ...(wish.name ? { name: wish.name } : {}),
        ...(wish.baseUrl ? { baseUrl: wish.baseUrl } : {}),
      };
      let compiled = await compileFound(found, { ...more, ...(asked ? { slug: asked } : {}) }, options.signal);
      let existing = await needs.existing(scope, compiled.slug);
      // Two services may have one name: the second gets a name of its own, or it would be taken for a new version of the first.
      for (let count = 2; existing && isAnothers(existing, compiled.hosts); count += 1) {
        const slug = `${compiled.slug.replace(/-\d+$/, "")}-${count}`;
        compiled = await compileFound(found, { ...more, slug }, options.signal);
        existing = await needs.existing(scope, slug);
      }
      if (existing) {
        const { slug } = compiled;
        compiled = await compileFound(found, { ...more, slug, previous: existing.tool }, options.signal);
      }
      const draft = keepingWords(draftOf(compiled, found, wish.baseUrl), existing);
      done("wrote the tool", compiled.summary);
      return checked(scope, draft, existing, options);
    },

    async update(scope, slug, from, options) {
      const existing = await needs.existing(scope, slug);
      if (!existing) throw new Problem("not_found", { what: "integration" });
      const { integration, source, tool } = existing;
      const hit = needs.inCatalogue(slug);
      const isOurs = hit !== undefined && "documentUrl" in hit && hit.slug === slug; // wherever it listens this time
      const found = await find(needs, newerOf(slug, isOurs ? { kind: "catalogue" } : source, from), options);
      if (found.kind === "docs") throw new Problem("update_source_missing", { slug });
      if (found.kind === "catalogue") return checked(scope, await needs.catalogueDraft(slug), existing, options);

      const done = stopwatch(options.onStep, "writing the tool");
      const saidBaseUrl = from.baseUrl ?? source.baseUrl;
      const more = { slug, name: integration.name, previous: tool };
      let compiled = await compileFound(
        found,
        { ...more, ...(saidBaseUrl ? { baseUrl: saidBaseUrl } : {}) },
        options.signal,
      );
      // A pasted document cannot say what its relative servers are relative to.
      if (!compiled.baseUrl)
        compiled = await compileFound(found, { ...more, baseUrl: integration.baseUrl }, options.signal);
      const draft = keepingWords(draftOf(compiled, found, saidBaseUrl), existing);
      done("wrote the tool", compiled.summary);
      const { iconUrl } = integration;
      return checked(scope, { ...draft, ...(iconUrl ? { iconUrl } : {}) }, existing, options);
    },

    fromCatalogue: async (scope, slug, options) =>
      checked(scope, await needs.catalogueDraft(slug), await needs.existing(scope, slug), options),

    async draft(facts, operations, sections, signal) {
      const code = codeOf(facts, operations);
      const candidate = { slug: facts.slug, cliCode: code, baseUrl: facts.base_url, hosts: hostsOf(facts) };
      const { tool } = await check(needs, candidate, signal).catch((error: unknown) => {
        if (!isProblem(error, "tool_refused")) throw error;
        throw new Problem("tool_refused", { reasons: withOperationNames(error.facts.reasons, code) });
      });
      const { sources, reasons } = sourcesOf(tool, operations, sections, facts.base_url);
      if (reasons.length > 0) throw new Problem("tool_refused", { reasons });
      return { code, sources };
    },

    async save(scope, { sources, ...written }, options) {
      const existing = await needs.existing(scope, written.slug);
      if (existing && isAnothers(existing, written.hosts)) {
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
          source: {
            kind: "docs",
            ...(written.docsUrl ? { url: written.docsUrl } : {}),
            ...(sources ? { operations: sources } : {}),
          },
        },
        existing,
        options,
      );
    },

    async revise(scope, revised, options) {
      const existing = await needs.existing(scope, revised.slug);
      const { suggestedReads } = revised.permissions;
      // The yeses of before are judged anew, against what the operations send now.
      const permissions = { readOps: [], writeOps: [], ...(suggestedReads ? { suggestedReads } : {}) };
      const isReworded = existing !== undefined && existing.instructions !== revised.instructions;
      const source = isReworded ? { ...revised.source, revised: true as const } : revised.source;
      return checked(scope, { ...revised, source, permissions }, existing, options);
    },

    readPage: (url, signal) => readOnePage(needs.fetch, url, signal),

    async prove(scope, connectionId, { isChanged = false } = {}) {
      const { integration, tool, run } = await needs.toolOf(scope, connectionId);
      const proof = await prove(tool, run);
      if (proof.ok) {
        const { account, operation, shape } = proof;
        await needs.proven(scope, connectionId, integration, { operation, shape, ...(account ? { account } : {}) });
        // Docs may be wrong where a description for programs is not: what can be tried without harm is.
        const isNew = integration.status === "draft" || isChanged;
        if (isNew && (await needs.existing(scope, integration.slug))?.source.kind === "docs") {
          proof.tried = await furtherReads(tool, run, isChanged ? { reads: 20, seconds: 10 } : undefined);
          await needs.tried(scope, integration.versionId, proof.tried);
        }
      } else if (proof.code === "nothing_to_try") await needs.proven(scope, connectionId, integration, {});
      else if (proof.code === "refused") await needs.refused(scope, connectionId, proof.status ?? 401);
      else if (proof.code === "unreachable" && proof.status !== undefined) {
        await needs.refused(scope, connectionId, proof.status);
      }
      return proof;
    },
  };
}

/** Where a newer version is looked for: what the person gives, else where the one in use came from. */
function newerOf(slug: string, source: IntegrationDraft["source"], { url, document, isByModel }: UpdateFrom): Wish {
  if (document !== undefined) return { document, ...(isByModel ? { isByModel } : {}) };
  if (url !== undefined) return { url };
  if (source.kind === "catalogue") return { wish: slug };
  if (source.kind === "docs" || source.url === undefined) throw new Problem("update_source_missing", { slug });
  return { url: source.url };
}
