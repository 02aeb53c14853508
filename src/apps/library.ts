import type { Integration, IntegrationDraft } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { ToolDescription } from "../contract/tool.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { compareVersions } from "../integrations/compare-versions.ts";
import {
  getIntegration,
  type IntegrationRef,
  listIntegrations,
  listVersions,
  removeIntegration,
} from "../integrations/integrations.ts";
import { publish, rollback } from "../integrations/publish.ts";
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
    save: (scope: Scope, draft: IntegrationDraft) => within(scope, (tx) => saveVersion(tx, scope, draft)),
    publish: (scope: Scope, versionId: string) => within(scope, (tx) => publish(tx, scope, versionId)),
    remove: (scope: Scope, id: string) => within(scope, (tx) => removeIntegration(tx, id)),
    versions: (scope: Scope, slug: string) =>
      within(scope, async (tx) => listVersions(tx, (await getIntegration(tx, { slug })).id)),
    rollback: (scope: Scope, slug: string, versionId: string) =>
      within(scope, async (tx) => {
        const [meant, now] = [await getIntegration(tx, { versionId }), await getIntegration(tx, { slug })];
        if (meant.id !== now.id) throw new Problem("not_found", { what: "version of this integration" });
        return rollback(tx, scope, versionId);
      }),
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

export type Library = ReturnType<typeof createLibrary>;
