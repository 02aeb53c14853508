import { randomBytes, randomUUID } from "node:crypto";
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
let send: ((job: { tenantId: string; integrationId: string }, afterSeconds: number) => Promise<void>) | undefined;
const worked: string[] = [];
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
    community: {
      work: async ({ integrationId }) => void worked.push(integrationId),
      toLookAt: async () => [],
      pull: async () => ({ commit: "", isNew: false }),
      sendsWith: (given) => void (send = given),
    },
    hasRepository: true,
    endStrays: async () => void (rounds += 1),
    log: () => undefined,
  });
});
afterAll(async () => {
  await queue?.close();
  await database?.close();
});

it.each([
  ["stray sandboxes are ended", "sandbox-strays", "*/20 * * * *"],
  ["offers are looked at", "community-offers", "*/10 * * * *"],
  ["the community's catalogue is looked at", "community-registry", "23 * * * *"],
])("says when %s", async (_what, name, cron) => {
  const boss = new PgBoss({ ...engineOf(database).queueConnection(), schema: "pgboss", supervise: false });
  expect(await boss.getSchedules(name)).toMatchObject([{ cron, timezone: "UTC" }]);
});

it("looks at an offer now, also while a later look waits", async () => {
  const job = { tenantId: randomUUID(), integrationId: randomUUID() };
  await send?.(job, 80_000);
  await send?.(job, 0);
  await expect.poll(() => worked).toEqual([job.integrationId]);
});

it("ends stray sandboxes when it is time", async () => {
  await queue.send("sandbox-strays", {});
  await expect.poll(() => rounds).toBe(1);
});

it("does for every tenant what fails for one", async () => {
  await queue.send("connections-renew-idle", {});
  const others = (await database.tenants()).filter((one) => one !== broken);
  await expect.poll(() => new Set(renewed)).toEqual(new Set(others));
});
