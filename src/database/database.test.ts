import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { withinTenant } from "./database.ts";
import { person } from "./tables.ts";
import { eachEngine } from "./testing.ts";

eachEngine((open) => {
  it("keeps the rows of two tenants apart", async () => {
    const database = await open();
    const ann = await database.createTenant("A", { name: "Ann" });
    const bob = await database.createTenant("B", { name: "Bob", email: "bob@example.com" });
    expect(await database.tenants()).toEqual([ann.tenantId, bob.tenantId]);
    const people = await withinTenant(database, bob.tenantId, (tx) => tx.select().from(person));
    expect(people).toMatchObject([{ id: bob.personId, tenantId: bob.tenantId, name: "Bob", email: "bob@example.com" }]);
  });
});
