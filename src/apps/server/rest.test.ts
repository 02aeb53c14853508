import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Health } from "../../contract/procedures/activity.ts";
import { runningServer } from "../testing/running-server.ts";

const Waiting = z.object({
  waiting: z.object({ id: z.string(), request: z.object({ body: z.string() }) }),
  next: z.string(),
});
const Ran = z.object({ stdout: z.string(), stderr: z.string(), exitCode: z.number() });
const Connected = z.object({
  connection: z.object({ id: z.string(), status: z.string() }),
  proof: z.object({ ok: z.boolean() }),
});

const Activity = z.object({
  entries: z.array(z.looseObject({ kind: z.string(), text: z.string() })),
  next: z.string().nullable(),
});
/** Times as they stand in JSON. */
const Dated = z.preprocess(
  (body) => JSON.parse(JSON.stringify(body), (_, v) => (/^\d{4}-\d\d-\d\dT/.test(v) ? new Date(v) : v)),
  z.unknown(),
);

/** One story, in order: what a newcomer does with `curl`. */
describe.each(["pglite", "postgres"] as const)("a newcomer with curl, on %s", (engine) => {
  const served = runningServer({ engine });
  const run = async (...words: string[]) => (await served().rest("/run", { slug: "practice", words })).body;
  const changes = () =>
    served()
      .practice.log()
      .filter((entry) => entry.part === "api" && entry.method !== "GET" && entry.status < 400);
  let connectionId = "";

  it("builds the practice service's tool", async () => {
    const { status, body } = await served().rest("/integrations", { wish: "the practice service" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ integration: { slug: "practice", status: "draft", jack: "known" } });
  });

  it("is told that a wrong key is wrong, and it is not kept", async () => {
    const wrong = { slug: "practice", secrets: { x_board_key: "bk_canary-31" } };
    const { status, body } = await served().rest("/integrations/connections", wrong);
    expect(status).toBe(422);
    expect(body).toEqual({
      ok: false,
      code: "credential_refused",
      message: "Practice Boards did not accept this sign-in (status 401). Check it and enter it again.",
    });
    expect((await served().rest("/integrations/connections")).body).toEqual([]);
    expect(JSON.stringify(await served().api.activity.list({}))).not.toContain("canary-31");
  });

  it.each(["application/x-www-form-urlencoded", "text/plain"])(
    "is told the header that lacks when a body comes as %s",
    async (type) => {
      const answer = await fetch(`${served().local}/api/run`, {
        method: "POST",
        headers: { authorization: `Bearer ${served().token}`, "content-type": type },
        body: new TextEncoder().encode('{"slug":"practice","words":["boards","list"]}'),
      });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        code: "input_invalid",
        message: expect.stringContaining("`content-type: application/json`"),
      });
    },
  );

  it("is told which field is missing", async () => {
    const { status, body } = await served().rest("/integrations/connections", { slug: "practice", secrets: {} });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "credential_incomplete", message: expect.stringContaining("(x_board_key)") });
  });

  it("connects with the right key, proven by a live read of the server", async () => {
    const right = { slug: "practice", secrets: { x_board_key: served().practice.keys.apiKey } };
    const { body } = await served().rest("/integrations/connections", right);
    const { connection, proof } = Connected.parse(body);
    expect(connection.status).toBe("connected");
    expect(proof.ok).toBe(true);
    expect(
      served()
        .practice.log()
        .some((entry) => entry.account === "ana" && entry.status === 200),
    ).toBe(true);
    connectionId = connection.id;
  });

  it("reads at once", async () => {
    const { stdout, exitCode } = Ran.parse(await run("boards", "list", "--fields", "name", "--limit", "2"));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(2);
  });

  it("is shown a write in full, and nothing is sent before the yes", async () => {
    const before = changes().length;
    const first = Waiting.parse(await run("boards", "create", "--name", "By curl"));
    expect(first.waiting.request.body).toBe('{"name":"By curl"}');
    expect(first.next).toContain(`/api/approvals/${first.waiting.id}/answer`);
    expect(first.next).toContain("send this same call again");
    const again = Waiting.parse(await run("boards", "create", "--name", "By curl"));
    expect(again.waiting.id).toBe(first.waiting.id);
    expect(changes()).toHaveLength(before);

    const answer = `/approvals/${first.waiting.id}/answer`;
    expect((await served().rest(answer, { answer: "yes" })).body).toMatchObject({ status: "approved" });
    expect((await served().rest(answer, { answer: "no" })).status).toBe(400);
    expect(Ran.parse(await run("boards", "create", "--name", "By curl")).exitCode).toBe(0);
    expect(changes()).toHaveLength(before + 1);
  });

  it("needs another yes for another request, also for the same one once more", async () => {
    expect(Waiting.safeParse(await run("boards", "create", "--name", "By curl")).success).toBe(true);
    expect(Waiting.safeParse(await run("boards", "create", "--name", "Another")).success).toBe(true);
  });

  it("tests, pauses and resumes the connection", async () => {
    const at = (what: string) => served().rest(`/integrations/connections/${connectionId}/${what}`, {});
    expect((await at("test")).body).toMatchObject({ ok: true });
    expect((await at("pause")).body).toMatchObject({ enabled: false });
    const paused = Ran.parse(await run("boards", "list"));
    expect(paused.exitCode).not.toBe(0);
    expect(paused.stderr).toContain("connection_paused");
    expect((await at("resume")).body).toMatchObject({ enabled: true });
  });

  it("keeps the key that works when a wrong one is entered in its place, and can go back to an earlier one", async () => {
    const at = `/integrations/connections/${connectionId}`;
    const wrong = { slug: "practice", connectionId, secrets: { x_board_key: "bk_canary-33" } };
    expect((await served().rest("/integrations/connections", wrong)).body).toMatchObject({
      code: "credential_refused",
    });
    expect((await served().rest("/integrations/connections")).body).toMatchObject([{ status: "connected" }]);
    expect(Ran.parse(await run("boards", "list", "--limit", "1")).exitCode).toBe(0);

    const Versions = z.array(z.object({ version: z.number() }));
    const versions = Versions.parse((await served().rest(`${at}/versions`)).body);
    expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
    const mistaken = await served().rest(`${at}/go-back`, { version: 2 });
    expect(mistaken.body).toMatchObject({ proof: { ok: false, code: "refused" } });
    const right = await served().rest(`${at}/go-back`, { version: 1 });
    expect(right.body).toMatchObject({ connection: { status: "connected" }, proof: { ok: true } });
    expect((await served().rest(`${at}/go-back`, { version: 99 })).status).toBe(404);
  });

  it("has policies of each level, listed, removed, and the strictest counts", async () => {
    const { id } = await served().api.integrations.get({ slug: "practice" });
    const add = (body: object) => served().rest("/policies", { operation: "boards *", access: "read", ...body });
    const made = [
      await add({ level: "tenant", decision: "allow" }),
      await add({ level: "integration", subject: id, decision: "deny" }),
      await add({ level: "connection", subject: connectionId, decision: "allow" }),
    ].map(({ body }) => z.object({ id: z.string() }).parse(body));
    const refused = Ran.parse(await run("boards", "list"));
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain("policy_denied");
    await served().rest(`/policies/${made[1]?.id}`, undefined, "DELETE");
    expect(Ran.parse(await run("boards", "list", "--limit", "1")).exitCode).toBe(0);
    for (const one of [made[0], made[2]]) await served().rest(`/policies/${one?.id}`, undefined, "DELETE");
    expect((await served().rest("/policies")).body).toEqual([]);
    const told = Activity.parse((await served().rest("/activity?kind=policy")).body);
    expect(told.entries).toHaveLength(6);
  });

  it("sees what can be connected, and how many are", async () => {
    const { body } = await served().rest("/integrations/connections/providers");
    expect(body).toContainEqual(expect.objectContaining({ slug: "practice", source: "integration", connected: 1 }));
    expect((await served().rest("/integrations/status")).body).toMatchObject({ connected: 1 });
    const detail = await served().rest("/integrations/providers/practice");
    expect(detail.body).toMatchObject({ slug: "practice", methods: expect.arrayContaining(["api_key", "oauth2"]) });
    expect(JSON.stringify(detail.body)).not.toContain(served().practice.keys.apiKey);
  });

  it("is told before starting whether OAuth can be used, and how to set it up", async () => {
    const { body } = await served().rest("/integrations/oauth/availability");
    expect(body).toContainEqual(expect.objectContaining({ slug: "practice", available: true }));
    const setup = await served().rest("/integrations/oauth-apps/setup/practice");
    expect(setup.body).toMatchObject({ redirectUri: `${served().url}/oauth/callback/practice`, configured: true });
  });

  it("keeps an OAuth client of one's own without ever showing its secret", async () => {
    const saved = await served().rest("/integrations/oauth-apps", {
      slug: "practice",
      clientId: "mine",
      clientSecret: "canary-32",
    });
    expect(saved.body).toMatchObject({ clientId: "mine", hasSecret: true });
    const list = await served().rest("/integrations/oauth-apps");
    expect(JSON.stringify(list.body)).not.toContain("canary-32");
    expect((await served().rest("/integrations/oauth-apps/practice", undefined, "DELETE")).status).toBe(200);
  });

  it("sees how the calls went", async () => {
    const { body } = await served().rest("/integrations/custom/practice/health?days=3");
    const health = Health.parse(Dated.parse(body));
    expect(health.calls).toBeGreaterThanOrEqual(3);
    expect(health).toMatchObject({ failures: 0, errorRate: 0, lastFailure: null });
    expect(health.series).toHaveLength(3);
    expect(health.series.at(-1)?.calls).toBe(health.calls);
    expect(health.p50Ms).not.toBeNull();
    expect(health.last[0]).toMatchObject({ path: expect.stringContaining("/") });
  });

  it("has what was asked for in vain counted, without the words around it or a key pasted along", async () => {
    for (const wish of ["connect me to Frobnicator", "please connect frobnicator", "frobnicator sk-live-canary31xyz"])
      expect((await served().rest("/integrations", { wish })).status).toBe(422);
    const { body } = await served().rest("/most-wanted");
    expect(body).toEqual([expect.objectContaining({ subject: "frobnicator", asked: 3, failed: 3, missing: 3 })]);
  });

  it("disconnects", async () => {
    const gone = await served().rest(`/integrations/connections/${connectionId}`, undefined, "DELETE");
    expect(gone.body).toEqual({ ok: true });
    const answer = await served().rest("/run", { slug: "practice", words: ["boards", "list"] });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: "not_connected" });
  });

  it("finds it all in the activity, by kind, page by page, the account's name kept", async () => {
    const list = async (query: string) =>
      Activity.parse((await served().rest(`/activity?slug=practice&${query}`)).body);
    const all = await list("limit=500");
    expect(all.next).toBeNull();
    const kinds = new Set(all.entries.map((one) => one.kind));
    for (const kind of ["use", "approval", "connect", "disconnect", "connection", "client", "integration"])
      expect(kinds, kind).toContain(kind);
    expect(all.entries.find((one) => one.kind === "disconnect")).toMatchObject({
      text: "Disconnected",
      person: { name: "Owner" },
      connection: { id: connectionId, label: expect.stringMatching(/./) },
    });

    const paged: unknown[] = [];
    for (let cursor = ""; ;) {
      const page = await list(`limit=7${cursor}`);
      paged.push(...page.entries);
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(paged).toEqual(all.entries);

    expect((await list("kind=approval&outcome=ok")).entries.map((one) => one.text)).toEqual([
      'Said yes to "boards create"',
    ]);
    expect((await list("kind=connection&to=2020-01-01")).entries).toEqual([]);
    expect((await served().rest("/activity?cursor=bad")).status).toBe(400);
  });

  const cursor = Buffer.from("9999-99-99T99:99:99.999999Z 00000000-0000-4000-8000-000000000000").toString("base64url");
  it.each<[string, unknown?]>([
    ["/keys", { label: "a\0b" }],
    ["/keys", { label: "\ud800" }],
    ["/conversations", { title: "a\0b" }],
    ["/conversations?search=%00"],
    ["/policies", { level: "tenant", operation: "a\0b", decision: "deny" }],
    ["/activity?from=-271821-04-20T00:00:00Z"],
    ["/activity?to=0000-01-01"],
    [`/activity?cursor=${cursor}`],
  ])("what no database takes is the caller's to mend: %s %j", async (path, body) => {
    const answer = await served().rest(path, body);
    expect(answer).toMatchObject({ status: 400, body: { ok: false, code: "input_invalid" } });
  });
});

describe("what is not there", () => {
  const served = runningServer();
  const nobody = "0190c1f2-7a1e-4cc0-9d3f-2b1f0a6c4e55";

  it.each([
    ["GET", "/nothing"],
    ["GET", `/conversations/${nobody}/events`],
    ["GET", "/integrations/custom/nothing"],
    ["DELETE", `/keys/${nobody}`],
    ["POST", `/integrations/connections/${nobody}/pause`],
    ["DELETE", `/policies/${nobody}`],
  ])("is said so: %s %s", async (method, path) => {
    const { status, body } = await served().rest(path, method === "POST" ? {} : undefined, method);
    expect(status).toBe(404);
    expect(body).toMatchObject({ ok: false, code: "not_found" });
  });

  it("keeps no sign-in for a conversation that is not", async () => {
    const { api, rest, practice } = served();
    await api.integrations.create({ wish: "the practice service" });
    const secrets = { x_board_key: practice.keys.apiKey };
    const said = await rest("/integrations/connections", { slug: "practice", secrets, conversationId: nobody });
    expect(said).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await api.connections.list()).toEqual([]);
  });

  it.each(["/conversations/x/events", "/approvals/' or 1=1 --/answer", "/integrations/custom/..%2f..%2fetc"])(
    "is no bug of ours: %s",
    async (path) => {
      const { status } = await served().rest(path, path.endsWith("answer") ? { answer: "yes" } : undefined);
      expect([400, 404]).toContain(status);
    },
  );
});

describe("streams and files", () => {
  const served = runningServer();

  it.each(["a\nb", "x\u001b]52;c;aGk=\u0007", "\u202egpj.exe", "a\u200bb", "a\0b"])(
    "a file's name that does not show whole is refused: %j",
    async (path) => {
      const { id } = await served().api.conversations.create({});
      const saved = await served().rest(`/conversations/${id}/file`, { path, text: "x" }, "PUT");
      expect(saved).toMatchObject({ status: 400, body: { code: "input_invalid" } });
      const said = await served().rest(`/conversations/${id}/messages`, { text: "read it", files: [path] });
      expect(said).toMatchObject({ status: 400, body: { code: "input_invalid" } });
    },
  );

  it("are a hundred for one person, and free again when the reader leaves", async () => {
    const { api, local, token } = served();
    const { id } = await api.conversations.create({});
    const follow = (signal?: AbortSignal) =>
      fetch(`${local}/api/conversations/${id}/events`, {
        headers: { authorization: `Bearer ${token}` },
        signal: signal ?? null,
      });
    const leaving = new AbortController();
    const streams = await Promise.all(Array.from({ length: 100 }, () => follow(leaving.signal)));
    expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
    const refused = await follow();
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: "too_many_streams" }]);
    leaving.abort();
    await expect.poll(async () => (await follow(AbortSignal.timeout(5000))).status).toBe(200);
  });
});

describe("documents that are none", () => {
  const served = runningServer();
  it.each([
    ["empty", "", "document_empty"],
    ["a web page", "<!doctype html><html><body>Hello</body></html>", "document_is_page"],
    ["JSON, but of something else", '{"hello": "world"}', "document_unknown"],
    ["without anything to call", '{"openapi": "3.1.0", "paths": {}}', "document_without_operations"],
  ])("are refused with what to do: %s", async (_what, document, code) => {
    const { status, body } = await served().rest("/integrations", { document });
    expect(status).toBe(422);
    expect(body).toMatchObject({ ok: false, code });
  });

  it.each([
    "http://169.254.169.254/latest/meta-data",
    "http://2130706433:1/",
    "http://[::ffff:127.0.0.1]:1/",
    "http://localhost:1/",
  ])("are not fetched from private addresses: %s", async (url) => {
    const { body } = await served().rest("/integrations", { url });
    const refused = z.object({ code: z.string(), message: z.string() }).parse(body);
    expect(refused.code).toMatch(/^(address|scheme|host)_refused$/);
    if (refused.code === "host_refused") return;
    const host = new URL(url).host;
    expect(refused.message).toContain(`ALLOW_PRIVATE_HOSTS=${host} `);
    expect(refused.message).toContain("start Patchbay again");
  });
});

describe("the OpenAPI document", () => {
  const served = runningServer();
  it("describes every call with a summary and the form of a problem", async () => {
    const { body } = await served().rest("/openapi.json");
    const Document = z.object({ openapi: z.string(), paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
    const document = Document.parse(body);
    expect(document.openapi).toMatch(/^3\.1/);
    const Operation = z.object({
      operationId: z.string(),
      summary: z.string().min(5),
      responses: z.record(z.string(), z.unknown()),
    });
    const operations = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => Operation.parse(one)),
    );
    expect(new Set(operations.map((one) => one.operationId)).size).toBe(operations.length);
    expect(operations.length).toBeGreaterThan(40);
    for (const wanted of ["oauth/start", "oauth/availability", "oauth-apps", "connections/providers", "status"]) {
      expect(Object.keys(document.paths)).toContain(`/integrations/${wanted}`);
    }
  });

  it("is read by our own compiler", async () => {
    const { body } = await served().rest("/openapi.json");
    const made = await served().rest("/integrations", { document: JSON.stringify(body), name: "Patchbay itself" });
    expect(made.body).toMatchObject({ integration: { status: "draft" } });
  });

  it("is drawn as a page with a curl line for each call", async () => {
    const answer = await fetch(`${served().url}/api`, { headers: { authorization: `Bearer ${served().token}` } });
    const text = await answer.text();
    expect(text).toContain("/integrations/connections/{id}/test");
    expect(text.match(/curl /g)?.length).toBeGreaterThan(40);
    expect(text).not.toContain("<script");
    // A call says in its line what it cannot do without.
    expect(text).toContain("/api/conversations/{id}/file?path=names.txt&quot;");
  });
});
