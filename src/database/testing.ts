import { createHash, randomBytes } from "node:crypto";
import postgres from "postgres";
import { afterAll, describe } from "vitest";
import { Secret } from "../contract/secret.ts";
import type { Database } from "./database.ts";
import { migrationsHash } from "./migrate.ts";
import { openDatabase } from "./open.ts";
import { testServer } from "./testing/test-server.ts";

/** Runs the suite on both engines. Each `open` gives a database of its own, with all tables and no rows; it is closed after the suite. */
export function eachEngine(suite: (open: () => Promise<Database>, engine: Database["engine"]) => void): void {
  describe.each(["pglite", "postgres"] as const)("on %s", (engine) => {
    const opened: Database[] = [];
    afterAll(() => Promise.all(opened.map((database) => database.close())));
    suite(async () => {
      const database =
        engine === "pglite" ? await scratchDatabase() : await openDatabase({ url: await freshPostgres() });
      opened.push(database);
      return database;
    }, engine);
  });
}

/** An embedded database in memory, with all tables and no rows. */
export async function scratchDatabase(): Promise<Database> {
  return openDatabase({});
}

/** The address of a new database on the real server, as one login that owns it and is no superuser. */
export async function freshPostgres(): Promise<Secret> {
  const server = await testServer();
  const address = (login: string, name: string) => `postgres://${login}@127.0.0.1:${server.port}/${name}`;
  const template = `template_${migrationsHash()}`;
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = postgres(address("postgres", "postgres"), { max: 1, onnotice: () => undefined });
  try {
    await admin`select pg_advisory_lock(${lockFor(template)})`;
    const [existing] = await admin`select from pg_database where datname = ${template} and datistemplate`;
    if (!existing) {
      await admin.unsafe(
        `do $$ begin if to_regrole('house') is null then create role house login createrole; end if; end $$`,
      );
      await admin.unsafe(`drop database if exists ${template}`);
      await admin.unsafe(`create database ${template} owner house`);
      await (await openDatabase({ url: new Secret(address("house", template)) })).close();
      await admin.unsafe(`alter database ${template} is_template true`);
    }
    await admin.unsafe(`create database ${name} template ${template} owner house`);
  } finally {
    await admin.end();
  }
  return new Secret(address("house", name));
}

function lockFor(name: string): number {
  return createHash("sha256").update(name).digest().readInt32BE();
}
