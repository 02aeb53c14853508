import { and, asc, eq, sql } from "drizzle-orm";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { operationTrial } from "../database/tables.ts";

/** What the server tried of a version and what came, as the form of answers. Nobody but the server writes it. */
export type KeptTrial = {
  operation: string;
  outcome: "worked" | "failed";
  status?: number | undefined;
  message?: string | undefined;
  shape?: unknown;
};

export async function keepTrials(
  tx: Transaction,
  { tenantId }: Scope,
  versionId: string,
  trials: KeptTrial[],
): Promise<void> {
  for (const { operation, outcome, status = null, message = null, shape = null } of trials) {
    const row = { outcome, status, message, shape, triedAt: sql`now()` };
    await tx
      .insert(operationTrial)
      .values({ tenantId, versionId, operation, ...row })
      .onConflictDoUpdate({ target: [operationTrial.versionId, operationTrial.operation], set: row });
  }
}

export async function trialsOf(tx: Transaction, versionId: string): Promise<(KeptTrial & { triedAt: Date })[]> {
  const rows = await tx
    .select()
    .from(operationTrial)
    .where(eq(operationTrial.versionId, versionId))
    .orderBy(asc(operationTrial.operation));
  return rows.map(({ operation, outcome, status, message, shape, triedAt }) => ({
    operation,
    outcome: outcome === "worked" ? "worked" : "failed",
    triedAt,
    ...(status === null ? {} : { status }),
    ...(message === null ? {} : { message }),
    ...(shape === null ? {} : { shape }),
  }));
}

/** The form an operation's answer is known to have. */
export async function shapeOfOperation(tx: Transaction, versionId: string, operation: string): Promise<unknown> {
  const [row] = await tx
    .select({ shape: operationTrial.shape })
    .from(operationTrial)
    .where(and(eq(operationTrial.versionId, versionId), eq(operationTrial.operation, operation)));
  return row?.shape ?? undefined;
}
