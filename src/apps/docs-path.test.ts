import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChatEventBody } from "../contract/chat.ts";
import { type Asked, type Scripted, serveScriptedModel } from "../llm/testing.ts";
import { startPractice, type PracticeService } from "../practice/start.ts";
import { readSettings } from "./env.ts";
import { startServer, type RunningServer } from "./server/start.ts";
import { connectTo } from "./cli/client.ts";
import { follow } from "./cli/follow.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A service with docs for people and no machine-readable description: the practice service behind a server that shows its
 * manual only. The model is scripted; everything it calls is real.
 */
const toolFile = (baseUrl: string, operations: string) => `import { tool } from "@patchbay/kit";
export default tool({
  slug: "boards",
  baseUrl: "${baseUrl}",
  operations: {
    "me get": { access: "read", request: "GET /me", summary: "Who I am" },
    ${operations}
  },
});`;

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
  server = await startServer(
    readSettings({
      DATA_DIR: folder,
      PORT: "0",
      PRACTICE_PORT: "0",
      ANTHROPIC_API_KEY: "sk-test",
      ANTHROPIC_BASE_URL: model.url,
      ALLOW_PRIVATE_HOSTS: `${new URL(manual).host},${new URL(practice.url).host}`,
    }),
    { page: false, anyPort: true, quiet: true },
  );
});
afterAll(async () => {
  await server.close();
  await model.close();
  pages.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

const call = (name: string, input: unknown): Scripted => ({ blocks: [{ type: "tool_use", name, input }] });

async function converse(text: string, until: ChatEventBody["type"]) {
  const api = connectTo(server);
  const conversation = (await api.conversations.create({})).id;
  const ended = new AbortController();
  const events: ChatEventBody[] = [];
  await api.conversations.say({ id: conversation, text });
  for await (const { body } of follow(api, conversation, 0, ended.signal)) {
    events.push(body);
    if (body.type === until || (body.type === "turn_ended" && body.outcome === "failed")) break;
  }
  ended.abort();
  return { api, conversation, events };
}

describe("a service with docs for people only", () => {
  const facts = () => ({
    slug: "boards",
    name: "Boards",
    description: "Boards, lists and cards",
    docs_url: `${manual}/docs`,
    base_url: `${practice.url}/v1`,
    hosts: [new URL(practice.url).host],
    auth: [
      {
        type: "api_key",
        id: "key",
        fields: [{ name: "api_key", label: "API key", places: [{ in: "header", name: "X-Board-Key" }] }],
      },
    ],
    file: "boards.ts",
    instructions: "# Boards\n\n- `boards boards list`",
  });
  const write = (operations: string) =>
    call("bash", { command: `cat > boards.ts <<'END'\n${toolFile(`${practice.url}/v1`, operations)}\nEND` });

  it("is read, written, checked, mended, signed in to, and proven by a live read of the server", async () => {
    script.push(
      () => call("connect", { url: `${manual}/docs` }),
      () => call("read_page", { url: `${manual}/docs/authentication` }),
      () => write(`"boards list": { access: "read", request: "POST /boards", summary: "My boards" },`),
      () => call("save_tool", facts()),
      () => write(`"boards list": { access: "read", request: "GET /boards", summary: "My boards" },`),
      () => call("save_tool", facts()),
    );
    const { api, conversation, events } = await converse(
      `connect me to the boards documented at ${manual}/docs`,
      "sign_in_needed",
    );
    const told = model.requests.map((request) => request.last);
    expect(told[1]).toContain("pages only");
    expect(told[2]).toContain("kept in docs/127.0.0.1-docs-authentication.md");
    expect(told[2]).toContain("X-Board-Key");
    expect(told[4]).toContain("calls itself a read but sends POST");
    const card = events.find((one) => one.type === "sign_in_needed")?.card;
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
      .toEqual(["GET /v1/me 200", "GET /v1/boards 200"]);
    await expect.poll(async () => (await api.conversations.list({})).some((one) => one.running)).toBe(false);
    expect(JSON.stringify(model.requests)).not.toContain(practice.keys.apiKey);
  });

  it("is not read at a host the person has not named, whoever asks for it", async () => {
    const before = asked.length;
    script.push(
      () => call("read_page", { url: `${manual}/docs?leak=everything` }),
      () => ({ blocks: [{ type: "text", text: "I may not read that." }] }),
    );
    await converse("hello", "turn_ended");
    expect(model.requests.at(-1)?.last).toContain("The person has not named");
    expect(asked.length).toBe(before);
  });
});
