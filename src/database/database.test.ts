import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, it, vi } from "vitest";
import type { Scope } from "../contract/scope.ts";
import { audit } from "./audit.ts";
import { type Database, withinTenant } from "./database.ts";
import { QueryFailed } from "./query-failed.ts";
import { accessToken, audit as auditTable, person, usage } from "./tables.ts";
import { eachEngine } from "./testing.ts";
import { countUsage } from "./usage.ts";

eachEngine((open) => {
  let database: Database;
  let ann: Scope;
  let bob: Scope;

  beforeAll(async () => {
    database = await open();
    ann = await database.createTenant("A", { name: "Ann" });
    bob = await database.createTenant("B", { name: "Bob", email: "bob@example.com" });
  });

  it("lists all tenants, oldest first, and shows each its own people", async () => {
    expect(await database.tenants()).toEqual([ann.tenantId, bob.tenantId]);
    const people = await withinTenant(database, bob.tenantId, (tx) => tx.select().from(person));
    expect(people).toMatchObject([{ id: bob.personId, tenantId: bob.tenantId, name: "Bob", email: "bob@example.com" }]);
  });

  it("keeps nothing of a transaction that fails", async () => {
    const failing = withinTenant(database, ann.tenantId, async (tx) => {
      await tx.update(person).set({ name: "Changed" });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await withinTenant(database, ann.tenantId, (tx) => tx.select().from(person))).toMatchObject([
      { name: "Ann" },
    ]);
  });

  it("undoes an inner transaction alone, still inside the tenant", async () => {
    const seen = await withinTenant(database, ann.tenantId, async (tx) => {
      await tx.update(person).set({ email: "kept@example.com" });
      const inner = tx.transaction(async (inner) => {
        await inner.update(person).set({ name: "Changed" });
        throw new Error("inner");
      });
      await expect(inner).rejects.toThrow("inner");
      return tx.select().from(person);
    });
    expect(seen).toMatchObject([{ name: "Ann", email: "kept@example.com" }]);
  });

  it("refuses a transaction inside another one, which would wait for ever", async () => {
    const inner = () => withinTenant(database, ann.tenantId, (tx) => tx.select().from(person));
    await expect(withinTenant(database, ann.tenantId, inner)).rejects.toThrow(/started inside another one/);
    expect(await inner()).toHaveLength(1);
  });

  it("lets work that a transaction started go on after it", async () => {
    let later: Promise<unknown> | undefined;
    await withinTenant(database, ann.tenantId, async () => {
      later = new Promise((resolve) => setTimeout(resolve, 20)).then(() =>
        withinTenant(database, ann.tenantId, (tx) => tx.select().from(person)),
      );
    });
    expect(await later).toHaveLength(1);
  });

  it("keeps the values of a failed query out of its error", async () => {
    const token = { ...ann, kind: "session", hash: "canary-hash", label: "canary-label" };
    const twice = withinTenant(database, ann.tenantId, async (tx) => {
      await tx.insert(accessToken).values(token);
      await tx.insert(accessToken).values(token);
    });
    const error: unknown = await twice.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(QueryFailed);
    expect(error).toMatchObject({ code: "23505", constraint: "access_token_hash" });
    const shown = [error, (error as Error).message, (error as Error).stack, JSON.stringify(error)].map((one) =>
      typeof one === "string" ? one : JSON.stringify(Object.getOwnPropertyDescriptors(one as object)),
    );
    expect(shown.join("\n")).not.toContain("canary");
  });

  it("hears what was told, with its exact text, until it stops listening", async () => {
    const heard: string[] = [];
    const stop = await database.listen("Mixed-Case", (payload) => heard.push(payload));
    await database.notify("Mixed-Case", `it's "quoted" → 🎈`);
    await database.notify("other", "not this");
    await vi.waitFor(() => expect(heard).toEqual([`it's "quoted" → 🎈`]));
    await stop();
    await database.notify("Mixed-Case", "too late");
    await database.notify("Mixed-Case", "too late");
    expect(heard).toHaveLength(1);
  });

  it("tells what happens inside a transaction when it commits, and nothing when it does not", async () => {
    const heard: string[] = [];
    const stop = await database.listen("inside", (payload) => heard.push(payload));
    await withinTenant(database, ann.tenantId, (tx) => tx.execute(sql`select pg_notify('inside', 'committed')`));
    const failing = withinTenant(database, ann.tenantId, async (tx) => {
      await tx.execute(sql`select pg_notify('inside', 'rolled back')`);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await database.notify("inside", "last");
    await vi.waitFor(() => expect(heard).toEqual(["committed", "last"]));
    await stop();
  });

  it("writes the audit with the deed, or neither", async () => {
    const entry = { action: "connection.connect", outcome: "ok", facts: { slug: "kanban" } } as const;
    await withinTenant(database, ann.tenantId, (tx) => audit(tx, ann, entry));
    const failing = withinTenant(database, ann.tenantId, async (tx) => {
      await audit(tx, ann, { action: "undone", outcome: "ok" });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    const rows = await withinTenant(database, ann.tenantId, (tx) => tx.select().from(auditTable));
    expect(rows).toMatchObject([{ ...entry, personId: ann.personId }]);
    expect(rows).toHaveLength(1);
  });

  it("counts uses by the day, also many at once", async () => {
    const use = (failed: boolean) =>
      withinTenant(database, bob.tenantId, (tx) =>
        countUsage(tx, bob, { kind: "call", subject: "kanban", failed, ms: 10.4 }),
      );
    await Promise.all([use(false), use(true), use(false), use(false)]);
    const rows = await withinTenant(database, bob.tenantId, (tx) =>
      tx.select().from(usage).where(eq(usage.kind, "call")),
    );
    expect(rows).toMatchObject([{ subject: "kanban", count: 4, failures: 1, totalMs: 40 }]);
    expect(rows[0]?.day).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});
