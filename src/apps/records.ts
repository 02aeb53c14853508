import { desc, inArray, sql } from "drizzle-orm";
import { isProblem } from "../contract/problem.ts";
import { ActivityFilter, type Wanted } from "../contract/procedures/activity.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { usage } from "../database/tables.ts";
import { countUsage } from "../database/usage.ts";
import { listActivity } from "./activity.ts";
import { healthOf } from "./health.ts";

/** What was done, how calls went, and what was asked for in vain: for people to look at. */
export function createRecords(database: Database) {
  return {
    activity: (scope: Scope, filter: Partial<ActivityFilter>) =>
      withinTenant(database, scope.tenantId, (tx) => listActivity(tx, scope, ActivityFilter.parse(filter))),

    health: (scope: Scope, o: { integrationId: string; versionId: string; slug: string; days: number }) =>
      withinTenant(database, scope.tenantId, (tx) => healthOf(tx, { ...o, now: new Date() })),

    /** Services that were asked for in vain, most wanted first. */
    wanted: (scope: Scope, limit: number): Promise<Wanted[]> =>
      withinTenant(database, scope.tenantId, (tx) => {
        const failed = sql<number>`sum(case when ${usage.kind} = 'wish' then ${usage.failures} else 0 end)::int`;
        return tx
          .select({
            subject: usage.subject,
            asked: sql<number>`sum(case when ${usage.kind} = 'wish' then ${usage.count} else 0 end)::int`,
            failed,
            missing: sql<number>`sum(case when ${usage.kind} = 'missing' then ${usage.count} else 0 end)::int`,
            lastDay: sql<string>`max(${usage.day})`,
          })
          .from(usage)
          .where(inArray(usage.kind, ["wish", "missing"]))
          .groupBy(usage.subject)
          .having(sql`${failed} > 0`)
          .orderBy(desc(failed), desc(sql`max(${usage.day})`), usage.subject)
          .limit(limit);
      }),

    /** Counts a wish and whether something came of it; `work` is what fulfils it. */
    async wish<T extends object>(
      scope: Scope,
      wish: { wish?: string; url?: string; name?: string },
      work: () => Promise<T>,
    ): Promise<T> {
      const count = (failed: boolean, isMissing: boolean) =>
        withinTenant(database, scope.tenantId, async (tx) => {
          const subject = subjectOf(wish);
          if (subject === undefined) return;
          await countUsage(tx, scope, { kind: "wish", subject, failed });
          if (isMissing) await countUsage(tx, scope, { kind: "missing", subject });
        });
      try {
        const made = await work();
        await count(false, false);
        return made;
      } catch (error) {
        // A bug or a person who stopped it says nothing about what is wanted.
        if (isProblem(error))
          await count(true, isProblem(error, "nothing_found", "docs_need_model", "document_missing"));
        throw error;
      }
    },
  };
}

/** What was asked for, as it is counted: the service's words without those around them, or the host of an address. */
export function subjectOf(wish: { wish?: string; url?: string; name?: string }): string | undefined {
  if (wish.url !== undefined) return URL.parse(wish.url)?.hostname;
  const words = (wish.wish ?? wish.name ?? "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}.-]+/u)
    .map((word) => word.replace(/^[.-]+|[.-]+$/g, ""))
    // Long words with digits are keys somebody pasted: they are kept nowhere.
    .filter((word) => word !== "" && word.length <= 24 && !(word.length > 12 && /\d/.test(word)) && !around.has(word));
  return words.length === 0 ? undefined : words.slice(0, 4).join(" ");
}

const around = new Set(
  "a an and api can connect could for from i in it link me my of on our please service the to tool us use want we with would you".split(
    " ",
  ),
);
