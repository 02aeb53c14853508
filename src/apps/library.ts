import type { Integration, IntegrationDraft } from "../contract/integration.ts";
import { carryTrials, keepTrials, type KeptTrial } from "../integrations/trials.ts";
import { isProblem, Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { ToolDescription } from "../contract/tool.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { compareVersions } from "../integrations/compare-versions.ts";
import { differenceFrom } from "../integrations/difference.ts";
import {
  discardDraft,
  getIntegration,
  type IntegrationRef,
  listIntegrations,
  listVersions,
  removeIntegration,
} from "../integrations/integrations.ts";
import { faultsOf } from "../integrations/faults.ts";
import { publish, rollback } from "../integrations/publish.ts";
import { confirmReads, retractReads } from "../integrations/reads.ts";
import { saveVersion } from "../integrations/save-version.ts";
import { getToolFile } from "../integrations/tool-file.ts";
import { versionFiles } from "../integrations/version-files.ts";
import { listOperations } from "./operations.ts";

/** The tenant's integrations, each call in a transaction of its own. */
export function createLibrary(database: Database) {
  const within = <T>(scope: Scope, work: (tx: Transaction) => Promise<T>) =>
    withinTenant(database, scope.tenantId, work);

  return {
    list: (scope: Scope) => within(scope, listIntegrations),
    get: (scope: Scope, ref: IntegrationRef) => within(scope, (tx) => getIntegration(tx, ref)),
    find: (scope: Scope, slug: string) => within(scope, (tx) => findIntegration(tx, slug)),
    /** What goes by this slug here, with its tool and where that came from. */
    existing: (scope: Scope, slug: string) =>
      within(scope, async (tx) => {
        const integration = await findIntegration(tx, slug);
        if (!integration) return undefined;
        const { tool, source, instructions } = await getToolFile(tx, integration.versionId);
        return { integration, tool: ToolDescription.parse(tool), source, instructions };
      }),
    /** The version in use in the form a builder saves. */
    draft: (scope: Scope, slug: string): Promise<Omit<IntegrationDraft, "tool" | "rules">> =>
      within(scope, async (tx) => {
        const {
          id: _id,
          version: _v,
          status: _s,
          communityPullRequest: _c,
          versionId,
          ...own
        } = await getIntegration(tx, {
          slug,
        });
        const { cliCode, instructions, source } = await getToolFile(tx, versionId);
        return { ...own, cliCode, instructions, source };
      }),
    save: (scope: Scope, draft: IntegrationDraft) => within(scope, (tx) => saveVersion(tx, scope, draft)),
    publish: (scope: Scope, versionId: string) => within(scope, (tx) => publish(tx, scope, versionId)),
    remove: (scope: Scope, id: string) => within(scope, (tx) => removeIntegration(tx, id)),
    versions: (scope: Scope, slug: string) =>
      within(scope, async (tx) => listVersions(tx, (await getIntegration(tx, { slug })).id)),
    rollback: (scope: Scope, slug: string, versionId: string) =>
      within(scope, async (tx) => {
        await ofSlug(tx, slug, versionId);
        return rollback(tx, scope, versionId);
      }),
    /** What a version changes beside the one in use. */
    difference: (scope: Scope, slug: string, versionId: string) =>
      within(scope, async (tx) => differenceFrom(tx, await ofSlug(tx, slug, versionId), versionId)),
    /** What a version that was just made would change; undefined when it is the one in use. */
    updateTo: (scope: Scope, { slug, versionId }: Pick<Integration, "slug" | "versionId">) =>
      within(scope, async (tx) => {
        const inUse = await ofSlug(tx, slug, versionId);
        return inUse.versionId === versionId ? undefined : differenceFrom(tx, inUse, versionId);
      }),
    /** A person's yes to a newer version. */
    publishNewer: (scope: Scope, slug: string, versionId: string) =>
      within(scope, async (tx) => {
        const before = await ofSlug(tx, slug, versionId);
        await carryTrials(tx, scope, before.versionId, versionId);
        return publish(tx, scope, versionId);
      }),
    discard: (scope: Scope, slug: string, versionId: string) =>
      within(scope, async (tx) => {
        await ofSlug(tx, slug, versionId);
        await discardDraft(tx, versionId);
      }),
    confirmReads: (scope: Scope, slug: string, said: { operations: string[]; reason?: string | undefined }) =>
      within(scope, (tx) => confirmReads(tx, scope, slug, said)),
    retractReads: (scope: Scope, slug: string, operations: string[]) =>
      within(scope, (tx) => retractReads(tx, scope, slug, operations)),
    tried: (scope: Scope, versionId: string, trials: KeptTrial[]) =>
      within(scope, (tx) => keepTrials(tx, scope, versionId, trials)),
    /** How a version fails in use as if the service had changed. */
    faults: (scope: Scope, versionId: string) => within(scope, (tx) => faultsOf(tx, versionId)),
    tool: (scope: Scope, versionId: string) =>
      within(scope, async (tx) => ToolDescription.parse((await getToolFile(tx, versionId)).tool)),

    /** What one integration can do and what happens when it is called, its instructions and its code. */
    detail: (scope: Scope, integration: Integration) =>
      within(scope, async (tx) => {
        const { cliCode, instructions } = await getToolFile(tx, integration.versionId);
        return { cliCode, instructions, operations: await listOperations(tx, integration) };
      }),

    operations: (scope: Scope, slug: string) =>
      within(scope, async (tx) => listOperations(tx, await getIntegration(tx, { slug }))),

    /** A version of this integration as its three files; the current one when none is named. */
    files: (scope: Scope, slug: string, versionId?: string) =>
      within(scope, async (tx) => {
        const found = await versionFiles(tx, versionId === undefined ? { slug } : { versionId });
        if (found.integration.slug !== slug) throw new Problem("not_found", { what: "version of this integration" });
        return found;
      }),

    compare: (scope: Scope, slug: string, versions: { from: string; to: string }) =>
      within(scope, async (tx) => {
        const { id } = await getIntegration(tx, { slug });
        const { id: meant } = await getIntegration(tx, { versionId: versions.from });
        if (meant !== id) throw new Problem("not_found", { what: "version of this integration" });
        return compareVersions(tx, versions);
      }),
  };
}

async function findIntegration(tx: Transaction, slug: string): Promise<Integration | undefined> {
  try {
    return await getIntegration(tx, { slug });
  } catch (error) {
    if (isProblem(error, "not_found")) return undefined;
    throw error;
  }
}

/** The version in use of the integration a version belongs to; by this slug, or there is no such version. */
async function ofSlug(tx: Transaction, slug: string, versionId: string): Promise<Integration> {
  const [meant, now] = [await getIntegration(tx, { versionId }), await getIntegration(tx, { slug })];
  if (meant.id !== now.id) throw new Problem("not_found", { what: "version of this integration" });
  return now;
}

export type Library = ReturnType<typeof createLibrary>;
