import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChatEventBody } from "../contract/chat.ts";
import { type Asked, type Scripted, serveScriptedModel } from "../llm/testing.ts";
import { startPractice, type PracticeService } from "../practice/start.ts";
import type { RunningServer } from "./server/start.ts";
import { startServerWithModel } from "./testing/server-with-model.ts";
import { connectTo } from "./cli/client.ts";
import { follow } from "./cli/follow.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A service with docs for people and no machine-readable description: the practice service behind a server that shows its
 * manual only. The model is scripted; everything it calls is real.
 */
let practice: PracticeService;
let model: Awaited<ReturnType<typeof serveScriptedModel>>;
let server: RunningServer;
let manual = "";
const asked: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "patchbay-docs-"));
const pages = createServer((request, response) => {
  asked.push(request.url ?? "");
  const show = async () => {
    if (!request.url?.startsWith("/docs")) return response.writeHead(404).end("not here");
    const page = await fetch(`${practice.url}${request.url}`);
    return response
      .writeHead(page.status, { "content-type": page.headers.get("content-type") ?? "" })
      .end(await page.text());
  };
  void show();
});
const script: ((asked: Asked) => Scripted)[] = [];

beforeAll(async () => {
  practice = await startPractice({});
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  manual = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  model = await serveScriptedModel(
    (request) => script.shift()?.(request) ?? { blocks: [{ type: "text", text: "done" }] },
  );
  server = await startServerWithModel({
    dataDir: folder,
    modelUrl: model.url,
    hosts: [new URL(manual).host, new URL(practice.url).host],
  });
});
afterAll(async () => {
  await server.close();
  await model.close();
  pages.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

const call = (name: string, input: unknown): Scripted => ({ blocks: [{ type: "tool_use", name, input }] });

/** Everything that happened in a conversation, until the first event of a kind. */
async function until(api: ReturnType<typeof connectTo>, conversation: string, type: ChatEventBody["type"]) {
  const ended = new AbortController();
  const events: ChatEventBody[] = [];
  for await (const { body } of follow(api, conversation, 0, ended.signal)) {
    events.push(body);
    if (body.type === type || (body.type === "turn_ended" && body.outcome === "failed")) break;
  }
  ended.abort();
  return events;
}

async function converse(text: string, type: ChatEventBody["type"]) {
  const api = connectTo(server);
  const conversation = (await api.conversations.create({})).id;
  await api.conversations.say({ id: conversation, text });
  const events = await until(api, conversation, type);
  return { api, conversation, events };
}

describe("a service with docs for people only", () => {
  const facts = () => ({
    slug: "boards",
    name: "Boards",
    description: "Boards, lists and cards",
    base_url: `${practice.url}/v1`,
    auth: [
      {
        type: "api_key",
        id: "key",
        fields: [{ name: "api_key", label: "API key", places: [{ in: "header", name: "X-Board-Key" }] }],
      },
    ],
  });
  const get = (request: string, source: number) => ({ access: "read", request, summary: "It", source });
  /** The number of the section of the index that names a request, as the model was told it. */
  const sectionOf = (told: string, request: string) =>
    Number(new RegExp(`^(\\d+) [^\\n]*${request.replace(/[{}/]/g, "\\$&")}`, "m").exec(told)?.[1] ?? 0);

  it("is read, confirmed, written, checked, mended, signed in to, and proven by a live read of the server", async () => {
    let index = "";
    script.push(
      () => call("connect", { url: `${manual}/docs` }),
      ({ last }) => {
        index = last;
        return call("write_tool", { operations: { "boards list": get("GET /boards", 1) }, done: true });
      },
      () => call("docs", { search: "move a card" }),
      () => call("ready_to_build", facts()),
    );
    const { api, conversation, events } = await converse(
      `connect me to the boards documented at ${manual}/docs`,
      "build_asked",
    );
    const told = model.requests.map((request) => request.last);
    expect(told[1]).toContain("pages only");
    expect(told[1]).toContain("X-Board-Key");
    expect(told[2]).toContain("No person has said yes");
    expect(told[3]).toContain("POST /cards/{card_id}/move");
    const build = events.find((one) => one.type === "build_asked")?.card;
    expect(build).toMatchObject({
      hosts: [new URL(practice.url).host],
      methods: [{ label: "API key", lines: ["API key, sent as header X-Board-Key"] }],
      signInHosts: [],
    });

    const [me, boards] = [sectionOf(index, "GET /me"), sectionOf(index, "GET /boards")];
    script.push(
      ({ last }) => {
        expect(last).toContain("The person said yes to building Boards");
        return call("write_tool", {
          operations: {
            "me get": get("GET /me", me),
            "boards list": { ...get("POST /boards", boards), access: "read" },
            "boards invent": get("GET /boards/{board}/secrets", boards),
            "boards typo": { ...get("GET /boards", boards), inputs: {} },
          },
        });
      },
      () => call("write_tool", { operations: { "boards list": get("GET /boards", boards) } }),
      () => call("write_tool", { done: true, instructions: "# Boards" }),
    );
    await api.conversations.decideBuild({ id: conversation, buildId: build?.buildId ?? "", answer: "yes" });
    const all = await until(api, conversation, "sign_in_needed");
    const refused = model.requests.find(({ last }) => last.includes("Refused"))?.last ?? "";
    expect(refused).toContain('"boards list" calls itself a read but sends POST');
    expect(refused).toContain('"boards invent": GET /boards/{board}/secrets is in no section that was read');
    expect(refused).toContain('"boards typo": it: Unrecognized key: "inputs"');
    expect(refused).toContain("1 operation so far.");
    const card = all.find((one) => one.type === "sign_in_needed")?.card;
    expect(card?.reason).toBe(`Written from docs. What you enter is used at ${new URL(practice.url).host} only.`);
    expect(practice.log().filter((entry) => entry.part === "api")).toEqual([]);

    script.push(() => call("bash", { command: "boards boards list --fields name --limit 2" }));
    const { proof, connection } = await api.connections.create({
      slug: "boards",
      secrets: { api_key: practice.keys.apiKey },
      conversationId: conversation,
      cardId: card?.cardId,
    });
    expect(proof).toMatchObject({ ok: true, operation: "me get" });
    expect(connection.status).toBe("connected");
    await expect
      .poll(
        () =>
          practice
            .log()
            .filter((entry) => entry.part === "api")
            .map((entry) => `${entry.method} ${entry.path} ${entry.status}`),
        { timeout: 10_000 },
      )
      .toEqual(["GET /v1/me 200", "GET /v1/me 200", "GET /v1/boards 200", "GET /v1/boards 200"]);
    const operations = await api.integrations.operations({ slug: "boards" });
    const shape = operations.find(({ name }) => name === "boards list")?.tried?.shape;
    expect(shape).toMatchObject([{ id: "string", archived: "boolean", member_ids: ["string"] }]);
    expect(JSON.stringify(operations)).not.toContain("Kitchen renovation");
    await expect.poll(async () => (await api.conversations.list({})).some((one) => one.running)).toBe(false);
    expect(JSON.stringify(model.requests)).not.toContain(practice.keys.apiKey);
    await expect(
      api.conversations.decideBuild({ id: conversation, buildId: build?.buildId ?? "", answer: "yes" }),
    ).rejects.toMatchObject({ code: "input_invalid" });
  });

  it("is not read further at a host the person has not named, whoever asks for it", async () => {
    const before = asked.length;
    const elsewhere = manual.replace("127.0.0.1", "localhost");
    script.push(
      () => call("connect", { url: `${manual}/docs` }),
      () => call("docs", { page: `${elsewhere}/docs?leak=everything` }),
      () => ({ blocks: [{ type: "text", text: "I may not read that." }] }),
    );
    await converse(`connect me to ${manual}/docs`, "turn_ended");
    expect(model.requests.at(-1)?.last).toContain("the person has not named this host");
    expect(asked.slice(before).some((url) => url.includes("leak"))).toBe(false);
  });

  it("is not built when the person says no, whatever the model does then", async () => {
    script.push(
      () => call("connect", { url: `${manual}/docs` }),
      () => call("ready_to_build", { ...facts(), slug: "others" }),
      () => call("write_tool", { operations: { "me get": get("GET /me", 1) }, done: true }),
      () => ({ blocks: [{ type: "text", text: "What should be different?" }] }),
    );
    const { api, conversation, events } = await converse(`connect me to ${manual}/docs`, "build_asked");
    const { buildId = "" } = events.find((one) => one.type === "build_asked")?.card ?? {};
    await api.conversations.decideBuild({ id: conversation, buildId, answer: "no" });
    await expect.poll(() => script.length, { timeout: 10_000 }).toBe(0);
    expect(model.requests.at(-1)?.last).toContain("No person has said yes");
    expect((await api.integrations.list({})).map(({ slug }) => slug)).not.toContain("others");
  });
});
