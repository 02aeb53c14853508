import { beforeAll, expect, it } from "vitest";
import type { Scope } from "../contract/scope.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { eachEngine } from "../database/testing.ts";
import { countFault, faultsOf } from "./faults.ts";
import { saveVersion } from "./save-version.ts";
import { exampleDraft } from "./testing.ts";

eachEngine((open) => {
  let database: Database;
  let ann: Scope;
  beforeAll(async () => {
    database = await open();
    ann = await database.createTenant("A", { name: "Ann" });
  });

  it("counts a fault over people, each person once, and shows what meets most people first", async () => {
    const bob = { ...ann, personId: "5f0e2b1c-0000-4000-8000-000000000001" };
    const moved = { operation: "boards list", kind: "not_found" as const, detail: "" };
    const renamed = { operation: "cards create", kind: "field_refused" as const, detail: "name" };
    const faults = await withinTenant(database, ann.tenantId, async (tx) => {
      const { versionId } = await saveVersion(tx, ann, exampleDraft());
      for (const scope of [ann, ann, ann]) await countFault(tx, scope, versionId, renamed);
      for (const scope of [ann, bob]) await countFault(tx, scope, versionId, moved);
      return faultsOf(tx, versionId);
    });
    expect(faults).toMatchObject([
      { ...moved, count: 2, people: 2 },
      { ...renamed, count: 3, people: 1 },
    ]);
  });
});
