import { and, isNotNull, lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { Connections } from "../../connections/connections.ts";
import { type Database, withinTenant } from "../../database/database.ts";
import { openQueue, type Queue } from "../../database/queue.ts";
import { accessToken } from "../../database/tables.ts";
import { forgetStaleBuilds } from "../../integrations/builds.ts";
import type { Runs } from "../../runs/runs.ts";
import { rotate } from "../../vault/rotate.ts";
import type { Community } from "../community.ts";
import type { Vault } from "../../vault/vault.ts";

type Needs = {
  database: Database;
  connections: Pick<Connections, "renewIdle" | "sweep">;
  runs: Pick<Runs, "approvals">;
  vault: Vault;
  community: Pick<Community, "work" | "toLookAt" | "pull" | "sendsWith">;
  hasRepository: boolean;
  /** Ends sandboxes elsewhere that belong to no conversation any more; absent where there are none. */
  endStrays: (() => Promise<void>) | undefined;
  log: (line: string) => void;
};

/** Background work: opens the queue and works on what is due. Several processes may, each job is done by one. */
export async function workOnJobs({
  database,
  connections,
  runs,
  vault,
  community,
  hasRepository,
  endStrays,
  log,
}: Needs): Promise<Queue> {
  const queue = await openQueue(database, { names: Object.values(names), log });
  /** What fails for one tenant is not left undone for those after it; the job still counts as failed. */
  const everyTenant = async (work: (tenantId: string) => Promise<unknown>) => {
    const failures: unknown[] = [];
    for (const tenantId of await database.tenants()) await work(tenantId).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  await queue.work(names.approvals, () => runs.approvals.expire());
  await queue.work(names.idle, () => everyTenant((tenantId) => connections.renewIdle(tenantId)));
  await queue.work(names.tidy, () =>
    everyTenant(async (tenantId) => {
      await connections.sweep(tenantId);
      await forgetSpentTokens(database, tenantId);
      await withinTenant(database, tenantId, (tx) => forgetStaleBuilds(tx));
    }),
  );
  await queue.work(names.rotate, async ({ signal }) => {
    await rotate(database, vault, { signal, log });
  });
  /** One that is due later must not stand in the way of one that is due now: it has a key of its own. */
  const lookAt = ({ tenantId, integrationId }: OfferJob, startAfterSeconds: number) => {
    const singletonKey = startAfterSeconds === 0 ? integrationId : `${integrationId} later`;
    return queue.send(names.offer, { tenantId, integrationId }, { singletonKey, startAfterSeconds });
  };
  await queue.work(names.offer, async ({ data }) => community.work(OfferJob.parse(data)));
  await queue.work(names.offers, () =>
    everyTenant(async (tenantId) => {
      for (const job of await community.toLookAt(tenantId)) await lookAt(job, 0);
    }),
  );
  await queue.work(names.registry, async () => {
    await community.pull();
  });
  if (hasRepository) {
    community.sendsWith(async (job, seconds) => void (await lookAt(job, seconds)));
    await queue.send(names.offers, {}, { singletonKey: "start" });
    await queue.send(names.registry, {}, { singletonKey: "start" });
    await queue.schedule(names.offers, "*/10 * * * *");
    await queue.schedule(names.registry, "23 * * * *");
  }
  await queue.work(names.strays, () => endStrays?.() ?? Promise.resolve());
  await queue.send(names.rotate, {}, { singletonKey: "start" });
  await queue.schedule(names.approvals, "* * * * *");
  await queue.schedule(names.idle, "17 * * * *");
  await queue.schedule(names.tidy, "40 3 * * *");
  await queue.schedule(names.strays, "*/20 * * * *");
  return queue;
}

const names = {
  /** Ends questions nobody answered in time, also where no command waits any more. */
  approvals: "approvals-expire",
  /** Renews sign-ins nobody used for so long that they would lapse. */
  idle: "connections-renew-idle",
  /** Seals what an older vault key sealed under the newest, while the server works. */
  rotate: "vault-rotate",
  /** Brings one offer to the community a step further. */
  offer: "community-offer",
  /** Finds offers that wait or are under review, also those whose job was lost. */
  offers: "community-offers",
  /** Looks for what the community approved. */
  registry: "community-registry",
  /** Forgets sign-ins never finished, spent links, sessions that are over, and docs read for tools nobody goes on with. */
  tidy: "tidy",
  /** Ends sandboxes elsewhere that no conversation has: whose server died while it made them, or could not end them. */
  strays: "sandbox-strays",
};

const OfferJob = z.object({ tenantId: z.uuid(), integrationId: z.uuid() });
type OfferJob = z.infer<typeof OfferJob>;

async function forgetSpentTokens(database: Database, tenantId: string): Promise<void> {
  await withinTenant(database, tenantId, (tx) =>
    tx.delete(accessToken).where(and(isNotNull(accessToken.expiresAt), lt(accessToken.expiresAt, sql`now()`))),
  );
}
