import { randomBytes } from "node:crypto";
import { eq, getTableColumns, sql } from "drizzle-orm";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { Scope } from "../contract/scope.ts";
import { Secret } from "../contract/secret.ts";
import { type Database, outsideTenants, type Transaction, withinTenant } from "../database/database.ts";
import * as tables from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { checkVault } from "./check-vault.ts";
import { places } from "./places.ts";
import { rotate } from "./rotate.ts";
import { sealedColumns } from "./sealed-columns.ts";
import { hasSetting, readSetting, removeSetting, saveSetting } from "./settings.ts";
import { createVault, type Vault } from "./vault.ts";

const key = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;

eachEngine((open) => {
  let database: Database;
  let ann: Scope;
  const older = key("k1");
  const newer = key("k2");
  const first = createVault({ keys: older });
  const both = createVault({ keys: `${newer},${older}` });
  const second = createVault({ keys: newer });

  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    for (const tenantId of await database.tenants()) {
      await withinTenant(database, tenantId, (tx) => tx.delete(tables.tenant));
    }
    await outsideTenants(database, (tx) => tx.delete(tables.vaultKey));
    ann = await database.createTenant("A", { name: "Ann" });
  });

  const as = <T>(work: (tx: Transaction) => Promise<T>) => withinTenant(database, ann.tenantId, work);

  it("knows every column that holds sealed texts", () => {
    const found = Object.values(tables).flatMap((table) => {
      if (typeof table !== "object" || !("tenantId" in table)) return [];
      return Object.values(getTableColumns(table))
        .filter(({ name }) => name.startsWith("sealed"))
        .map(({ name }) => `${table[Symbol.for("drizzle:Name") as never] as string}.${name}`);
    });
    expect(sealedColumns.map(({ name }) => name).toSorted()).toEqual(found.toSorted());
  });

  it("seals everything anew under the newest key while it is in use, and then needs no other", async () => {
    const { connectionId, clientId, stateId } = await as((tx) => fillSealed(tx, ann, first));
    const result = await rotate(database, both, { batch: 2, pauseMs: 0 });
    expect(result).toEqual({ resealed: 8, unreadable: 0 });
    await as(async (tx) => {
      const versions = await tx.select().from(tables.credentialVersion);
      for (const { version, sealed, keyId } of versions) {
        expect(keyId).toBe("k2");
        expect(second.open(sealed, places.credential(connectionId, version)).reveal()).toBe(
          `canary-credential-${version}`,
        );
      }
      const [client] = await tx.select().from(tables.oauthClient);
      expect(second.open(client?.sealedSecret ?? "", places.oauthClient(clientId)).reveal()).toBe("canary-client");
      const [state] = await tx.select().from(tables.oauthState);
      expect(second.open(state?.sealedVerifier ?? "", places.oauthState(stateId)).reveal()).toBe("canary-verifier");
      expect((await readSetting(tx, second, ann, "model"))?.reveal()).toBe("canary-setting");
    });
    expect(await rotate(database, both)).toEqual({ resealed: 0, unreadable: 0 });
  });

  it("leaves what no key opens, says so, and goes on with the rest", async () => {
    await as((tx) => fillSealed(tx, ann, first));
    await as((tx) =>
      tx.update(tables.credentialVersion).set({ sealed: "1:k1:AAAA" }).where(eq(tables.credentialVersion.version, 2)),
    );
    const lines: string[] = [];
    const result = await rotate(database, both, { batch: 1, pauseMs: 0, log: (line) => lines.push(line) });
    expect(result).toEqual({ resealed: 7, unreadable: 1 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^not sealed anew: credential_version\/.*\/2 \(vault_unreadable\)$/);
  });

  it("stops between two batches when it is told to", async () => {
    await as((tx) => fillSealed(tx, ann, first));
    expect(await rotate(database, both, { signal: AbortSignal.abort() })).toEqual({ resealed: 0, unreadable: 0 });
  });

  it("does not overwrite a credential that was renewed while it was read", async () => {
    const { connectionId } = await as((tx) => fillSealed(tx, ann, first));
    const renewed = first.seal("canary-renewed", places.credential(connectionId, 1));
    const column = sealedColumns.find(({ name }) => name === "credential_version.sealed");
    await as(async (tx) => {
      const rows = (await column?.rows(tx, { isNot: "k2" }, 10)) ?? [];
      await tx.update(tables.credentialVersion).set(renewed).where(eq(tables.credentialVersion.version, 1));
      const row = rows.find(({ place }) => place.endsWith("/1"));
      await row?.replace(both.seal("canary-old", row.place));
      const [after] = await tx.select().from(tables.credentialVersion).where(eq(tables.credentialVersion.version, 1));
      expect(after?.sealed).toBe(renewed.sealed);
    });
  });

  it("does not open a value moved to another row of the same table", async () => {
    await as(async (tx) => {
      await saveSetting(tx, first, ann, "one", new Secret("canary-one"));
      await saveSetting(tx, first, ann, "two", new Secret("canary-two"));
      const [one] = await tx.select().from(tables.sealedSetting).where(eq(tables.sealedSetting.name, "one"));
      await tx
        .update(tables.sealedSetting)
        .set({ sealed: one?.sealed ?? "" })
        .where(eq(tables.sealedSetting.name, "two"));
    });
    await expect(as((tx) => readSetting(tx, first, ann, "two"))).rejects.toMatchObject({ code: "vault_unreadable" });
  });

  it("does not open a setting carried to another tenant", async () => {
    const bob = await database.createTenant("B", { name: "Bob" });
    await as((tx) => saveSetting(tx, first, ann, "model", new Secret("canary-model")));
    const [row] = await as((tx) => tx.select().from(tables.sealedSetting));
    const { sealed = "", keyId = "" } = row ?? {};
    const read = withinTenant(database, bob.tenantId, async (tx) => {
      await tx.insert(tables.sealedSetting).values({ tenantId: bob.tenantId, name: "model", sealed, keyId });
      return readSetting(tx, first, bob, "model");
    });
    await expect(read).rejects.toMatchObject({ code: "vault_unreadable" });
  });

  it("keeps, replaces and removes a setting", async () => {
    const name = "hook";
    expect(await as((tx) => hasSetting(tx, ann, name))).toBe(false);
    expect(await as((tx) => readSetting(tx, first, ann, name))).toBeUndefined();
    await as((tx) => saveSetting(tx, first, ann, name, new Secret("one")));
    await as((tx) => saveSetting(tx, first, ann, name, new Secret("two")));
    expect(await as((tx) => hasSetting(tx, ann, name))).toBe(true);
    expect((await as((tx) => readSetting(tx, first, ann, name)))?.reveal()).toBe("two");
    await as((tx) => removeSetting(tx, ann, name));
    expect(await as((tx) => hasSetting(tx, ann, name))).toBe(false);
  });

  it("writes no secret in plain anywhere in the database", async () => {
    await as((tx) => fillSealed(tx, ann, first));
    await checkVault(database, first);
    const dump: string[] = [];
    const names = await as(async (tx) => rowsOf(await tx.execute(sql.raw(allTables))));
    for (const { name } of names) {
      const read = sql.raw(`select t::text as row from "${name}" t`);
      for (const rows of [await as(async (tx) => rowsOf(await tx.execute(read))), await outside(read)]) {
        dump.push(...rows.map(({ row }) => row ?? ""));
      }
    }
    expect(dump.length).toBeGreaterThan(10);
    expect(dump.join("\n")).toContain(ann.tenantId);
    for (const secret of [
      "canary",
      Buffer.from("canary").toString("base64").slice(0, 7),
      Buffer.from("canary").toString("hex"),
    ]) {
      expect(dump.join("\n")).not.toContain(secret);
    }
    const keys = older.split(":")[1] ?? "";
    expect(dump.join("\n")).not.toContain(keys);
  });

  const outside = (query: ReturnType<typeof sql.raw>) =>
    outsideTenants(database, async (tx) => rowsOf(await tx.execute(query)));

  it("starts with the keys the data was sealed with", async () => {
    await checkVault(database, first);
    await checkVault(database, first);
    await expect(checkVault(database, both)).resolves.toBeUndefined();
  });

  it("refuses to start with another key of the same name", async () => {
    await checkVault(database, first);
    const other = createVault({ keys: key("k1") });
    await expect(checkVault(database, other)).rejects.toMatchObject({
      code: "vault_key_wrong",
      facts: { keyId: "k1" },
    });
  });

  it("refuses to start without a key that something is still sealed with, and starts when it is not needed any more", async () => {
    await checkVault(database, first);
    await as((tx) => fillSealed(tx, ann, first));
    await expect(checkVault(database, second)).rejects.toMatchObject({
      code: "vault_key_wrong",
      facts: { keyId: "k1" },
    });
    await checkVault(database, both);
    await rotate(database, both, { pauseMs: 0 });
    await checkVault(database, second);
    // Gone for good: the name may be given to a new key.
    await checkVault(database, createVault({ keys: `${newer},${key("k1")}` }));
  });

  it("cannot be told from inside a tenant that a wrong key is right", async () => {
    await checkVault(database, first);
    const other = createVault({ keys: key("k1") });
    await as((tx) => tx.update(tables.vaultKey).set({ probe: other.seal("patchbay", places.probe("k1")).sealed }));
    await expect(checkVault(database, first)).resolves.toBeUndefined();
  });
});

async function fillSealed(tx: Transaction, scope: Scope, vault: Vault) {
  const { tenantId, personId } = scope;
  const ids = { integrationId: crypto.randomUUID(), connectionId: crypto.randomUUID() };
  const [clientId, stateId] = [crypto.randomUUID(), crypto.randomUUID()];
  await tx.insert(tables.customIntegration).values({ id: ids.integrationId, tenantId, slug: "kanban" });
  const connection = { id: ids.connectionId, tenantId, personId, integrationId: ids.integrationId };
  await tx.insert(tables.customIntegrationCredential).values({ ...connection, label: "Ann", authMethodId: "token" });
  for (let version = 1; version <= 5; version++) {
    const seal = vault.seal(`canary-credential-${version}`, places.credential(ids.connectionId, version));
    await tx.insert(tables.credentialVersion).values({ tenantId, connectionId: ids.connectionId, version, ...seal });
  }
  const { sealed: sealedSecret, keyId } = vault.seal("canary-client", places.oauthClient(clientId));
  await tx
    .insert(tables.oauthClient)
    .values({ id: clientId, tenantId, slug: "kanban", clientId: "c", sealedSecret, keyId });
  await tx.insert(tables.oauthClient).values({ tenantId, slug: "public", clientId: "without-secret" });
  const { sealed: sealedVerifier } = vault.seal("canary-verifier", places.oauthState(stateId));
  const state = { id: stateId, tenantId, personId, hash: "h", integrationId: ids.integrationId, authMethodId: "oauth" };
  await tx.insert(tables.oauthState).values({ ...state, sealedVerifier, keyId, expiresAt: new Date() });
  await saveSetting(tx, vault, scope, "model", new Secret("canary-setting"));
  return { ...ids, clientId, stateId };
}

const allTables = "select table_name as name from information_schema.tables where table_schema = 'public'";
const Rows = z.array(z.object({ name: z.string().optional(), row: z.string().optional() }));
function rowsOf(answer: unknown) {
  const rows = typeof answer === "object" && answer !== null && "rows" in answer ? answer.rows : answer;
  return Rows.parse([...(rows as Iterable<object>)].map((row) => ({ ...row })));
}
