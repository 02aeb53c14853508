import { eq } from "drizzle-orm";
import { IntegrationDraft } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Transaction } from "../database/database.ts";
import { integrationVersion } from "../database/tables.ts";

/**
 * What a version was made from.
 *
 * @throws Problem `not_found`
 */
export async function sourceOf(tx: Transaction, versionId: string): Promise<IntegrationDraft["source"]> {
  const [row] = await tx
    .select({ source: integrationVersion.source })
    .from(integrationVersion)
    .where(eq(integrationVersion.id, versionId));
  if (!row) throw new Problem("not_found", { what: "integration" });
  return IntegrationDraft.shape.source.parse(row.source);
}
