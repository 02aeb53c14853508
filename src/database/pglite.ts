import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PGlite, type Transaction as PGliteTransaction } from "@electric-sql/pglite";
import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle, PgliteSession, PgliteTransaction } from "drizzle-orm/pglite";
import { migrate as applyMigrations } from "drizzle-orm/pglite/migrator";
import { fromPglite } from "pg-boss";
import type { Transaction } from "./database.ts";
import { lockFolder } from "./data-folder.ts";
import { refuseEscape } from "./fence.ts";
import { migrate, migrationsFolder } from "./migrate.ts";
import type { OpenEngine } from "./open.ts";
import { readyMade, startParams } from "./ready-made.ts";

/** The embedded database: Postgres as WebAssembly in this process, in a folder or in memory. One session for everything. */
export async function openPGlite({ dataDir }: { dataDir?: string }): Promise<OpenEngine> {
  const lock = dataDir ? await lockFolder(dataDir) : undefined;
  try {
    const pglite = await start(dataDir);
    const outside = drizzle(pglite);
    await migrate(outside, () => applyMigrations(outside, { migrationsFolder }));
    await pglite.exec(noSettings);
    return {
      engine: "pglite",
      outside,
      transaction: (settings, work) =>
        pglite.transaction(async (connection) => {
          await connection.exec(settings);
          return work(transactionOn(connection));
        }),
      queueConnection: () => ({ db: fromPglite(pglite), backend: "pglite" }),
      async notify(channel, payload) {
        await pglite.query("select pg_notify($1, $2)", [channel, payload]);
      },
      async listen(channel, handler) {
        const name = `"${channel}"`; // else it is made lower case
        // Not in the middle of the query that told it.
        const heard = (payload: string) => queueMicrotask(() => handler(payload));
        await pglite.listen(name, heard);
        // The function that `listen` gives back forgets the quotes.
        return () => pglite.unlisten(name, heard);
      },
      async close() {
        await pglite.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/**
 * The session is its owner's, who may take on any role and tenant. A tenant's transaction begins by putting its own role on,
 * and that one may not change a setting any more, by whatever spelling: as a function, or as a row of the view.
 */
const noSettings = `revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
  revoke update on pg_catalog.pg_settings from public`;

function transactionOn(connection: PGliteTransaction): Transaction {
  // drizzle builds exactly these for its own `transaction`. It asks of a connection what a PGlite has, but only queries.
  const session = new PgliteSession(fenced(connection) as never, dialect, undefined);
  return new PgliteTransaction(dialect, session, undefined) as unknown as Transaction;
}

function fenced(connection: PGliteTransaction): Pick<PGliteTransaction, "query"> {
  return {
    query(statement, ...rest) {
      refuseEscape(statement);
      return connection.query(statement, ...rest);
    },
  };
}

const dialect = new PgDialect();

/** A new database is a copy of the ready-made one. */
async function start(dataDir: string | undefined): Promise<PGlite> {
  if (!dataDir) return PGlite.create({ startParams, loadDataDir: new Blob([readFileSync((await readyMade()).tar)]) });
  const folder = join(dataDir, "database");
  if (!existsSync(folder)) {
    // Whole or not at all: a copy that was cut short would look like a database.
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    cpSync((await readyMade()).folder, unfinished, { recursive: true });
    renameSync(unfinished, folder);
  }
  // As Postgres itself demands of its folder: the one around it may have been there before, open to everybody.
  chmodSync(folder, 0o700);
  return PGlite.create({ dataDir: folder, startParams });
}
