import { beforeAll, describe, expect, it } from "vitest";
import type { IntegrationDraft } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { audit, customIntegrationCredential } from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { differenceFrom } from "./difference.ts";
import { discardDraft, getIntegration, listVersions } from "./integrations.ts";
import { newOperations, publish, rollback } from "./publish.ts";
import { confirmReads, retractReads } from "./reads.ts";
import { saveVersion } from "./save-version.ts";
import { exampleDraft } from "./testing.ts";
import { getToolFile } from "./tool-file.ts";

const base = "https://kanban.example.com/v1";
type Operations = Record<string, { access: "read" | "write"; request: string; input?: object; graphql?: object }>;

/** A draft with these operations, its table and rules as the builder would make them. */
function draftWith(operations: Operations, change: Partial<IntegrationDraft> = {}): IntegrationDraft {
  const entries = Object.entries(operations);
  const named = (access: string) => entries.filter(([, one]) => one.access === access).map(([name]) => name);
  return exampleDraft({
    tool: {
      slug: "kanban",
      hosts: ["kanban.example.com"],
      operations: Object.fromEntries(
        entries.map(([name, { request, ...one }]) => [name, { ...one, requests: [request] }]),
      ),
    },
    rules: entries.map(([operation, { access, request }]) => {
      const [method = "", path = ""] = request.split(" ");
      return { operation, access, method, url: base + path };
    }),
    permissions: {
      readOps: named("read"),
      writeOps: named("write"),
      suggestedReads: { "cards search": 'it is sent by POST, but "search" says that it only looks' },
    },
    ...change,
  });
}

const search = { access: "write", request: "POST /cards/search" } as const;
const list = { access: "read", request: "GET /boards" } as const;
const create = { access: "write", request: "POST /cards" } as const;
const remove = { access: "write", request: "DELETE /cards/{id}" } as const;

eachEngine((open) => {
  let database: Database;
  let ann: Scope;
  beforeAll(async () => {
    database = await open();
    ann = await database.createTenant("A", { name: "Ann" });
  });

  const as = <T>(work: (tx: Transaction) => Promise<T>) => withinTenant(database, ann.tenantId, work);
  const save = (slug: string, operations: Operations, change: Partial<IntegrationDraft> = {}) =>
    as((tx) => saveVersion(tx, ann, draftWith(operations, { slug, ...change })));
  const published = async (slug: string, operations: Operations, change: Partial<IntegrationDraft> = {}) => {
    const { versionId } = await save(slug, operations, change);
    return as((tx) => publish(tx, ann, versionId));
  };
  const ruleOf = async (versionId: string, operation: string) =>
    (await as((tx) => getToolFile(tx, versionId))).rules.find((rule) => rule.operation === operation);

  describe("a yes to a read", () => {
    it("makes the next version, in which the operation is a read everywhere, and does not make it ask", async () => {
      const one = await published("yes", { list, "cards search": search });
      const two = await as((tx) => confirmReads(tx, ann, "yes", { operations: ["cards search"] }));
      expect(two).toMatchObject({
        version: one.version + 1,
        status: "ready",
        permissions: {
          readOps: ["list", "cards search"],
          writeOps: [],
          confirmedReads: { "cards search": 'it is sent by POST, but "search" says that it only looks' },
        },
      });
      expect(two.permissions.suggestedReads).toBeUndefined();
      expect(await ruleOf(two.versionId, "cards search")).toMatchObject({ access: "read", confirmed: true });
      expect(await ruleOf(one.versionId, "cards search")).not.toHaveProperty("confirmed");
      expect((await as((tx) => newOperations(tx, two.versionId))).size).toBe(0);
    });

    it("is on record with who said it and why", async () => {
      await published("told", { list, "cards search": search });
      const reason = "The manual says that it changes nothing.";
      await as((tx) => confirmReads(tx, ann, "told", { operations: ["cards search"], reason }));
      const rows = await as((tx) => tx.select().from(audit));
      expect(rows.filter(({ action }) => action === "integration.confirm_read").at(-1)).toMatchObject({
        personId: ann.personId,
        facts: { slug: "told", operation: "cards search", version: 2, reason },
      });
    });

    it("can be taken back, and said again", async () => {
      const one = await published("back", { list, "cards search": search });
      await as((tx) => confirmReads(tx, ann, "back", { operations: ["cards search"] }));
      const back = await as((tx) => retractReads(tx, ann, "back", ["cards search"]));
      expect(back.permissions).toEqual(one.permissions);
      expect(await ruleOf(back.versionId, "cards search")).toEqual(await ruleOf(one.versionId, "cards search"));
      const again = await as((tx) => confirmReads(tx, ann, "back", { operations: ["cards search"] }));
      expect(again.permissions.readOps).toContain("cards search");
    });

    it.each([
      ["a DELETE", { gone: remove }, "gone", '"gone" sends DELETE, which is never a read.'],
      [
        "a mutation",
        { change: { ...create, graphql: { type: "mutation", field: "x" } } },
        "change",
        '"change" is a GraphQL mutation, which changes things.',
      ],
      ["an operation that is not there", { list }, "cards find", 'there is no operation "cards find".'],
      ["a name that every object has", { list }, "constructor", 'there is no operation "constructor".'],
    ] as const)("is refused for %s", async (what, operations, name, detail) => {
      const slug = `no-${what.split(" ").at(-1)?.toLowerCase()}`;
      const before = await published(slug, { ...operations });
      await expect(as((tx) => confirmReads(tx, ann, slug, { operations: [name] }))).rejects.toMatchObject({
        code: "input_invalid",
        message: `That cannot be used: ${detail}`,
      });
      expect(await as((tx) => getIntegration(tx, { slug }))).toEqual(before);
    });

    it("that was taken back does not come back by going back to the version that held it", async () => {
      const one = await published("once", { list, "cards search": search });
      const said = await as((tx) => confirmReads(tx, ann, "once", { operations: ["cards search"] }));
      await as((tx) => retractReads(tx, ann, "once", ["cards search"]));
      await as((tx) => rollback(tx, ann, said.versionId));
      const asks = async (versionId: string) => [...(await as((tx) => newOperations(tx, versionId))).keys()];
      expect(await asks(said.versionId)).toEqual(["cards search"]);
      expect(await asks(one.versionId)).toEqual([]);
    });

    it("does not free what an update before it made ask", async () => {
      await published("chain", { list, "cards search": search });
      const two = await published("chain", { list, "cards search": search, spy: { ...list, request: "GET /spy" } });
      expect([...(await as((tx) => newOperations(tx, two.versionId))).keys()]).toEqual(["spy"]);
      const three = await as((tx) => confirmReads(tx, ann, "chain", { operations: ["cards search"] }));
      expect([...(await as((tx) => newOperations(tx, three.versionId))).keys()]).toEqual(["spy"]);
    });
  });

  describe("the difference of a newer version", () => {
    it("names what comes, goes and changes, and what asks first", async () => {
      const one = await published("differs", { list, create, gone: remove });
      const two = await save("differs", {
        list: { ...list, access: "write" },
        create: { ...create, input: { idList: { type: "string", required: true }, due: {} } },
        spy: { access: "read", request: "GET /spy" },
      });
      expect(await as((tx) => differenceFrom(tx, one, two.versionId))).toMatchObject({
        before: { version: 1 },
        after: { version: 2, status: "draft" },
        added: [{ name: "spy", access: "read", requests: ["GET /spy"] }],
        removed: [{ name: "gone", access: "write" }],
        changed: [
          { name: "list", was: "read", access: "write", what: ["it counts as a write now"] },
          { name: "create", what: ["it needs --idList now", "it takes --due now"] },
        ],
        hosts: { added: [], removed: [] },
        signIn: [],
        startAtAsk: ["list", "spy"],
        signInAgain: false,
        isSame: false,
      });
    });

    it("says where secrets would newly go, and has accounts sign in again", async () => {
      const one = await published("moves", { list });
      const account = customIntegrationCredential;
      const row = { tenantId: ann.tenantId, personId: ann.personId, integrationId: one.id, authMethodId: "token" };
      await as(async (tx) => void (await tx.insert(account).values({ ...row, label: "mine", status: "connected" })));
      const two = await save(
        "moves",
        { list },
        {
          auth: [
            {
              id: "token",
              type: "api_key",
              variables: [],
              label: "Key",
              fields: [{ name: "key", label: "Key", places: [{ in: "query", name: "key" }] }],
            },
          ],
        },
      );
      expect(await as((tx) => differenceFrom(tx, one, two.versionId))).toMatchObject({
        signIn: ["a way to sign in works differently: bearer token"],
        signInAgain: true,
        startAtAsk: [],
      });
      await as((tx) => publish(tx, ann, two.versionId));
      const rows = await as((tx) => tx.select().from(account));
      expect(rows.find(({ integrationId }) => integrationId === one.id)).toMatchObject({
        status: "sign_in_again",
        statusReason: "This way to sign in is another one now.",
      });
    });

    it("takes other words for what they are", async () => {
      const one = await published("words", { list });
      const two = await save("words", { list: { ...list, input: undefined } as never }, { description: "other words" });
      expect(await as((tx) => differenceFrom(tx, one, two.versionId))).toMatchObject({ isSame: true, startAtAsk: [] });
    });
  });

  it("throws a draft away, and nothing that is or was in use", async () => {
    const one = await published("drop", { list });
    const two = await save("drop", { list, create });
    await as((tx) => discardDraft(tx, two.versionId));
    expect(await as((tx) => listVersions(tx, one.id))).toMatchObject([{ version: 1, current: true }]);
    await expect(as((tx) => discardDraft(tx, one.versionId))).rejects.toMatchObject({ code: "input_invalid" });
    const first = await save("only-draft", { list });
    await expect(as((tx) => discardDraft(tx, first.versionId))).rejects.toMatchObject({ code: "input_invalid" });
  });
});
