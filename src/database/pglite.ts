import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate as applyMigrations } from "drizzle-orm/pglite/migrator";
import { sql } from "drizzle-orm";
import type { Transaction } from "./database.ts";
import { lockFolder } from "./data-folder.ts";
import { migrate, migrationsFolder } from "./migrate.ts";
import type { OpenEngine } from "./open.ts";
import { readyMade } from "./ready-made.ts";

/** The embedded database: Postgres as WebAssembly in this process, in a folder or in memory. One session for everything. */
export async function openPGlite({ dataDir }: { dataDir?: string }): Promise<OpenEngine> {
  const lock = dataDir ? lockFolder(dataDir) : undefined;
  try {
    const pglite = await start(dataDir);
    const outside = drizzle(pglite);
    await migrate(outside, () => applyMigrations(outside, { migrationsFolder }));
    return {
      engine: "pglite",
      outside,
      transaction: (settings, work) =>
        outside.transaction(async (tx) => {
          await tx.execute(sql.raw(settings));
          return work(tx as unknown as Transaction);
        }),
      async notify(channel, payload) {
        await pglite.query("select pg_notify($1, $2)", [channel, payload]);
      },
      listen: (channel, handler) => pglite.listen(`"${channel}"`, handler),
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

/** A new database is a copy of a ready-made one: making it anew takes seconds. */
async function start(dataDir: string | undefined): Promise<PGlite> {
  if (!dataDir) return PGlite.create({ loadDataDir: await readyMade() });
  const folder = join(dataDir, "database");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return PGlite.create({ dataDir: folder });
}
