import { and, desc, eq, lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { Scope } from "../contract/scope.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { audit, usage } from "../database/tables.ts";

type Filter = { action?: string; integrationId?: string; connectionId?: string; before?: Date; limit: number };

const Facts = z.record(z.string(), z.unknown());

/** What was done and what was asked for in vain, for people to look at. */
export function createRecords(database: Database) {
  return {
    audit: (scope: Scope, filter: Filter) =>
      withinTenant(database, scope.tenantId, async (tx) => {
        const rows = await tx
          .select()
          .from(audit)
          .where(
            and(
              filter.action === undefined ? undefined : eq(audit.action, filter.action),
              filter.integrationId === undefined ? undefined : eq(audit.integrationId, filter.integrationId),
              filter.connectionId === undefined ? undefined : eq(audit.connectionId, filter.connectionId),
              filter.before === undefined ? undefined : lt(audit.createdAt, filter.before),
            ),
          )
          .orderBy(desc(audit.createdAt))
          .limit(filter.limit);
        return rows.map(({ tenantId: _tenantId, facts, ...row }) => ({ ...row, facts: Facts.parse(facts) }));
      }),

    /** Services that were asked for and could not be built, most wanted first. */
    mostWanted: (scope: Scope) =>
      withinTenant(database, scope.tenantId, async (tx) => {
        const rows = await tx
          .select({ subject: usage.subject, count: sql<number>`sum(${usage.count})::int` })
          .from(usage)
          .where(eq(usage.kind, "missing"))
          .groupBy(usage.subject)
          .orderBy(desc(sql`sum(${usage.count})`))
          .limit(50);
        return rows;
      }),
  };
}
