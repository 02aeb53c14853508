import { desc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { type Fault, FaultKind } from "../contract/fault.ts";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { operationFault } from "../database/tables.ts";

export type CountedFault = Fault & { count: number; people: number; firstAt: Date; lastAt: Date };

/** Counts a fault of a version, and whom it met. */
export async function countFault(tx: Transaction, scope: Scope, versionId: string, fault: Fault): Promise<void> {
  const { tenantId, personId } = scope;
  const seen = operationFault.personIds;
  await tx
    .insert(operationFault)
    .values({ ...fault, tenantId, versionId, personIds: [personId] })
    .onConflictDoUpdate({
      target: [operationFault.versionId, operationFault.operation, operationFault.kind, operationFault.detail],
      set: {
        count: sql`${operationFault.count} + 1`,
        personIds: sql`case when ${seen} ? ${personId} then ${seen} else ${seen} || to_jsonb(${personId}::text) end`,
        lastAt: sql`now()`,
      },
    });
}

/** How a version fails in use: what meets most people first. */
export async function faultsOf(tx: Transaction, versionId: string): Promise<CountedFault[]> {
  const people = sql<number>`jsonb_array_length(${operationFault.personIds})`;
  const { operation, kind, detail, count, firstAt, lastAt } = operationFault;
  const rows = await tx
    .select({ operation, kind, detail, count, people, firstAt, lastAt })
    .from(operationFault)
    .where(eq(operationFault.versionId, versionId))
    .orderBy(desc(people), desc(count), desc(lastAt))
    .limit(20);
  return rows.map((row) => ({ ...row, kind: FaultKind.parse(row.kind), people: z.number().parse(row.people) }));
}
