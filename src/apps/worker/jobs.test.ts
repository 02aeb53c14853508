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
const renewed: string[] = [];
let broken: string;
beforeAll(async () => {
  database = await scratchDatabase();
  for (const name of ["A", "B", "C"]) await database.createTenant(name, { name });
  broken = (await database.tenants())[0] ?? "";
  const unused = () => Promise.reject(new Error("not asked for here"));
  const renewIdle = async (tenantId: string) => {
    if (tenantId === broken) throw new Error("a row that nobody can read");
    return renewed.push(tenantId);
  };
  queue = await workOnJobs({
    database,
    connections: { renewIdle, sweep: unused },
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

it("does for every tenant what fails for one", async () => {
  await queue.send("connections-renew-idle", {});
  const others = (await database.tenants()).filter((one) => one !== broken);
  await expect.poll(() => new Set(renewed)).toEqual(new Set(others));
});
