import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate as applyMigrations } from "drizzle-orm/pglite/migrator";
import { migrate, migrationsFolder, migrationsHash } from "./migrate.ts";

/** A database with all tables and no rows: as a data folder to copy, and as a tar to load into memory. */
export type ReadyMade = { folder: string; tar: string };

/**
 * Gives the ready-made database, after making it if need be: making one takes seconds, copying it a fraction of one. There is
 * one for each state of the migrations; `npm ci` makes it, else the first start does.
 */
export async function readyMade(): Promise<ReadyMade> {
  const made = join(home, migrationsHash());
  if (!existsSync(made)) {
    const unfinished = `${made}.${randomUUID()}`;
    try {
      await make(filesIn(unfinished));
      renameSync(unfinished, made);
    } catch (error) {
      if (!existsSync(made)) throw error; // else another process was faster
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
    for (const name of readdirSync(home)) {
      if (/^[0-9a-f]{16}$/.test(name) && join(home, name) !== made)
        rmSync(join(home, name), { recursive: true, force: true });
    }
  }
  return filesIn(made);
}

async function make({ folder, tar }: ReadyMade): Promise<void> {
  mkdirSync(folder, { recursive: true });
  // Small segments: the log is most of what an empty database has to copy.
  const pglite = await PGlite.create({ dataDir: folder, startParams, initDbStartParams: ["--wal-segsize=1"] });
  const owner = drizzle(pglite);
  await migrate(owner, () => applyMigrations(owner, { migrationsFolder }));
  const dump = await pglite.dumpDataDir("none");
  writeFileSync(tar, Buffer.from(await dump.arrayBuffer()));
  await pglite.close();
}

/** As PGlite starts by itself, but with buffers for one session: 130 MB less memory, and a quicker start. */
export const startParams = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB", "-c", "max_connections=5"];

const home = join(import.meta.dirname, "../../dist/database");
const filesIn = (made: string): ReadyMade => ({ folder: join(made, "folder"), tar: join(made, "memory.tar") });
