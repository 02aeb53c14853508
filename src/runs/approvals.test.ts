import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Database, withinTenant } from "../database/database.ts";
import { approval, audit, policy, request, run, runGrant } from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { canary } from "../gateway/testing.ts";
import { addPolicy } from "../integrations/policies.ts";
import { type World, deskOperations, openWorld } from "./testing.ts";

eachEngine((open) => {
  let database: Database;
  let world: World;
  let conversationId: string;
  beforeAll(async () => {
    database = await open();
    world = await openWorld(database);
  });
  beforeEach(async () => {
    conversationId = await world.newConversation();
    world.service.seen.length = 0;
    world.service.answers(
      (_, response) => void response.writeHead(201, { "content-type": "application/json" }).end('{"id":"c1"}'),
    );
    await withinTenant(database, world.scope.tenantId, (tx) => tx.delete(policy));
    await world.runs.policiesChanged(world.scope.tenantId);
  });
  afterAll(() => world.close());

  const shell = (command: string, o: { turnId?: string; signal?: AbortSignal } = {}) =>
    world.runs.shell(world.scope, { conversationId, command, ...o });
  const answer = (id: string, say: "yes" | "no" | "always") => world.runs.approvals.answer(world.scope, id, say);
  const turnId = () => crypto.randomUUID();
  const create = (name: string) => `desk cards create --name "${name}"`;
  const rows = () =>
    withinTenant(database, world.scope.tenantId, (tx) =>
      tx.select().from(request).innerJoin(run, eq(run.id, request.runId)).where(eq(run.conversationId, conversationId)),
    );

  it("a write waits, is shown as it will be sent, and goes out after a yes", async () => {
    const running = shell(create("Buy milk"));
    const question = await world.question();
    expect(world.service.seen).toEqual([]);
    expect(question).toMatchObject({
      conversationId,
      integration: { slug: "desk", name: "Desk" },
      account: "ann@example.com",
      operation: "cards create",
      access: "write",
      summary: "Add a card to a list",
      request: {
        method: "POST",
        host: world.service.host,
        path: "/cards",
        query: "",
        contentType: "application/json",
        body: '{"name":"Buy milk"}',
      },
      reason: "It changes something.",
      status: "pending",
      used: false,
    });
    expect(JSON.stringify(question)).not.toMatch(/canary|pbg_/);
    await answer(question.id, "yes");
    const result = await running;
    expect(result).toMatchObject({ exitCode: 0, stdout: '{"id":"c1"}\n' });
    expect(result.requests).toMatchObject([
      { operation: "cards create", access: "write", status: 201, outcome: "answered" },
    ]);
    expect(world.service.seen).toMatchObject([
      { body: '{"name":"Buy milk"}', headers: { authorization: `Bearer ${canary}` } },
    ]);
    const [approval] = await world.runs.approvals.list(world.scope, { conversationId });
    expect(approval).toMatchObject({ id: question.id, status: "approved", used: true });
    expect(world.events).toContainEqual({ type: "approval_ended", approvalId: question.id, status: "approved" });
  });

  it("a question shows what is hidden in the words of others, on one line", async () => {
    const summary = "Look at\n\n\u202eesrever\u202c cards\u200b".padEnd(2000, ".");
    await world.publishTool({ ...deskOperations, "cards look": { access: "write", request: "POST /looks", summary } });
    const running = shell("desk cards look");
    const question = await world.question();
    expect(question.summary).toHaveLength(300);
    expect(question.summary).toMatch(/^Look at \[U\+202E\]esrever\[U\+202C\] cards\[U\+200B\]\.+$/);
    await answer(question.id, "no");
    await running;
    await world.publishTool(deskOperations);
  });

  it("a tool that asks in a loop gets twenty questions open, and no more", async () => {
    const run = `async (input, api) => {
      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) =>
        api.request("POST", "/flood", { body: { n } }).then(() => "ok", (error) => error.code ?? String(error))));
      return answers;
    }`;
    const flood = { access: "write" as const, request: "POST /flood", run };
    await world.publishTool({ ...deskOperations, "cards flood": flood });
    const running = shell("desk cards flood");
    const questions = [];
    while (questions.length < 20) questions.push(await world.question());
    await expect.poll(() => world.log.filter((one) => one.includes("refused request_refused"))).toHaveLength(10);
    for (const { id } of questions) await answer(id, "no");
    await running;
    expect(await world.runs.approvals.list(world.scope, { conversationId })).toHaveLength(20);
    expect(world.service.seen).toEqual([]);
    await world.publishTool(deskOperations);
  });

  it("a no is final for the turn: nothing is sent, and the same request is not asked about again", async () => {
    const turn = turnId();
    const running = shell(create("No"), { turnId: turn });
    await answer((await world.question()).id, "no");
    expect(await running).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("write_denied") });
    expect(await shell(create("No"), { turnId: turn })).toMatchObject({ exitCode: 4 });
    expect(await world.runs.approvals.list(world.scope, { conversationId })).toHaveLength(1);
    const later = shell(create("No"), { turnId: turnId() });
    await answer((await world.question()).id, "no");
    expect(await later).toMatchObject({ exitCode: 4 });
    expect(world.service.seen).toEqual([]);
    expect(await rows()).toEqual([]);
  });

  it("a yes is for one request: another one, and the same one again, ask anew", async () => {
    const first = shell(create("One"));
    await answer((await world.question()).id, "yes");
    await first;
    for (const command of [create("One"), create("Two"), "desk cards delete c1"]) {
      const running = shell(command);
      const question = await world.question();
      expect(question.status).toBe("pending");
      await answer(question.id, "no");
      expect(await running).toMatchObject({ exitCode: 4 });
    }
    expect(world.service.seen).toHaveLength(1);
  });

  it("two of the same request at once need two answers", async () => {
    const both = [shell(create("Twice")), shell(create("Twice"))];
    const first = await world.question();
    await answer(first.id, "yes");
    const second = await world.question();
    expect(second.id).not.toBe(first.id);
    await answer(second.id, "no");
    const codes = (await Promise.all(both)).map(({ exitCode }) => exitCode);
    expect(codes.toSorted()).toEqual([0, 4]);
    expect(world.service.seen).toHaveLength(1);
  });

  it("the same approval answered twice is decided by the first answer", async () => {
    const running = shell(create("Twice answered"));
    const { id } = await world.question();
    const [first, second] = await Promise.allSettled([answer(id, "no"), answer(id, "yes")]);
    const [denied, approved] = [first.status === "fulfilled", second.status === "fulfilled"];
    expect(denied).not.toBe(approved);
    const result = await running;
    expect(result.exitCode).toBe(denied ? 4 : 0);
    expect(world.service.seen).toHaveLength(denied ? 0 : 1);
    await expect(answer(id, denied ? "yes" : "no")).rejects.toMatchObject({ code: "input_invalid" });
    expect(await answer(id, denied ? "no" : "yes")).toMatchObject({ status: denied ? "denied" : "approved" });
  });

  it("an approval is not answered, listed or seen from another tenant, nor by raw queries", async () => {
    const running = shell(create("Mine"));
    const { id } = await world.question();
    const other = await database.createTenant("Other", { name: "Eve" });
    await expect(world.runs.approvals.answer(other, id, "yes")).rejects.toMatchObject({ code: "not_found" });
    expect(await world.runs.approvals.list(other)).toEqual([]);
    const seen = await withinTenant(database, other.tenantId, async (tx) => [
      ...(await tx.select().from(approval)),
      ...(await tx.select().from(run)),
      ...(await tx.select().from(runGrant)),
      ...(await tx.select().from(request)),
    ]);
    expect(seen).toEqual([]);
    const changed = await withinTenant(database, other.tenantId, (tx) =>
      tx.update(approval).set({ status: "approved" }).where(eq(approval.id, id)).returning(),
    );
    expect(changed).toEqual([]);
    await expect(world.runs.approvals.answer(world.scope, "not-an-id", "yes")).rejects.toMatchObject({
      code: "not_found",
    });
    await answer(id, "no");
    await running;
  });

  it("'always' lets this operation run from then on, and no other", async () => {
    const running = shell(create("First"));
    await answer((await world.question()).id, "always");
    await running;
    expect(await shell(create("Second"))).toMatchObject({ exitCode: 0 });
    expect(world.service.seen).toHaveLength(2);
    const other = shell("desk cards delete c1");
    await answer((await world.question()).id, "no");
    expect(await other).toMatchObject({ exitCode: 4 });
  });

  it("'always' for an operation that a document called '*' makes no pattern of it", async () => {
    const running = shell("desk cards '*'");
    const question = await world.question();
    await answer(question.id, "always");
    expect(await running).toMatchObject({ exitCode: 0 });
    const kept = await withinTenant(database, world.scope.tenantId, (tx) => tx.select().from(policy));
    expect(kept).toEqual([]);
  });

  it("a policy that denies holds at once, without a question", async () => {
    await withinTenant(database, world.scope.tenantId, (tx) =>
      addPolicy(tx, world.scope, { level: "tenant", operation: "cards *", decision: "deny" }),
    );
    await world.runs.policiesChanged(world.scope.tenantId);
    expect(await shell(create("Never"))).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("policy_denied"),
    });
    expect(await shell("desk boards list")).toMatchObject({ exitCode: 0 });
    expect(await world.runs.approvals.list(world.scope, { conversationId })).toEqual([]);
    const refused = await withinTenant(database, world.scope.tenantId, (tx) =>
      tx
        .select()
        .from(audit)
        .where(and(eq(audit.outcome, "refused"), eq(audit.action, "request.write"))),
    );
    expect(refused).toMatchObject([{ facts: { operation: "cards create" } }]);
  });

  it("a policy that denies, made while the question was open, goes before the yes", async () => {
    const running = shell(create("Overtaken"));
    const { id } = await world.question();
    await withinTenant(database, world.scope.tenantId, (tx) =>
      addPolicy(tx, world.scope, { level: "tenant", operation: "cards create", decision: "deny" }),
    );
    await answer(id, "yes");
    expect(await running).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("policy_denied") });
    expect(world.service.seen).toEqual([]);
  });

  it("a question outlives the command that asked; a yes given later holds for that one request, once", async () => {
    const stop = new AbortController();
    const running = shell(create("Later"), { signal: stop.signal });
    const question = await world.question();
    stop.abort();
    expect(await running).toMatchObject({ cut: "cancelled", requests: [] });
    expect(await world.runs.approvals.list(world.scope, { conversationId, status: "pending" })).toHaveLength(1);
    await answer(question.id, "yes");
    expect(world.service.seen).toEqual([]);
    expect(await shell(create("Later"))).toMatchObject({ exitCode: 0 });
    expect(world.service.seen).toHaveLength(1);
    const again = shell(create("Later"));
    await answer((await world.question()).id, "no");
    await again;
    expect(world.service.seen).toHaveLength(1);
  });

  it("a question whose command has ended is told again when the same is asked again", async () => {
    const stop = new AbortController();
    const running = shell(create("Twice"), { signal: stop.signal });
    const { id } = await world.question();
    stop.abort();
    await running;
    const again = shell(create("Twice"));
    expect((await world.question()).id).toBe(id);
    await answer(id, "yes");
    expect(await again).toMatchObject({ exitCode: 0 });
    expect(world.service.seen).toHaveLength(1);
  });

  it("a question survives a restart, and so does its yes", async () => {
    const running = shell(create("Restart"));
    const question = await world.question();
    await world.restart();
    await running.catch(() => undefined);
    expect(await world.runs.approvals.list(world.scope, { conversationId, status: "pending" })).toMatchObject([
      { id: question.id },
    ]);
    await answer(question.id, "yes");
    expect(world.service.seen).toEqual([]);
    await world.restart();
    expect(await shell(create("Restart"))).toMatchObject({ exitCode: 0 });
    expect(world.service.seen).toHaveLength(1);
  });

  it("a write is on record before it leaves, and stays so when the answer never comes", async () => {
    const turn = turnId();
    const onRecord: unknown[] = [];
    world.service.answers(async () => void onRecord.push(...(await rows())));
    const running = shell(create("Unknown"), { turnId: turn });
    await answer((await world.question()).id, "yes");
    await expect.poll(() => onRecord.length).toBe(1);
    expect(onRecord).toMatchObject([{ request: { outcome: "sent", status: null, operation: "cards create" } }]);
    await world.restart();
    await running.catch(() => undefined);
    expect(await world.runs.requestsOf(world.scope, { turnId: turn })).toMatchObject([
      { operation: "cards create", access: "write", outcome: "sent", status: null },
    ]);
    expect(world.service.seen).toHaveLength(1);
    const again = shell(create("Unknown"));
    const question = await world.question();
    expect(question.reason).toBe(
      "It was sent before, and the answer was never seen: look first. It changes something.",
    );
    await answer(question.id, "no");
    await again;
  });

  it("asked for again while it is open is the same question, told to both", async () => {
    const { scope, connectionId } = world;
    const told: string[] = [];
    const ask = (signal?: AbortSignal) =>
      world.runs.operation(scope, {
        connectionId,
        argv: ["cards", "create", "--name", "Told"],
        onApproval: ({ id }) => void told.push(id),
        signal,
      });
    const stop = new AbortController();
    const first = ask(stop.signal);
    await expect.poll(() => told).toHaveLength(1);
    stop.abort();
    expect(await first).toMatchObject({ cut: "cancelled" });
    const second = ask();
    await expect.poll(() => told).toHaveLength(2);
    expect(told[1]).toBe(told[0]);
    await answer(told[0] ?? "", "yes");
    expect(await second).toMatchObject({ exitCode: 0 });
    expect(world.service.seen).toHaveLength(1);
  });

  it("an operation that came with an update asks, though an older policy allows all", async () => {
    await withinTenant(database, world.scope.tenantId, (tx) =>
      addPolicy(tx, world.scope, { level: "tenant", operation: "*", decision: "allow" }),
    );
    await world.runs.policiesChanged(world.scope.tenantId);
    expect(await shell(create("Allowed"))).toMatchObject({ exitCode: 0 });
    await world.publishTool({
      "boards list": { access: "read", request: "GET /boards" },
      "boards peek": { access: "read", request: "GET /boards/peek" },
      "cards create": {
        access: "write",
        request: "POST /cards",
        summary: "Add a card to a list",
        input: { name: { in: "body", type: "string", required: true } },
      },
      "cards delete": {
        access: "write",
        request: "DELETE /cards/{id}",
        input: { id: { in: "path", type: "string", required: true } },
      },
    });
    const running = shell("desk boards peek");
    const question = await world.question();
    expect(question).toMatchObject({ access: "read", reason: "This operation is new since the last update." });
    await answer(question.id, "always");
    expect(await running).toMatchObject({ exitCode: 0 });
    expect(await shell("desk boards peek; desk boards list")).toMatchObject({ exitCode: 0 });
  });
});
