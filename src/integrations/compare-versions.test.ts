import { beforeAll, expect, it } from "vitest";
import type { IntegrationDraft } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { eachEngine } from "../database/testing.ts";
import { compareVersions } from "./compare-versions.ts";
import { saveVersion } from "./save-version.ts";
import { exampleDraft } from "./testing.ts";
import { versionFiles } from "./version-files.ts";

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
  const save = async (change: Partial<IntegrationDraft>) =>
    (await as(ann, (tx) => saveVersion(tx, ann, exampleDraft(change)))).versionId;

  it("tells what a later version can do that an earlier one could not, and how its files differ", async () => {
    const { cliCode, rules } = exampleDraft();
    const [boards, cards] = rules;
    if (!boards || !cards) throw new Error("the example changed");
    const from = await save({});
    const to = await save({
      cliCode: `${cliCode}// newer\n`,
      rules: [
        { ...boards, url: "https://kanban.example.com/v1/all-boards" },
        { ...cards, operation: "cards move" },
      ],
    });
    const difference = await as(ann, (tx) => compareVersions(tx, { from, to }));
    expect(difference).toMatchObject({
      from: 1,
      to: 2,
      operations: { added: ["cards move"], removed: ["cards create"], changed: ["boards list"] },
    });
    const diffs = Object.fromEntries(difference.files.map((file) => [file.name, file.diff]));
    expect(diffs["cli.ts"]).toContain("+// newer");
    expect(diffs["config.json"]).toBe("");
    const back = await as(ann, (tx) => compareVersions(tx, { from: to, to: from }));
    expect(back.operations).toEqual({ added: ["cards create"], removed: ["cards move"], changed: ["boards list"] });
  });

  it("compares versions of one integration only, and of one tenant", async () => {
    const [from, other] = [await save({}), await save({ slug: "other" })];
    await expect(as(ann, (tx) => compareVersions(tx, { from, to: other }))).rejects.toMatchObject({
      code: "input_invalid",
    });
    await expect(as(bob, (tx) => compareVersions(tx, { from, to: from }))).rejects.toMatchObject({ code: "not_found" });
    await expect(as(bob, (tx) => versionFiles(tx, { versionId: from }))).rejects.toMatchObject({ code: "not_found" });
  });
});
