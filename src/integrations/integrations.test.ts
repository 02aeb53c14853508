import { beforeAll, describe, expect, it } from "vitest";
import type { IntegrationDraft } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { customIntegrationCredential } from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { getIntegration, listIntegrations, listVersions, removeIntegration } from "./integrations.ts";
import { addPolicy, listPolicies } from "./policies.ts";
import { newOperations, publish, rollback } from "./publish.ts";
import { saveVersion } from "./save-version.ts";
import { exampleDraft } from "./testing.ts";
import { getToolFile } from "./tool-file.ts";

const never = (): never => {
  throw new Error("the example has a way to sign in");
};

eachEngine((open) => {
  let database: Database;
  let ann: Scope;
  let bob: Scope;

  beforeAll(async () => {
    database = await open();
    ann = await database.createTenant("A", { name: "Ann" });
    bob = await database.createTenant("B", { name: "Bob" });
  });

  const as = <T>(scope: Scope, work: (tx: Transaction) => Promise<T>) => withinTenant(database, scope.tenantId, work);
  const save = (scope: Scope, change: Partial<IntegrationDraft>) =>
    as(scope, (tx) => saveVersion(tx, scope, exampleDraft(change)));
  const published = async (scope: Scope, change: Partial<IntegrationDraft>) => {
    const { versionId } = await save(scope, change);
    return as(scope, (tx) => publish(tx, scope, versionId));
  };

  describe("versions", () => {
    it("shows a new integration as a draft until it is published", async () => {
      const draft = await save(ann, { slug: "first" });
      expect(draft).toMatchObject({ slug: "first", version: 1, status: "draft", origin: "private" });
      expect(await as(ann, (tx) => getIntegration(tx, { slug: "first" }))).toEqual(draft);
      const ready = await as(ann, (tx) => publish(tx, ann, draft.versionId));
      expect(ready).toEqual({ ...draft, status: "ready" });
    });

    it("goes on with the published version while a newer one is a draft", async () => {
      const one = await published(ann, { slug: "steady" });
      const two = await save(ann, { slug: "steady", description: "changed" });
      expect(two).toMatchObject({ id: one.id, version: 2, status: "draft" });
      expect(await as(ann, (tx) => getIntegration(tx, { id: one.id }))).toEqual(one);
      expect((await as(ann, listIntegrations)).filter(({ slug }) => slug === "steady")).toEqual([one]);
    });

    it("takes the same content as the same version, in whatever order its keys are", async () => {
      const one = await save(ann, { slug: "same" });
      const reordered = Object.fromEntries(Object.entries(exampleDraft({ slug: "same" })).toReversed());
      expect(await as(ann, (tx) => saveVersion(tx, ann, reordered as IntegrationDraft))).toEqual(one);
    });

    it("keeps nothing in its words that moves a cursor, turns a line around or does not show", async () => {
      const hostile = "Desk\u001b]52;c;eA==\u0007\u202eksed\u200b\nApprove";
      const { id: _id, label: _label, ...auth } = exampleDraft({}).auth[0] ?? never();
      const saved = await save(ann, {
        slug: "hostile",
        name: hostile,
        description: hostile,
        auth: [{ ...auth, id: "key", label: hostile } as IntegrationDraft["auth"][number]],
      });
      expect(saved.name).toBe("Desk[U+001B]]52;c;eA==[U+0007][U+202E]ksed[U+200B] Approve");
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      expect(JSON.stringify(saved)).not.toMatch(/[\u001b\u0007\u202e\u200b]|\\u001b|\\u0007/);
    });

    it("numbers two versions that are saved at once", async () => {
      const both = await Promise.all([
        save(ann, { slug: "race", name: "One" }),
        save(ann, { slug: "race", name: "Two" }),
      ]);
      expect(both.map(({ version }) => version).toSorted()).toEqual([1, 2]);
      expect(new Set(both.map(({ id }) => id)).size).toBe(1);
    });

    it("goes back to an earlier version, but not to a draft", async () => {
      const one = await published(ann, { slug: "back" });
      const two = await published(ann, { slug: "back", description: "two" });
      const three = await save(ann, { slug: "back", description: "three" });
      await as(ann, (tx) => rollback(tx, ann, one.versionId));
      const versions = await as(ann, (tx) => listVersions(tx, one.id));
      expect(versions).toMatchObject([
        { version: 3, status: "draft", current: false },
        { version: 2, status: "ready", current: false, versionId: two.versionId },
        { version: 1, status: "ready", current: true, reads: 1, writes: 1 },
      ]);
      await expect(as(ann, (tx) => rollback(tx, ann, three.versionId))).rejects.toMatchObject({
        code: "input_invalid",
      });
    });

    it("hands out the tool of a version, the same object each time", async () => {
      const { versionId } = await save(ann, { slug: "tool" });
      const first = await as(ann, (tx) => getToolFile(tx, versionId));
      expect(first).toMatchObject({ cliCode: exampleDraft().cliCode, instructions: exampleDraft().instructions });
      expect(await as(ann, (tx) => getToolFile(tx, versionId))).toBe(first);
    });

    it("refuses another tenant's version, also when it is kept in memory", async () => {
      const { versionId, id } = await save(ann, { slug: "secret-plan" });
      await as(ann, (tx) => getToolFile(tx, versionId));
      const attempts: ((tx: Transaction) => Promise<unknown>)[] = [
        (tx) => getToolFile(tx, versionId),
        (tx) => getIntegration(tx, { versionId }),
        (tx) => getIntegration(tx, { id }),
        (tx) => getIntegration(tx, { slug: "secret-plan" }),
        (tx) => publish(tx, bob, versionId),
        (tx) => removeIntegration(tx, id),
      ];
      for (const attempt of attempts) {
        await expect(as(bob, attempt)).rejects.toMatchObject({ code: "not_found" });
      }
    });

    it.each(["", "nothing", "'; drop table tenant; --"])("finds nothing under the id %j", async (id) => {
      await expect(as(ann, (tx) => getIntegration(tx, { id }))).rejects.toMatchObject({ code: "not_found" });
    });

    it("lets two tenants have the same slug", async () => {
      const [one, two] = [await save(ann, { slug: "shared" }), await save(bob, { slug: "shared", name: "Bob's" })];
      expect(two).toMatchObject({ version: 1, name: "Bob's" });
      expect(two.id).not.toBe(one.id);
    });
  });

  describe("an update", () => {
    const host = "https://kanban.example.com/v1";
    const rule = (operation: string, method: string, path: string) =>
      ({ operation, access: method === "GET" ? "read" : "write", method, url: host + path }) as const;

    it("starts operations at ask that are new or now send something else, and ends an earlier always for them", async () => {
      const one = await published(ann, {
        slug: "grows",
        rules: [
          rule("boards list", "GET", "/boards"),
          rule("cards find", "POST", "/search"),
          rule("kept", "POST", "/kept"),
        ],
      });
      const always = (operation: string) =>
        as(ann, (tx) => addPolicy(tx, ann, { level: "integration", subject: one.id, operation, decision: "allow" }));
      await always("cards find");
      await always("kept");
      const two = await published(ann, {
        slug: "grows",
        rules: [
          rule("boards list", "GET", "/boards"),
          rule("cards find", "POST", "/delete-all"),
          rule("kept", "POST", "/kept"),
          rule("boards spy", "GET", "/spy"),
        ],
      });
      const fresh = await as(ann, (tx) => newOperations(tx, two.versionId));
      expect([...fresh.keys()].toSorted()).toEqual(["boards spy", "cards find"]);
      expect(fresh.get("boards spy")).toBeInstanceOf(Date);
      const left = (await as(ann, listPolicies)).filter(({ subject }) => subject === one.id);
      expect(left.map(({ operation }) => operation)).toEqual(["kept"]);
    });

    it("asks accounts to sign in again when it adds a host, except one that signed in knowing it", async () => {
      const one = await published(ann, { slug: "wanders" });
      const account = (label: string) =>
        as(ann, async (tx) => {
          const row = { tenantId: ann.tenantId, personId: ann.personId, integrationId: one.id, authMethodId: "token" };
          await tx.insert(customIntegrationCredential).values({ ...row, label, status: "connected" });
        });
      await account("before");
      const two = await save(ann, { slug: "wanders", hosts: ["kanban.example.com", "evil.example"] });
      await account("after");
      await as(ann, (tx) => publish(tx, ann, two.versionId));
      const { label, status, statusReason } = customIntegrationCredential;
      const rows = await as(ann, (tx) => tx.select({ label, status, statusReason }).from(customIntegrationCredential));
      expect(rows.toSorted((a, b) => (a.label < b.label ? -1 : 1))).toEqual([
        { label: "after", status: "connected", statusReason: null },
        { label: "before", status: "sign_in_again", statusReason: "It now also reaches evil.example." },
      ]);
    });
  });

  it("removes an integration with everything that hangs on it", async () => {
    const one = await published(ann, { slug: "goes" });
    const rule = { level: "integration", subject: one.id, operation: "*", decision: "deny" } as const;
    await as(ann, (tx) => addPolicy(tx, ann, rule));
    await as(ann, (tx) => removeIntegration(tx, one.id));
    await expect(as(ann, (tx) => getIntegration(tx, { id: one.id }))).rejects.toMatchObject({ code: "not_found" });
    expect((await as(ann, listPolicies)).filter(({ subject }) => subject === one.id)).toEqual([]);
  });
});
