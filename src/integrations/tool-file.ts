import { eq } from "drizzle-orm";
import { z } from "zod";
import { IntegrationDraft, RequestRule } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Transaction } from "../database/database.ts";
import { integrationVersion } from "../database/tables.ts";

/** The large parts of a version. Frozen in effect: a version's content never changes. */
export type ToolFile = {
  cliCode: string;
  instructions: string;
  tool: unknown;
  rules: RequestRule[];
  source: IntegrationDraft["source"];
};

/**
 * The tool of a version. The same version gives the same object for as long as it is kept in memory, so that what is built
 * from its request table can be kept beside it.
 *
 * @throws Problem `not_found`, also for a version of another tenant.
 */
export async function getToolFile(tx: Transaction, versionId: string): Promise<ToolFile> {
  const known = recent.get(versionId);
  const ofVersion = eq(integrationVersion.id, versionId);
  if (known) {
    // Kept or not, the row must be there for this tenant.
    const seen = await tx.select({ id: integrationVersion.id }).from(integrationVersion).where(ofVersion);
    if (seen.length === 0) throw new Problem("not_found", { what: "integration" });
    recent.delete(versionId); // and set again below: the longest unused is forgotten first
    recent.set(versionId, known);
    return known;
  }
  const { cliCode, cliInstructions: instructions, tool, rules, source } = integrationVersion;
  const [row] = await tx
    .select({ cliCode, instructions, tool, rules, source })
    .from(integrationVersion)
    .where(ofVersion);
  if (!row) throw new Problem("not_found", { what: "integration" });
  const file = {
    ...row,
    rules: z.array(RequestRule).parse(row.rules),
    source: IntegrationDraft.shape.source.parse(row.source),
  };
  recent.set(versionId, file);
  for (const oldest of recent.keys()) {
    if (recent.size <= mostKept) break;
    recent.delete(oldest);
  }
  return file;
}

const mostKept = 50;
const recent = new Map<string, ToolFile>();
