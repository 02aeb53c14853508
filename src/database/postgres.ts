import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle, type PostgresJsDatabase, PostgresJsSession, PostgresJsTransaction } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { Problem } from "../contract/problem.ts";
import type { Secret } from "../contract/secret.ts";
import type { Transaction } from "./database.ts";
import { refuseEscape } from "./fence.ts";
import { migrate, migrationsFolder } from "./migrate.ts";
import type { OpenEngine } from "./open.ts";

type Options = { url: Secret; ownerUrl?: Secret; log?: (line: string) => void };

/** A Postgres server, over a pool of connections that start as the weak role. */
export async function openPostgres({ url, ownerUrl, log }: Options): Promise<OpenEngine> {
  const quiet = { onnotice: () => undefined };
  await asOwner(ownerUrl ?? url, ownerUrl ? "DATABASE_OWNER_URL" : "DATABASE_URL", async (tables) => {
    await migrate(tables, () => applyMigrations(tables, { migrationsFolder }), ownerUrl ? loginOf(url) : undefined);
  });

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
    queueConnection: () => ({ connectionString: (ownerUrl ?? url).reveal(), max: 4 }),
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
  const session = new PostgresJsSession(fenced(connection) as never, dialect, undefined);
  return new PostgresJsTransaction(dialect, session as never, undefined) as unknown as Transaction;
}

/** The part of a connection that drizzle uses. Statements are prepared: one at a time, and parsed by the server once. */
function fenced(connection: postgres.TransactionSql) {
  return {
    unsafe(statement: string, parameters?: postgres.ParameterOrJSON<never>[]) {
      refuseEscape(statement);
      const oneStatement: postgres.UnsafeQueryOptions & { simple: false } = { prepare: true, simple: false };
      return connection.unsafe(statement, parameters, oneStatement);
    },
    savepoint: (work: (inner: unknown) => Promise<unknown>) => connection.savepoint((inner) => work(fenced(inner))),
  };
}

const dialect = new PgDialect();

/**
 * @throws Problem `settings_missing` naming the setting, when the server cannot be reached, refuses the login or may not be
 * used for this.
 */
async function asOwner(url: Secret, setting: string, work: (tables: PostgresJsDatabase) => Promise<void>) {
  const owner = postgres(url.reveal(), { onnotice: () => undefined, max: 1, connect_timeout: 10 });
  try {
    const [server] = await owner`select current_setting('server_version_num')::int as version`;
    if (Number(server?.["version"]) < 160_000) throw unusable(setting, "needs Postgres 16 or newer");
    await work(drizzle(owner));
  } catch (error) {
    const code = codeOf(error);
    throw code !== undefined && code in reasons ? unusable(setting, reasons[code] ?? code) : error;
  } finally {
    await owner.end({ timeout: 5 });
  }
}

const reasons: Record<string, string> = {
  ECONNREFUSED: "nothing answers there",
  ENOTFOUND: "there is no such host",
  EHOSTUNREACH: "the host cannot be reached",
  CONNECT_TIMEOUT: "the host does not answer",
  CONNECTION_CLOSED: "the server closed the connection",
  "28P01": "the password is not accepted",
  "28000": "the login is not accepted",
  "3D000": "there is no such database",
  "42501": "this login may not make tables and roles: name the owner in DATABASE_OWNER_URL",
};

function unusable(setting: string, reason: string): Problem {
  return new Problem("settings_missing", { names: [`${setting} (${reason})`] });
}

function codeOf(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    if ("code" in one && typeof one.code === "string") return one.code;
  }
  return undefined;
}

function loginOf(url: Secret): string {
  return decodeURIComponent(new URL(url.reveal()).username);
}
