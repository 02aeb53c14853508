import { and, desc, eq, gte, inArray, ne, sql } from "drizzle-orm";
import { Access } from "../contract/access.ts";
import type { Health } from "../contract/procedures/activity.ts";
import type { Transaction } from "../database/database.ts";
import { customIntegrationCredential, request, usage } from "../database/tables.ts";
import { faultsOf } from "../integrations/faults.ts";
import { outcomeOf } from "./activity.ts";

const shownCalls = 20;

/** How an integration's calls went: counted from usage, timed from the requests on record. */
export async function healthOf(
  tx: Transaction,
  o: { integrationId: string; versionId: string; slug: string; days: number; now: Date },
): Promise<Health> {
  const days = lastDays(o.days, o.now);
  const [first = ""] = days;
  const accounts = await tx
    .select({ id: customIntegrationCredential.id, label: customIntegrationCredential.label })
    .from(customIntegrationCredential)
    .where(eq(customIntegrationCredential.integrationId, o.integrationId));
  const labels = new Map(accounts.map(({ id, label }) => [id, label]));
  const mine = and(
    ne(request.outcome, "refused"),
    labels.size === 0 ? sql`false` : inArray(request.connectionId, [...labels.keys()]),
    gte(request.createdAt, new Date(`${first}T00:00:00Z`)),
  );

  const counted = await tx
    .select({ day: usage.day, calls: usage.count, failures: usage.failures })
    .from(usage)
    .where(and(eq(usage.kind, "call"), eq(usage.subject, o.slug), gte(usage.day, first)));
  const day = sql<string>`to_char(${request.createdAt} at time zone 'UTC', 'YYYY-MM-DD')`;
  const timed = await tx
    .select({ day, ...percentiles })
    .from(request)
    .where(mine)
    .groupBy(day);
  const [whole] = await tx.select(percentiles).from(request).where(mine);
  const last = await tx
    .select()
    .from(request)
    .where(mine)
    .orderBy(desc(request.createdAt), desc(request.id))
    .limit(shownCalls);
  const [failure] = await tx
    .select()
    .from(request)
    .where(and(mine, sql`(${request.status} >= 500 or ${request.outcome} = 'failed')`))
    .orderBy(desc(request.createdAt), desc(request.id))
    .limit(1);

  const sum = (name: "calls" | "failures") => counted.reduce((total, one) => total + one[name], 0);
  const [calls, failures] = [sum("calls"), sum("failures")];
  return {
    slug: o.slug,
    days: o.days,
    calls,
    failures,
    errorRate: calls === 0 ? 0 : failures / calls,
    p50Ms: whole?.p50Ms ?? null,
    p95Ms: whole?.p95Ms ?? null,
    lastCallAt: last[0]?.createdAt ?? null,
    lastFailure: failure ? { at: failure.createdAt, operation: failure.operation, status: failure.status } : null,
    faults: await faultsOf(tx, o.versionId),
    series: days.map((day) => {
      const count = counted.find((one) => one.day === day);
      const times = timed.find((one) => one.day === day);
      return {
        day,
        calls: count?.calls ?? 0,
        failures: count?.failures ?? 0,
        p50Ms: times?.p50Ms ?? null,
        p95Ms: times?.p95Ms ?? null,
      };
    }),
    last: last.map((row) => ({
      at: row.createdAt,
      operation: row.operation,
      access: Access.parse(row.access),
      method: row.method,
      path: row.path,
      status: row.status,
      ms: row.ms,
      outcome: outcomeOf(row),
      account: labels.get(row.connectionId) ?? null,
    })),
  };
}

const percentile = (share: number) =>
  sql<number | null>`round(percentile_cont(${sql.raw(String(share))}) within group (order by ${request.ms}))::int`;
const percentiles = { p50Ms: percentile(0.5), p95Ms: percentile(0.95) };

/** Today and the days before it (UTC), oldest first. */
function lastDays(count: number, now: Date): string[] {
  return Array.from({ length: count }, (_, at) =>
    new Date(now.getTime() - (count - 1 - at) * 86_400_000).toISOString().slice(0, 10),
  );
}
