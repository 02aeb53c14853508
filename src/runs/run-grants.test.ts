import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeToken, readToken } from "../contract/opaque-token.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { run, runGrant } from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { askHttp } from "../gateway/testing.ts";
import { createIntegrationFacts } from "./integration-facts.ts";
import { type RunGrants, createRunGrants } from "./run-grants.ts";
import { type World, openWorld } from "./testing.ts";

eachEngine((open) => {
  let database: Database;
  let world: World;
  let grants: RunGrants;
  let now = new Date();
  const made: RunGrants[] = [];
  const another = () => {
    const { version } = createIntegrationFacts(database);
    const grants = createRunGrants({ database, describe: world.connections.describe, version, now: () => now });
    made.push(grants);
    return grants;
  };
  beforeAll(async () => {
    database = await open();
    world = await openWorld(database);
    grants = another();
  });
  afterAll(async () => {
    await Promise.all(made.map((grants) => grants.close()));
    await world.close();
  });

  const issue = async () => {
    const { scope, connectionId } = world;
    const runId = await withinTenant(database, scope.tenantId, async (tx) => {
      const [row] = await tx
        .insert(run)
        .values({ ...scope, kind: "shell", command: "x" })
        .returning({ id: run.id });
      return row?.id ?? "";
    });
    return { runId, ...(await grants.issue(scope, { runId, conversationId: null, connectionId })) };
  };
  const invalid = { code: "grant_invalid" };

  describe("a run grant", () => {
    it("tells whose run, which connection and which version it is for", async () => {
      const { token, runId } = await issue();
      expect(await grants.open(token)).toMatchObject({
        ...world.scope,
        runId,
        connectionId: world.connectionId,
        slug: "desk",
        account: "ann@example.com",
        hosts: [world.service.host],
      });
    });

    it("is kept as a hash only", async () => {
      const { token, grantId } = await issue();
      const [row] = await withinTenant(database, world.scope.tenantId, (tx) =>
        tx.select().from(runGrant).where(eq(runGrant.id, grantId)),
      );
      expect(row?.hash).toBe(readToken("pbg", token)?.hash);
      expect(JSON.stringify(row)).not.toContain(token.slice(-43));
    });

    it("is known to another server, until it ends: then at once to all", async () => {
      const elsewhere = another();
      const { token, grantId } = await issue();
      expect(await elsewhere.open(token)).toMatchObject({ grantId });
      await grants.end({ tenantId: world.scope.tenantId, grantId });
      await expect(grants.open(token)).rejects.toMatchObject(invalid);
      await expect.poll(() => elsewhere.open(token).catch((error: unknown) => error)).toMatchObject(invalid);
      await expect(another().open(token)).rejects.toMatchObject(invalid);
    });

    it("ends with its run, and after four hours", async () => {
      const ended = await issue();
      await withinTenant(database, world.scope.tenantId, (tx) =>
        tx.update(run).set({ status: "cut" }).where(eq(run.id, ended.runId)),
      );
      await expect(another().open(ended.token)).rejects.toMatchObject(invalid);
      const old = await issue();
      now = new Date(Date.now() + 5 * 3_600_000);
      await expect(grants.open(old.token)).rejects.toMatchObject(invalid);
      await expect(another().open(old.token)).rejects.toMatchObject(invalid);
      now = new Date();
    });

    it("ends with its turn, on the server that made it too", async () => {
      const { token, runId } = await issue();
      const turnId = crypto.randomUUID();
      await withinTenant(database, world.scope.tenantId, (tx) =>
        tx.update(run).set({ turnId }).where(eq(run.id, runId)),
      );
      await another().endTurn(world.scope, turnId);
      await expect.poll(() => grants.open(token).catch((error: unknown) => error)).toMatchObject(invalid);
    });

    it("made up, cut, or said to be of another tenant opens nothing", async () => {
      const { token } = await issue();
      const other = await database.createTenant("Other", { name: "Eve" });
      const moved = makeToken("pbg", other.tenantId).token.slice(0, 27) + token.slice(27);
      for (const bad of [
        moved,
        token.slice(0, -1),
        `${token}x`,
        makeToken("pbg", world.scope.tenantId).token,
        "",
        "pbg_",
      ]) {
        await expect(another().open(bad)).rejects.toMatchObject(invalid);
      }
    });

    it("of a connection is not made for somebody else", async () => {
      const other = await database.createTenant("Other", { name: "Eve" });
      const { connectionId } = world;
      await expect(
        grants.issue(other, { runId: crypto.randomUUID(), conversationId: null, connectionId }),
      ).rejects.toMatchObject({
        code: "not_found",
      });
    });

    it("opens the gateway for its own service only, and not after its end", async () => {
      const { scope, service } = world;
      const { grantId, token: live } = await issue();
      const elsewhere = askHttp(world.gateway.address, "/api.example.com/x", {
        headers: { authorization: `Bearer ${live}` },
      });
      expect(await elsewhere).toMatchObject({ problem: "host_refused" });
      await grants.end({ tenantId: scope.tenantId, grantId });
      // The gateway belongs to another server here: it hears of the end by notice.
      const after = () =>
        askHttp(world.gateway.address, `/${service.host}/boards`, { headers: { authorization: `Bearer ${live}` } });
      await expect.poll(after).toMatchObject({ problem: "grant_invalid" });
    });
  });
});
