import { randomBytes } from "node:crypto";
import { PgBoss } from "pg-boss";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, engineOf } from "../../database/database.ts";
import type { Queue } from "../../database/queue.ts";
import { scratchDatabase } from "../../database/testing.ts";
import { createVault } from "../../vault/vault.ts";
import { workOnJobs } from "./jobs.ts";

let database: Database;
let queue: Queue;
let rounds = 0;
beforeAll(async () => {
  database = await scratchDatabase();
  const unused = () => Promise.reject(new Error("not asked for here"));
  queue = await workOnJobs({
    database,
    connections: { renewIdle: unused, sweep: unused },
    runs: { approvals: { list: unused, answer: unused, expire: async () => undefined } },
    vault: createVault({ keys: `test:${randomBytes(32).toString("base64")}` }),
    community: { work: unused, toLookAt: unused, pull: unused, sendsWith: () => undefined },
    hasRepository: false,
    endStrays: async () => void (rounds += 1),
    log: () => undefined,
  });
});
afterAll(async () => {
  await queue?.close();
  await database?.close();
});

it("ends stray sandboxes every twenty minutes", async () => {
  const boss = new PgBoss({ ...engineOf(database).queueConnection(), schema: "pgboss", supervise: false });
  const schedules = await boss.getSchedules("sandbox-strays");
  expect(schedules).toMatchObject([{ cron: "*/20 * * * *", timezone: "UTC" }]);
  await queue.send("sandbox-strays", {});
  await expect.poll(() => rounds).toBe(1);
});
