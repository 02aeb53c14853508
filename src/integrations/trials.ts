import { and, asc, eq, sql } from "drizzle-orm";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { ToolDescription } from "../contract/tool.ts";
import { operationTrial } from "../database/tables.ts";
import { faultsOf } from "./faults.ts";
import { changedOperations } from "./publish.ts";
import { getToolFile } from "./tool-file.ts";

/** What the server tried of a version and what came, as the form of answers. Nobody but the server writes it. */
export type KeptTrial = {
  operation: string;
  outcome: "worked" | "failed";
  status?: number | undefined;
  message?: string | undefined;
  shape?: unknown;
  /** Now, when left out. */
  triedAt?: Date;
};

export async function keepTrials(
  tx: Transaction,
  { tenantId }: Scope,
  versionId: string,
  trials: KeptTrial[],
): Promise<void> {
  for (const { operation, outcome, status = null, message = null, shape = null, triedAt = sql`now()` } of trials) {
    const row = { outcome, status, message, shape, triedAt };
    await tx
      .insert(operationTrial)
      .values({ tenantId, versionId, operation, ...row })
      .onConflictDoUpdate({ target: [operationTrial.versionId, operationTrial.operation], set: row });
  }
}

/** What was tried of a version holds for the next, of operations that send what they sent and answer as they did. */
export async function carryTrials(tx: Transaction, scope: Scope, before: string, next: string): Promise<void> {
  const others = new Set(await changedOperations(tx, before, next));
  for (const { operation, kind } of await faultsOf(tx, before)) if (kind === "shape_changed") others.add(operation);
  const { operations } = ToolDescription.parse((await getToolFile(tx, next)).tool);
  const holds = (await trialsOf(tx, before)).filter(({ operation: name }) => operations[name] && !others.has(name));
  await keepTrials(tx, scope, next, holds);
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
