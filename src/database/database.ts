import { AsyncLocalStorage } from "node:async_hooks";
import type { SQL } from "drizzle-orm";
import type { PgQueryResultHKT, PgTransaction } from "drizzle-orm/pg-core";
import type { ConstructorOptions } from "pg-boss";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { QueryFailed } from "./query-failed.ts";

/** The database of this server, on either engine. Rows are reached through `withinTenant` only. */
export type Database = {
  engine: "pglite" | "postgres";
  /** Ids of all tenants, oldest first: the one thing that is known across tenants. */
  tenants(): Promise<string[]>;
  /** A new tenant with its first person. */
  createTenant(name: string, owner: { name: string; email?: string }): Promise<Scope>;
  /** Tells every server process on this database. At most 7,900 bytes; never a secret: a payload is not bound to a tenant. */
  notify(channel: string, payload: string): Promise<void>;
  /** Hears `notify`, of this process too. Returns how to stop. */
  listen(channel: string, handler: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
};

export type Transaction = PgTransaction<PgQueryResultHKT, Record<string, never>, Record<string, never>>;

/** What the two engines differ in. Kept inside this room: whoever holds an engine can step outside the policies. */
export type Engine = {
  /** One transaction whose first statement is `settings`; nothing runs before it. */
  transaction<T>(settings: string, work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** A statement outside every tenant. On Postgres it runs under the weak role too. */
  outside: { execute(query: SQL): PromiseLike<unknown> };
  /** How the queue connects: as the owner of its own schema. */
  queueConnection(): ConstructorOptions;
};

const engines = new WeakMap<Database, Engine>();

export function attachEngine(database: Database, engine: Engine): Database {
  engines.set(database, engine);
  return database;
}

export function engineOf(database: Database): Engine {
  const engine = engines.get(database);
  if (!engine) throw new Error("this database was not opened with openDatabase");
  return engine;
}

/**
 * Runs `work` in one transaction that sees and writes the rows of this tenant only: the role `patchbay_app` is bound by
 * row-level security, and both settings end with the transaction.
 *
 * @throws QueryFailed without the values of the query; whatever `work` throws, after rolling back.
 */
export async function withinTenant<T>(
  database: Database,
  tenantId: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if (!uuid.test(tenantId)) throw new Problem("not_found", { what: "tenant" });
  return underPolicies(database, tenantId, work);
}

/** The same without a tenant: nothing of any tenant is seen, only what belongs to the server itself (the vault's probes). */
export function outsideTenants<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return underPolicies(database, "", work);
}

async function underPolicies<T>(database: Database, tenantId: string, work: (tx: Transaction) => Promise<T>) {
  // The embedded database has one session: a second transaction would wait for the first, which waits for it.
  if (running.getStore()?.has(database)) {
    throw new Error("a transaction was started inside another one of the same database; hand the first one's tx on");
  }
  // The id is written into the statement: one without parameters needs no round trip to be prepared.
  const settings = `select set_config('role', 'patchbay_app', true), set_config('patchbay.tenant', '${tenantId}', true)`;
  try {
    return await engineOf(database).transaction(settings, async (tx) => {
      const inside = new Set(running.getStore()).add(database);
      return running.run(inside, () => work(tx)).finally(() => inside.delete(database));
    });
  } catch (error) {
    throw QueryFailed.from(error);
  }
}

const running = new AsyncLocalStorage<Set<Database>>();
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
