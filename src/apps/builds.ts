import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import {
  addSections,
  askAbout,
  type Begun,
  buildBehind,
  buildOf,
  buildSaved,
  keepOperations,
  type KeptSection,
  openBuild,
  overBudget,
  raiseBudget,
  sectionsOfBuild,
  spend,
} from "../integrations/builds.ts";
import { sourceOf } from "../integrations/source-of.ts";
import type { BuildFacts } from "../contract/build.ts";
import type { Usage } from "../llm/model.ts";

/** The tenant's tools in the making, each call in a transaction of its own. `tokenLimit` is what each may cost at first. */
export function createBuilds(database: Database, tokenLimit: number) {
  const within = <T>(scope: Scope, work: (tx: Transaction) => Promise<T>) =>
    withinTenant(database, scope.tenantId, work);
  return {
    open: (scope: Scope, begun: Begun) => within(scope, (tx) => openBuild(tx, scope, { ...begun, tokenLimit })),
    of: (scope: Scope, conversationId: string) => within(scope, (tx) => buildOf(tx, scope, conversationId)),
    behind: (scope: Scope, integrationId: string) => within(scope, (tx) => buildBehind(tx, integrationId)),
    sections: (scope: Scope, buildId: string) => within(scope, (tx) => sectionsOfBuild(tx, buildId)),
    /** The section an operation of a version was written from. */
    sectionBehind: (scope: Scope, of: { integrationId: string; versionId: string; operation: string }) =>
      within(scope, async (tx) => {
        const source = (await sourceOf(tx, of.versionId)).operations?.[of.operation];
        const made = source && (await buildBehind(tx, of.integrationId));
        const sections = made ? await sectionsOfBuild(tx, made.id) : [];
        return sections.find(({ url, heading, text }) => {
          if (url !== source?.url) return false;
          return heading === source.heading || text.includes(source.heading);
        });
      }),
    add: (scope: Scope, buildId: string, sections: KeptSection[]) =>
      within(scope, (tx) => addSections(tx, scope, buildId, sections)),
    ask: (scope: Scope, buildId: string, facts: BuildFacts) => within(scope, (tx) => askAbout(tx, buildId, facts)),
    keep: (scope: Scope, buildId: string, operations: Record<string, unknown>) =>
      within(scope, (tx) => keepOperations(tx, buildId, operations)),
    saved: (scope: Scope, buildId: string, integrationId: string) =>
      within(scope, (tx) => buildSaved(tx, buildId, integrationId)),
    spend: (scope: Scope, conversationId: string, usage: Usage) =>
      within(scope, (tx) => spend(tx, conversationId, usage)),
    overBudget: (scope: Scope, conversationId: string) => within(scope, (tx) => overBudget(tx, scope, conversationId)),
    raiseBudget: (scope: Scope, buildId: string) => within(scope, (tx) => raiseBudget(tx, buildId, tokenLimit)),
  };
}

export type Builds = ReturnType<typeof createBuilds>;
