import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { is, sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Scope } from "../contract/scope.ts";
import { Secret } from "../contract/secret.ts";
import { type Database, engineOf, outsideTenants, type Transaction, withinTenant } from "./database.ts";
import { openDatabase } from "./open.ts";
import * as tables from "./tables.ts";
import { eachEngine, freshPostgres } from "./testing.ts";

/** A tenant reads, changes or hides another's rows with whatever SQL it likes: every table there is, none left out. */
eachEngine((open) => {
  let database: Database;
  let ann: Scope;
  let bob: Scope;
  let names: string[];

  beforeAll(async () => {
    database = await open();
    ann = await database.createTenant("A", { name: "Ann" });
    bob = await database.createTenant("B", { name: "Bob" });
    names = (await raw(bob, catalogue)).map((row) => String(row["name"]));
    await withinTenant(database, bob.tenantId, (tx) => fillEveryTable(tx, bob));
  });

  const raw = (scope: Scope, statement: string) =>
    withinTenant(database, scope.tenantId, async (tx) => rowsOf(await tx.execute(sql.raw(statement))));

  it("has row-level security, forced, with a policy, on every table", async () => {
    const open = await raw(
      ann,
      `select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and not (c.relrowsecurity and c.relforcerowsecurity
         and exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname))`,
    );
    expect(open).toEqual([]);
    expect(names.length).toBeGreaterThan(20);
    expect(names.toSorted()).toEqual(allTables.map(({ name }) => name).toSorted());
  });

  it("has nothing in view but tables: a view or a function of its owner would look past the policies", async () => {
    const others = `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')
      union select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`;
    expect(await raw(ann, others)).toEqual([{ name: "patchbay_tenants" }]);
  });

  it("shows a tenant none of another's rows, in any table, by any kind of reading", async () => {
    for (const { name, key } of allTables) {
      if (key === undefined) continue;
      expect({ name, rows: await raw(bob, `select ${key} from "${name}"`) }).not.toEqual({ name, rows: [] });
      for (const statement of [
        `select * from "${name}" where ${key} = '${bob.tenantId}'`,
        `select * from "${name}" where ${key}::text <> '${ann.tenantId}' or ${key} is null`,
        `select mine.* from "${name}" mine join "${name}" theirs on true where theirs.${key} <> '${ann.tenantId}'`,
        `select * from (select * from "${name}" union all select * from "${name}") as all_rows where ${key} <> '${ann.tenantId}'`,
        `select count(*) from "${name}" where ${key} <> '${ann.tenantId}' having count(*) > 0`,
      ]) {
        expect({ statement, rows: await raw(ann, statement) }).toEqual({ statement, rows: [] });
      }
    }
  });

  it("lets a tenant change or delete none of another's rows", async () => {
    for (const { name, key } of allTables) {
      if (key === undefined) continue;
      const before = await raw(bob, `select count(*)::int as rows from "${name}"`);
      expect(
        await raw(ann, `update "${name}" set ${key} = ${key} where ${key} = '${bob.tenantId}' returning 1`),
      ).toEqual([]);
      expect(await raw(ann, `delete from "${name}" where ${key} = '${bob.tenantId}' returning 1`)).toEqual([]);
      expect(await raw(bob, `select count(*)::int as rows from "${name}"`)).toEqual(before);
    }
  });

  it("lets a tenant add no row to another's, and give none away", async () => {
    for (const { table, key } of allTables) {
      if (key === undefined) continue;
      const insert = withinTenant(database, ann.tenantId, (tx) => tx.insert(table).values(exampleRow(table, bob)));
      await expect(insert).rejects.toMatchObject({ code: "42501" });
    }
    await withinTenant(database, ann.tenantId, (tx) => fillEveryTable(tx, ann));
    for (const { name, key } of allTables) {
      if (key === undefined) continue;
      const give = raw(ann, `update "${name}" set ${key} = '${bob.tenantId}'`);
      await expect(give).rejects.toMatchObject({ code: "42501" });
    }
  });

  it("lets a tenant hang nothing on another's rows: foreign keys look past the policies", async () => {
    const [theirs] = await raw(bob, "select id from conversation");
    const hang = withinTenant(database, ann.tenantId, (tx) =>
      tx.insert(tables.event).values({
        tenantId: ann.tenantId,
        conversationId: String(theirs?.["id"]),
        seq: 99,
        body: {},
      }),
    );
    await expect(hang).rejects.toMatchObject({ code: "23503" });
  });

  it("shows nothing at all without a tenant", async () => {
    for (const { name } of allTables.filter(({ key }) => key !== undefined)) {
      const rows = await outsideTenants(database, async (tx) =>
        rowsOf(await tx.execute(sql.raw(`select * from "${name}"`))),
      );
      expect({ name, rows }).toEqual({ name, rows: [] });
    }
  });

  it("keeps the vault's probes from tenants, and the list of tenants too", async () => {
    await outsideTenants(database, (tx) => tx.insert(tables.vaultKey).values({ id: "k", probe: "p" }));
    expect(await raw(ann, "select * from vault_key")).toEqual([]);
    expect(await raw(ann, "delete from vault_key returning 1")).toEqual([]);
    await expect(raw(ann, "insert into vault_key (id, probe) values ('x', 'y')")).rejects.toMatchObject({
      code: "42501",
    });
    expect(await raw(ann, "select * from patchbay_tenants()")).toEqual([]);
    expect(await database.tenants()).toEqual([ann.tenantId, bob.tenantId]);
  });

  it.each([
    "set role none",
    "set local role postgres",
    "SET SESSION ROLE postgres",
    "reset role",
    "reset all",
    "set session authorization default",
    "reset session authorization",
    "set patchbay.tenant = ''",
    "select set_config('role', 'none', true)",
    "select set_config('patchbay.tenant', '', true)",
    "do $$ begin reset role; end $$",
    "commit",
    "rollback",
    "end",
    "/* x */ commit",
    "set/**/role none",
    "alter table person no force row level security",
    "create table mine ()",
    "grant patchbay_app to public",
  ])("refuses a tenant that steps out of its transaction: %s", async (statement) => {
    const attempt = withinTenant(database, ann.tenantId, async (tx) => {
      await tx.execute(sql.raw(statement)).catch(() => undefined); // goes on, as an attacker would
      return rowsOf(await tx.execute(sql.raw("select id from person")));
    });
    const seen = await attempt.catch(() => []);
    expect(seen.map((row) => row["id"])).not.toContain(bob.personId);
    await expect(raw(ann, statement)).rejects.toThrow(/refused inside a tenant's transaction/);
  });

  it.each([
    String.raw`select U&"set\005fconfig"('role', 'postgres', false)`,
    String.raw`select U&"\0073et_config"('patchbay.tenant', 'BOB', false)`,
    String.raw`select u&"set!005fconfig" uescape '!' ('patchbay.tenant', 'BOB', true)`,
    String.raw`set U&"patchba\0079.tenant" = 'BOB'`,
    String.raw`set local U&"rol\0065" = none`,
    "update pg_settings set setting = 'postgres' where name = 'role'",
    "update pg_settings set setting = 'BOB' where name = 'patchbay.tenant'",
    "select query_to_xml('select set_' || 'config(''patchbay.tenant'', ''BOB'', false)', true, false, '')",
    "select * from ts_stat('select to_tsvector(set_' || 'config(''patchbay.tenant'', ''BOB'', false))')",
    "explain analyze select 1",
    "listen run_grant_ended",
    "declare x cursor for select 1",
    "lock table person",
    "vacuum",
  ])("refuses a tenant that steps out by words that hide: %s", async (hidden) => {
    const statement = hidden.replaceAll("BOB", bob.tenantId);
    const attempt = withinTenant(database, ann.tenantId, async (tx) => {
      await tx.transaction((inner) => inner.execute(sql.raw(statement))).catch(() => undefined);
      return rowsOf(await tx.execute(sql.raw("select id from person")));
    });
    expect((await attempt).map((row) => row["id"])).toEqual([ann.personId]);
    await expect(raw(ann, statement)).rejects.toThrow(/refused inside a tenant's transaction/);
    expect(await raw(ann, "select id, current_user as role from person")).toEqual([
      { id: ann.personId, role: "patchbay_app" },
    ]);
  });

  it("gives a tenant no right to change a setting, should the words not be known for what they are", async () => {
    if (database.engine === "postgres") return; // its own login has no other role to take on: see below
    const rights = `select has_function_privilege('pg_catalog.set' || '_config(text,text,bool)', 'execute')
      or has_table_privilege('pg_catalog.pg_' || 'settings', 'update') as any`;
    expect(await raw(ann, rights)).toEqual([{ any: false }]);
  });

  it("runs one statement at a time, so none can ride along", async () => {
    await expect(raw(ann, "select 1; select 2")).rejects.toMatchObject({ code: "42601" });
  });

  it.each(["", "not-a-uuid", "00000000-0000-0000-0000-000000000000' , true) --"])(
    "refuses %j as a tenant",
    async (tenantId) => {
      await expect(withinTenant(database, tenantId, async () => 1)).rejects.toMatchObject({ code: "not_found" });
    },
  );

  it("puts role and tenant before the first statement of every transaction, also of many at once", async () => {
    const seen = await Promise.all(
      Array.from({ length: 30 }, (_, turn) => {
        const { tenantId } = turn % 2 ? ann : bob;
        return withinTenant(database, tenantId, async (tx) => {
          const [row] = rowsOf(
            await tx.execute(sql`select current_user as role, current_setting('patchbay.tenant') = ${tenantId} as own`),
          );
          return row;
        });
      }),
    );
    expect(new Set(seen.map((row) => JSON.stringify(row)))).toEqual(new Set(['{"role":"patchbay_app","own":true}']));
  });

  it("leaves nothing of a tenant behind when its transaction fails", async () => {
    await expect(raw(bob, "select 1/0")).rejects.toMatchObject({ code: "22012" });
    const rows = await outsideTenants(database, async (tx) =>
      rowsOf(await tx.execute(sql.raw("select id from person"))),
    );
    expect(rows).toEqual([]);
  });
});

describe("on Postgres with two logins", () => {
  let admin: postgres.Sql;
  let database: Database;
  let weak: Secret;

  beforeAll(async () => {
    const owner = await freshPostgres();
    const url = new URL(owner.reveal());
    admin = postgres(Object.assign(new URL(url), { username: "postgres" }).href, { max: 1, onnotice: () => undefined });
    await admin.unsafe("do $$ begin if to_regrole('guest') is null then create role guest login; end if; end $$");
    weak = new Secret(Object.assign(new URL(url), { username: "guest" }).href);
    database = await openDatabase({ url: weak, ownerUrl: owner });
  });
  afterAll(async () => {
    await database.close();
    await admin.end();
  });

  it("works as a login that owns nothing", async () => {
    const ann = await database.createTenant("A", { name: "Ann" });
    expect(await database.tenants()).toEqual([ann.tenantId]);
  });

  it("connects as the weak role: a statement outside every transaction sees nothing", async () => {
    const [row] = rowsOf(await engineOf(database).outside.execute(sql`select current_user as role`));
    expect(row).toEqual({ role: "patchbay_app" });
    expect(rowsOf(await engineOf(database).outside.execute(sql`select id from person`))).toEqual([]);
  });

  it("gives the login itself no role that sees more", async () => {
    const login = postgres(weak.reveal(), { max: 1, onnotice: () => undefined });
    expect(await login`select id from person`).toEqual([]);
    for (const role of ["house", "postgres"]) {
      await expect(login.unsafe(`set role ${role}`)).rejects.toMatchObject({ code: "42501" });
    }
    await expect(login`alter table person no force row level security`).rejects.toMatchObject({ code: "42501" });
    await login.end();
  });
});

const catalogue = "select table_name as name from information_schema.tables where table_schema = 'public'";

const Rows = z.array(z.record(z.string(), z.unknown()));
function rowsOf(answer: unknown) {
  const rows = typeof answer === "object" && answer !== null && "rows" in answer ? answer.rows : answer;
  return Rows.parse([...(rows as Iterable<unknown>)].map((row) => ({ ...(row as object) })));
}

/** Every table, with the column that names its tenant; the server's own tables have none. */
const allTables = Object.values(tables)
  .filter((value) => is(value, PgTable))
  .map((table) => {
    const { name, columns } = getTableConfig(table);
    const key = name === "tenant" ? "id" : columns.find((column) => column.name === "tenant_id")?.name;
    return { name, table, key };
  });

/** A row with something in every column that needs it. */
function exampleRow(table: PgTable, scope: Scope): Record<string, unknown> {
  const known: Record<string, unknown> = { tenantId: scope.tenantId, personId: scope.personId };
  return Object.fromEntries(
    Object.entries(
      table as unknown as Record<
        string,
        { name?: string; notNull?: boolean; hasDefault?: boolean; dataType?: string; columnType?: string }
      >,
    )
      .filter(([, column]) => column.notNull && (!column.hasDefault || column.name === "id"))
      .map(([property, column]) => {
        if (table === (tables.tenant as PgTable) && property === "id") return [property, scope.tenantId];
        if (property in known) return [property, known[property]];
        if (ids[property]) return [property, idFor(ids[property], scope)];
        if (column.columnType === "PgUUID") return [property, crypto.randomUUID()];
        if (column.dataType === "number") return [property, 1];
        if (column.dataType === "date") return [property, new Date()];
        if (column.dataType === "json") return [property, {}];
        return [property, crypto.randomUUID()];
      }),
  );
}

/** Parents that rows point at: one fixed row for each tenant. */
const ids: Record<string, string> = {
  integrationId: "custom_integration",
  connectionId: "custom_integration_credential",
  conversationId: "conversation",
  versionId: "integration_version",
  buildId: "build",
};
const made = new Map<string, string>();
function idFor(parent: string, { tenantId }: Scope): string {
  const key = `${parent}/${tenantId}`;
  const id = made.get(key) ?? crypto.randomUUID();
  made.set(key, id);
  return id;
}

async function fillEveryTable(tx: Transaction, scope: Scope): Promise<void> {
  const parents = [
    "custom_integration",
    "custom_integration_credential",
    "conversation",
    "integration_version",
    "build",
  ];
  const ordered = allTables.toSorted((a, b) => parents.indexOf(b.name) - parents.indexOf(a.name) || 0);
  const first = parents.flatMap((name) => ordered.filter((one) => one.name === name));
  for (const { table, name, key } of [...first, ...ordered.filter((one) => !parents.includes(one.name))]) {
    if (key === undefined || name === "tenant" || name === "person") continue;
    const row = exampleRow(table, scope);
    if (parents.includes(name)) row["id"] = idFor(name, scope);
    await tx.insert(table).values(row);
  }
}
