import { createHash } from "node:crypto";
import { and, eq, max } from "drizzle-orm";
import { type Integration, IntegrationDraft } from "../contract/integration.ts";
import { showHidden, shownLine } from "../contract/marked-data.ts";
import type { Scope } from "../contract/scope.ts";
import { audit } from "../database/audit.ts";
import type { Transaction } from "../database/database.ts";
import { customIntegration, integrationVersion } from "../database/tables.ts";
import { getIntegration } from "./integrations.ts";

/**
 * Saves a checked draft: as a new integration, or as the next version of the one with its slug. The same content again is
 * the same version. Nothing uses a draft but a proof, until `publish`.
 */
export async function saveVersion(tx: Transaction, scope: Scope, given: IntegrationDraft): Promise<Integration> {
  const draft = shown(IntegrationDraft.parse(given));
  const { slug, origin, instructions, ...content } = draft;
  const integrationId = await ownRow(tx, scope, { slug, origin });
  const contentHash = hashOf(draft);

  const [existing] = await tx
    .select({ id: integrationVersion.id })
    .from(integrationVersion)
    .where(and(eq(integrationVersion.integrationId, integrationId), eq(integrationVersion.contentHash, contentHash)));
  if (existing) return getIntegration(tx, { versionId: existing.id });

  const [last] = await tx
    .select({ version: max(integrationVersion.version) })
    .from(integrationVersion)
    .where(eq(integrationVersion.integrationId, integrationId));
  const version = (last?.version ?? 0) + 1;
  const [row] = await tx
    .insert(integrationVersion)
    .values({
      ...content,
      cliInstructions: instructions,
      tenantId: scope.tenantId,
      integrationId,
      version,
      contentHash,
    })
    .returning({ id: integrationVersion.id });
  if (!row) throw new Error("the version was not inserted");
  await audit(tx, scope, { action: "integration.save", outcome: "ok", integrationId, facts: { slug, version } });
  return getIntegration(tx, { versionId: row.id });
}

/**
 * What people are shown of an integration comes from strangers' documents. It stands in lists, forms, questions, terminals and
 * pull requests, so nothing is kept in it that moves a cursor, turns a line around or does not show.
 */
function shown(draft: IntegrationDraft): IntegrationDraft {
  const { name, description, auth, variables, ...rest } = draft;
  const clean = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (_, one: unknown) => (typeof one === "string" ? showHidden(one) : one)) as T;
  return {
    ...rest,
    name: shownLine(name).slice(0, 120) || rest.slug,
    description: showHidden(description).slice(0, 2000),
    ...clean({ auth, variables }),
  };
}

/** The integration's row, locked: two that save at once get two numbers. */
async function ownRow(tx: Transaction, scope: Scope, { slug, origin }: Pick<IntegrationDraft, "slug" | "origin">) {
  await tx
    .insert(customIntegration)
    .values({ tenantId: scope.tenantId, ownerId: scope.personId, slug, origin })
    .onConflictDoNothing();
  const [row] = await tx
    .select({ id: customIntegration.id })
    .from(customIntegration)
    .where(eq(customIntegration.slug, slug))
    .for("update");
  if (!row) throw new Error("the integration was not inserted");
  return row.id;
}

function hashOf(draft: IntegrationDraft): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(draft)))
    .digest("base64url");
}

/** The same content in another order of keys is the same content. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]),
  );
}
