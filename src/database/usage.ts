import { sql } from "drizzle-orm";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "./database.ts";
import { usage } from "./tables.ts";

export type Use = {
  /** `call`: a request sent; `tokens`: to a language model; `wish`: an integration asked for; `missing`: nothing found for it. */
  kind: "call" | "tokens" | "wish" | "missing";
  subject: string;
  /** How many at once; 1 when left out. */
  count?: number;
  /** All of them. */
  failed?: boolean;
  ms?: number;
};

/** Adds to the tenant's counters of the day (UTC). */
export async function countUsage(tx: Transaction, scope: Scope, use: Use): Promise<void> {
  const { count = 1, failed = false, ms = 0 } = use;
  const counted = { count, failures: failed ? count : 0, totalMs: Math.round(ms) };
  await tx
    .insert(usage)
    .values({ tenantId: scope.tenantId, day: today(), kind: use.kind, subject: use.subject, ...counted })
    .onConflictDoUpdate({
      target: [usage.tenantId, usage.day, usage.kind, usage.subject],
      set: {
        count: sql`${usage.count} + ${counted.count}`,
        failures: sql`${usage.failures} + ${counted.failures}`,
        totalMs: sql`${usage.totalMs} + ${counted.totalMs}`,
      },
    });
}

const today = () => new Date().toISOString().slice(0, 10);
