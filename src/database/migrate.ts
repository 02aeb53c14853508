import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql, type SQL } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";

export const migrationsFolder = join(import.meta.dirname, "../../drizzle");

type Owner = { execute(query: SQL): PromiseLike<unknown> };

/**
 * Brings the tables up to date, as their owner, over one single connection. Several servers may do so at once: one works,
 * the others wait.
 *
 * @param login  Another login the server works with; it may then take on the weak role.
 */
export async function migrate(owner: Owner, applyMigrations: () => Promise<void>, login?: string): Promise<void> {
  await owner.execute(sql`select pg_advisory_lock(${lock})`);
  try {
    await applyMigrations();
    for (const statement of fences.split("--> statement-breakpoint")) await owner.execute(sql.raw(statement));
    if (login) await owner.execute(sql.raw(`grant patchbay_app to "${login.replaceAll('"', '""')}"`));
  } finally {
    await owner.execute(sql`select pg_advisory_unlock(${lock})`);
  }
}

/** Names this state of the tables: a dump made from other migrations has another name. */
export function migrationsHash(): string {
  const hash = createHash("sha256").update(fences);
  for (const one of readMigrationFiles({ migrationsFolder })) hash.update(one.hash);
  return hash.digest("hex").slice(0, 16);
}

const lock = 7_281_990;
const fences = readFileSync(join(migrationsFolder, "fences.sql"), "utf8");
