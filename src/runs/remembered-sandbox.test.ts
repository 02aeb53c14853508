import { expect, it } from "vitest";
import { withinTenant } from "../database/database.ts";
import { conversation } from "../database/tables.ts";
import { scratchDatabase } from "../database/testing.ts";
import { knownSandboxes, rememberedSandbox } from "./remembered-sandbox.ts";

it("remembers a conversation's sandbox, and lets one of two servers have its way", async () => {
  const database = await scratchDatabase();
  try {
    const [ann, bob] = [
      await database.createTenant("A", { name: "Ann" }),
      await database.createTenant("B", { name: "Bob" }),
    ];
    const [row] = await withinTenant(database, ann.tenantId, (tx) =>
      tx
        .insert(conversation)
        .values({ ...ann, title: "one" })
        .returning({ id: conversation.id }),
    );
    const id = row?.id ?? "";
    const first = rememberedSandbox(database, ann, id);
    const second = rememberedSandbox(database, ann, id);
    expect(await first.get()).toBeUndefined();
    expect(await first.claim(undefined, "sandbox-1")).toBe("sandbox-1");
    expect(await second.claim(undefined, "sandbox-2")).toBe("sandbox-1");
    expect(await second.claim("sandbox-1", "sandbox-3")).toBe("sandbox-3");
    expect(await first.get()).toBe("sandbox-3");
    expect(await knownSandboxes(database, ["sandbox-1", "sandbox-3"])).toEqual(new Set(["sandbox-3"]));

    const stranger = rememberedSandbox(database, bob, id);
    expect(await stranger.get()).toBeUndefined();
    await stranger.forget();
    expect(await first.get()).toBe("sandbox-3");
    await first.forget();
    expect(await second.get()).toBeUndefined();
  } finally {
    await database.close();
  }
});
