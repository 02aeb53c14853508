import { beforeAll, expect, it } from "vitest";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { audit } from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { addPolicy, listPolicies, type PolicyDraft, removePolicy } from "./policies.ts";
import { saveVersion } from "./save-version.ts";
import { exampleDraft } from "./testing.ts";

eachEngine((open) => {
  let database: Database;
  let ann: Scope;
  let bob: Scope;
  let integrationId: string;

  beforeAll(async () => {
    database = await open();
    ann = await database.createTenant("A", { name: "Ann" });
    bob = await database.createTenant("B", { name: "Bob" });
    integrationId = (await as(ann, (tx) => saveVersion(tx, ann, exampleDraft()))).id;
  });

  const as = <T>(scope: Scope, work: (tx: Transaction) => Promise<T>) => withinTenant(database, scope.tenantId, work);
  const add = (scope: Scope, draft: PolicyDraft) => as(scope, (tx) => addPolicy(tx, scope, draft));

  it("adds a policy once, lists it, removes it, and writes down who did", async () => {
    const draft: PolicyDraft = {
      level: "integration",
      subject: integrationId,
      operation: "cards *",
      decision: "allow",
    };
    const made = await add(ann, draft);
    expect(made).toMatchObject(draft);
    expect(await add(ann, draft)).toEqual(made);
    expect(await as(ann, listPolicies)).toEqual([made]);
    expect(await as(bob, listPolicies)).toEqual([]);
    await as(ann, (tx) => removePolicy(tx, ann, made.id));
    expect(await as(ann, listPolicies)).toEqual([]);
    const lines = await as(ann, (tx) => tx.select().from(audit));
    expect(lines.map(({ action, personId }) => ({ action, personId }))).toEqual(
      expect.arrayContaining([
        { action: "policy.add", personId: ann.personId },
        { action: "policy.remove", personId: ann.personId },
      ]),
    );
  });

  it("keeps policies apart that differ in one thing", async () => {
    const one: PolicyDraft = { level: "tenant", operation: "*", decision: "ask" };
    const made = await Promise.all([
      add(ann, one),
      add(ann, { ...one, access: "read" }),
      add(ann, { ...one, decision: "deny" }),
    ]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(3);
  });

  it.each<[PolicyDraft, string]>([
    [{ level: "tenant", subject: "x", operation: "*", decision: "deny" }, "input_invalid"],
    [{ level: "integration", operation: "*", decision: "deny" }, "input_invalid"],
    [{ level: "connection", subject: crypto.randomUUID(), operation: "*", decision: "deny" }, "not_found"],
    [{ level: "integration", subject: "no id", operation: "*", decision: "deny" }, "not_found"],
  ])("refuses a policy for nothing: %j", async (draft, code) => {
    await expect(add(ann, draft)).rejects.toMatchObject({ code });
  });

  it("refuses a policy about another tenant's integration, and removing another's policy", async () => {
    const draft: PolicyDraft = { level: "integration", subject: integrationId, operation: "*", decision: "allow" };
    await expect(add(bob, draft)).rejects.toMatchObject({ code: "not_found" });
    const { id } = await add(ann, draft);
    await expect(as(bob, (tx) => removePolicy(tx, bob, id))).rejects.toMatchObject({ code: "not_found" });
    expect((await as(ann, listPolicies)).map((one) => one.id)).toContain(id);
  });
});
