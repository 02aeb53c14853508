import { sql } from "drizzle-orm";
import { fromDrizzle, PgBoss, type DrizzleTransactionLike, type Job as BossJob } from "pg-boss";
import { isProblem } from "../contract/problem.ts";
import { engineOf, type Database, type Transaction } from "./database.ts";
import { jobEffect } from "./tables.ts";

export type Job = {
  id: string;
  /** As it was sent. It lay in the database: parse it. */
  data: unknown;
  /** Aborted when the job takes too long. */
  signal: AbortSignal;
};

export type SendOptions = {
  /** While a job with this key waits, another is not added: `send` gives null. */
  singletonKey?: string;
  startAfterSeconds?: number;
  /** The job exists when the transaction commits, and not otherwise. */
  tx?: Transaction;
};

/** Background work. A job is kept until it succeeded, tried six times at most, and is never lost by a crash. */
export type Queue = {
  /** Ids only, no secrets: jobs are outside the tenants' fences. */
  send(name: string, data: object, options?: SendOptions): Promise<string | null>;
  /** Works on the jobs of this name, one at a time. A throw means: try again later. */
  work(name: string, handler: (job: Job) => Promise<void>): Promise<void>;
  /** Sends a job at these times, UTC; once, however many servers run. */
  schedule(name: string, cron: string): Promise<void>;
  /** Lets running jobs end, then stops. */
  close(): Promise<void>;
};

export type QueueOptions = {
  /** Every kind of job there is. */
  names: string[];
  log?: (line: string) => void;
  /** How often to look for jobs whose time has come; new ones are heard of at once. 2 when left out. */
  lookEverySeconds?: number;
  /** Before the second try; it doubles each time. 2 when left out. */
  retryAfterSeconds?: number;
};

/** Opens the queue on the same database. */
export async function openQueue(database: Database, options: QueueOptions): Promise<Queue> {
  const { names, log, lookEverySeconds = 2, retryAfterSeconds = 2 } = options;
  const engine = engineOf(database);
  const boss = new PgBoss({
    ...engine.queueConnection(),
    schema,
    useListenNotify: true,
    application_name: "patchbay-jobs",
  });
  boss.on("error", (error) => log?.(`queue: ${error.message}`));
  boss.on("warning", ({ message }) => log?.(`queue: ${message}`));
  await boss.start();
  const db = boss.getDb();
  for (const statement of grants) await db.executeSql(statement);
  for (const name of names) {
    await boss.createQueue(name, { policy: "short", notify: true, retryDelay: retryAfterSeconds, ...patience });
    // Looked up once here: a first look-up inside a transaction would wait for the only session of PGlite, for ever.
    await boss.findJobs(name, { id: nobody });
  }
  // One process works on an embedded database: what it left active, it was killed over. That counts as a try, so that a job
  // which kills its process does not do so at every start for ever.
  if (database.engine === "pglite") await db.executeSql(takeUpAgain);

  return {
    async send(name, data, { singletonKey, startAfterSeconds, tx } = {}) {
      return boss.send(name, data, {
        // The queue holds one waiting job for each key; a job without one has its own.
        singletonKey: singletonKey ?? crypto.randomUUID(),
        ...(startAfterSeconds === undefined ? {} : { startAfter: startAfterSeconds }),
        ...(tx === undefined ? {} : { db: fromDrizzle(tx as DrizzleTransactionLike, sql) }),
      });
    },

    async work(name, handler) {
      const looking = { pollingIntervalSeconds: lookEverySeconds, notifyPollingIntervalSeconds: lookEverySeconds };
      // One job at a time: of a batch that fails, the jobs that had succeeded would run again.
      let worker = ""; // not yet known when a job is waiting already
      worker = await boss.work(name, { batchSize: 1, ...looking }, async (jobs: BossJob<unknown>[]) => {
        for (const { id, data, signal } of jobs) {
          boss.notifyWorker(worker); // look for the next one as soon as this one is done
          const failure = await handler({ id, data, signal }).then(() => undefined, nameOf);
          if (failure === undefined) continue;
          log?.(`job ${name} ${id}: ${failure}`);
          throw new Error(failure);
        }
      });
    },

    async schedule(name, cron) {
      await boss.schedule(name, cron, null, { tz: "UTC", singletonKey: "schedule" });
    },

    close: () => boss.stop({ graceful: true, close: true, timeout: 10_000 }),
  };
}

/**
 * Makes a job take effect once: true the first time, false when an earlier try of the same job has committed. Call it in the
 * transaction that does the work.
 */
export async function isFirstEffect(tx: Transaction, scope: { tenantId: string }, jobId: string): Promise<boolean> {
  const inserted = await tx
    .insert(jobEffect)
    .values({ tenantId: scope.tenantId, jobId })
    .onConflictDoNothing()
    .returning({ jobId: jobEffect.jobId });
  return inserted.length > 0;
}

/** What failed, by name: a message or a cause would be stored with the job, and can hold anything. */
function nameOf(error: unknown): string {
  if (isProblem(error)) return error.code;
  return error instanceof Error ? error.name : "unknown";
}

const schema = "pgboss";
const nobody = "00000000-0000-0000-0000-000000000000";

const patience = {
  retryLimit: 5,
  retryBackoff: true,
  retryDelayMax: 300,
  expireInSeconds: 15 * 60,
  heartbeatSeconds: 30, // a worker that died gives its job back after this
  deleteAfterSeconds: 24 * 60 * 60,
};

const takeUpAgain = `update ${schema}.job set
  state = (case when retry_count < retry_limit then 'retry' else 'failed' end)::${schema}.job_state,
  completed_on = case when retry_count < retry_limit then null else now() end,
  start_after = now() + least(retry_delay_max, retry_delay * 2 ^ retry_count) * interval '1s'
  where state = 'active'`;

// A tenant's transaction may add a job, and read nothing of the jobs but the id it made.
const grants = [
  `grant usage on schema ${schema} to patchbay_app`,
  `grant select on ${schema}.queue to patchbay_app`,
  `grant insert, select (id, start_after) on ${schema}.job, ${schema}.job_common to patchbay_app`,
];
