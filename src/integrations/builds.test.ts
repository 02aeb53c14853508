import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { build, conversation, docsSection } from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { buildBehind, buildSaved, forgetStaleBuilds, openBuild } from "./builds.ts";
import { saveVersion } from "./save-version.ts";
import { exampleDraft } from "./testing.ts";

eachEngine((open) => {
  let database: Database;
  let ann: Scope;
  beforeAll(async () => {
    database = await open();
    ann = await database.createTenant("A", { name: "Ann" });
  });
  const report = { pages: 1, bytes: 1, characters: 1, ms: 1, dropped: 0, left: 0, drawnByScript: [] };
  const sections = [{ number: 1, url: "https://a.example/", title: "A", heading: "A", text: "GET /a" }];

  async function begun(tx: Transaction, conversationId: string, daysAgo: number, savedAs?: string): Promise<string> {
    const id = await openBuild(tx, ann, { conversationId, url: "https://a.example/", report, sections, tokenLimit: 1 });
    if (savedAs) await buildSaved(tx, id, savedAs);
    await tx
      .update(build)
      .set({ updatedAt: sql`now() - make_interval(days => ${daysAgo})` })
      .where(eq(build.id, id));
    return id;
  }

  it("forgets what nobody goes on with, and keeps what a tool is mended from", async () => {
    await withinTenant(database, ann.tenantId, async (tx) => {
      const [talk] = await tx.insert(conversation).values(ann).returning({ id: conversation.id });
      const here = talk?.id ?? "";
      const { id: integration } = await saveVersion(tx, ann, exampleDraft());
      const gone = "5f0e2b1c-0000-4000-8000-000000000001";
      await begun(tx, here, 31);
      await begun(tx, gone, 1);
      await begun(tx, here, 60, integration);
      const kept = [await begun(tx, here, 29), await begun(tx, gone, 40, integration)];
      expect(await forgetStaleBuilds(tx)).toBe(3);
      const left = await tx.select({ id: build.id }).from(build);
      expect(left.map(({ id }) => id).toSorted()).toEqual(kept.toSorted());
      expect(await tx.select().from(docsSection)).toHaveLength(2);
      expect((await buildBehind(tx, integration))?.id).toBe(kept[1]);
      expect(await forgetStaleBuilds(tx)).toBe(0);
    });
  });
});
