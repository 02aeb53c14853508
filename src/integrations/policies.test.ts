import { beforeAll, expect, it } from "vitest";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { audit } from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { addPolicy, decideOperation, listPolicies, type PolicyDraft, removePolicy } from "./policies.ts";
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

  it("decides for one operation in place of what was decided before, and takes it back", async () => {
    const { id } = await as(ann, (tx) => saveVersion(tx, ann, exampleDraft({ slug: "in-place" })));
    const operation = "cards create";
    const ofIt = async () =>
      (await as(ann, listPolicies)).filter(({ subject }) => subject === id).map((one) => [one.operation, one.decision]);
    const decided = (decision: "allow" | "ask" | "deny" | null) =>
      as(ann, (tx) => decideOperation(tx, ann, { integrationId: id, operation, decision }));
    await add(ann, { level: "integration", subject: id, operation: "cards *", decision: "ask" });
    await add(ann, { level: "integration", subject: id, operation, decision: "deny" });
    await decided("allow");
    await decided("allow");
    expect(await ofIt()).toEqual([
      ["cards *", "ask"],
      [operation, "allow"],
    ]);
    await decided(null);
    expect(await ofIt()).toEqual([["cards *", "ask"]]);
  });

  it("refuses to decide for an operation whose name would speak for others", async () => {
    const all = { integrationId, operation: "*", decision: "allow" as const };
    await expect(as(ann, (tx) => decideOperation(tx, ann, all))).rejects.toMatchObject({ code: "input_invalid" });
  });

  it("does not decide for another tenant's integration", async () => {
    const own = { integrationId, operation: "cards create", decision: "allow" as const };
    const before = await as(ann, listPolicies);
    await expect(as(bob, (tx) => decideOperation(tx, bob, own))).rejects.toMatchObject({ code: "not_found" });
    expect(await as(ann, listPolicies)).toEqual(before);
  });
});
