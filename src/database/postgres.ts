import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle, PostgresJsSession, PostgresJsTransaction } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import type { Secret } from "../contract/secret.ts";
import type { Transaction } from "./database.ts";
import { migrate, migrationsFolder } from "./migrate.ts";
import type { OpenEngine } from "./open.ts";

type Options = { url: Secret; ownerUrl?: Secret; log?: (line: string) => void };

/** A Postgres server, over a pool of connections that start as the weak role. */
export async function openPostgres({ url, ownerUrl, log }: Options): Promise<OpenEngine> {
  const quiet = { onnotice: () => undefined };
  const owner = postgres((ownerUrl ?? url).reveal(), { ...quiet, max: 1 });
  try {
    const tables = drizzle(owner);
    await migrate(tables, () => applyMigrations(tables, { migrationsFolder }), ownerUrl ? loginOf(url) : undefined);
  } finally {
    await owner.end({ timeout: 5 });
  }

  const pool = postgres(url.reveal(), {
    ...quiet,
    max: 10,
    connection: { application_name: "patchbay", role: "patchbay_app" },
    onclose: () => log?.("a database connection was closed"),
  });
  const outside = drizzle(pool);
  return {
    engine: "postgres",
    outside,
    transaction: (settings, work) =>
      pool.begin(async (connection) => {
        // Sent ahead of the first statement of `work` on the same connection, without waiting for its answer.
        const set = connection.unsafe(settings).execute();
        set.catch(() => undefined); // seen below: when it fails, the transaction is aborted and every statement fails
        const tx = transactionOn(connection);
        const result = await work(tx);
        await set;
        return result;
      }) as Promise<never>,
    async notify(channel, payload) {
      await pool.notify(channel, payload);
    },
    async listen(channel, handler) {
      const { unlisten } = await pool.listen(channel, handler);
      return unlisten;
    },
    close: () => pool.end({ timeout: 5 }),
  };
}

function transactionOn(connection: postgres.TransactionSql): Transaction {
  // drizzle builds exactly these for its own `transaction`; its types ask for more of a session than a transaction has.
  const session = new PostgresJsSession(connection as never, dialect, undefined);
  return new PostgresJsTransaction(dialect, session as never, undefined) as unknown as Transaction;
}

const dialect = new PgDialect();

function loginOf(url: Secret): string {
  return decodeURIComponent(new URL(url.reveal()).username);
}
