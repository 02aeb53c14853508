import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Scope } from "../contract/scope.ts";
import { Problem } from "../contract/problem.ts";
import { PgBoss } from "pg-boss";
import { type Database, engineOf, withinTenant } from "./database.ts";
import { isFirstEffect, openQueue, type Queue } from "./queue.ts";
import { eachEngine, scratchDatabase } from "./testing.ts";
import { countUsage } from "./usage.ts";
import { usage } from "./tables.ts";

eachEngine((open) => {
  let database: Database;
  let queue: Queue;
  let ann: Scope;
  const lines: string[] = [];

  beforeAll(async () => {
    database = await open();
    ann = await database.createTenant("A", { name: "Ann" });
    const names = ["many", "flaky", "inside", "keyed", "effect", "loud", "later", "untouched"];
    queue = await openQueue(database, {
      names,
      log: (line) => lines.push(line),
      lookEverySeconds: 0.5,
      retryAfterSeconds: 1,
    });
  });
  afterAll(() => queue.close());

  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

  it("can be used for the first time inside a transaction", async () => {
    const id = await withinTenant(database, ann.tenantId, (tx) => queue.send("untouched", {}, { tx }));
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("works on every job once", async () => {
    const seen: unknown[] = [];
    await queue.work("many", async ({ data }) => void seen.push(data));
    await Promise.all(Array.from({ length: 12 }, (_, number) => queue.send("many", { number })));
    await eventually(() => expect(seen).toHaveLength(12));
    await sleep(100);
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(12);
    expect(seen).toHaveLength(12);
  });

  it("tries a job again that failed", async () => {
    let tries = 0;
    await queue.work("flaky", async () => {
      tries += 1;
      if (tries === 1) throw new Error("not yet");
    });
    await queue.send("flaky", {});
    await eventually(() => expect(tries).toBe(2));
  });

  it("adds a job with the transaction it was sent in, and none when that is rolled back", async () => {
    const seen: unknown[] = [];
    await queue.work("inside", async ({ data }) => void seen.push(data));
    const failed = withinTenant(database, ann.tenantId, async (tx) => {
      expect(await queue.send("inside", { is: "rolled back" }, { tx })).toMatch(/^[0-9a-f-]{36}$/);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    await withinTenant(database, ann.tenantId, (tx) => queue.send("inside", { is: "committed" }, { tx }));
    await eventually(() => expect(seen).toEqual([{ is: "committed" }]));
  });

  it("holds one waiting job for each key", async () => {
    const first = await queue.send("keyed", {}, { singletonKey: "x" });
    expect(first).not.toBeNull();
    expect(await queue.send("keyed", {}, { singletonKey: "x" })).toBeNull();
    expect(await queue.send("keyed", {}, { singletonKey: "y" })).not.toBeNull();
    expect(await queue.send("keyed", {})).not.toBeNull();
    expect(await queue.send("keyed", {})).not.toBeNull();
  });

  it("takes effect once when the job dies after its effect", async () => {
    let tries = 0;
    await queue.work("effect", async ({ id }) => {
      tries += 1;
      await withinTenant(database, ann.tenantId, async (tx) => {
        if (await isFirstEffect(tx, ann, id)) await countUsage(tx, ann, { kind: "call", subject: "effect" });
      });
      if (tries < 2) throw new Error("died before it was marked as done");
    });
    await queue.send("effect", {});
    await eventually(() => expect(tries).toBe(2));
    const rows = await withinTenant(database, ann.tenantId, (tx) => tx.select().from(usage));
    expect(rows).toMatchObject([{ subject: "effect", count: 1 }]);
  });

  it("keeps what a failing job throws out of the log and the database", async () => {
    await queue.work("loud", async () => {
      throw new Error("the token is canary-77");
    });
    const id = await queue.send("loud", {});
    await eventually(() => expect(lines.join("\n")).toContain(`job loud ${id}: Error`));
    expect(lines.join("\n")).not.toContain("canary");
  });

  it("names the problem of a failing job", async () => {
    await queue.work("later", async () => {
      throw new Problem("refresh_unavailable", { integration: "Kanban" });
    });
    await queue.send("later", {}, { startAfterSeconds: 1 });
    expect(lines.join("\n")).not.toContain("refresh_unavailable");
    await eventually(() => expect(lines.join("\n")).toContain("refresh_unavailable"));
  });

  it.each([
    "select data from pgboss.job",
    "select output from pgboss.job_common",
    "delete from pgboss.job",
    "update pgboss.job_common set data = '{}'",
  ])("refuses a tenant that reads or changes jobs: %s", async (statement) => {
    const attempt = withinTenant(database, ann.tenantId, (tx) => tx.execute(sql.raw(statement)));
    await expect(attempt).rejects.toMatchObject({ code: "42501" });
  });
});

it("takes up a job that killed its process six times, and no more, on the database of one process", async () => {
  const database = await scratchDatabase();
  await (await openQueue(database, { names: ["deadly"] })).close();
  const boss = new PgBoss({ ...engineOf(database).queueConnection(), schema: "pgboss", supervise: false });
  await boss.send("deadly", {});
  let tries = 0;
  for (let start = 0; start < 9; start += 1) {
    tries += (await boss.fetch("deadly", { ignoreStartAfter: true })).length;
    // The process dies here, and starts anew.
    await (await openQueue(database, { names: ["deadly"] })).close();
  }
  expect(tries).toBe(6);
  await database.close();
});
