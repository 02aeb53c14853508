import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ChatEventBody } from "../contract/chat.ts";
import { type Asked, type Scripted, serveScriptedModel } from "../llm/testing.ts";
import { connectTo } from "./cli/client.ts";
import { follow } from "./cli/follow.ts";
import type { RunningServer } from "./server/start.ts";
import { startServerWithModel } from "./testing/server-with-model.ts";

/** A service with docs for people only, which renames a field and moves a path while its tool is in use. */
let isChanged = false;
const sent: string[] = [];
const key = "canary-5f0e2b";
const docs = () => {
  const [field, depots] = isChanged ? ["title", "warehouses"] : ["name", "depots"];
  return `<html><head><title>Parcels API</title></head><body><h1>Parcels API</h1>
    <h2>Sign in</h2><p>Send your key in the header X-Key. The base URL is ${site}/v1. ${"All answers are JSON. ".repeat(60)}</p>
    <h2>List parcels</h2><p><code>GET /parcels</code> gives each parcel with its ${field}. ${"Newest come first. ".repeat(60)}</p>
    <h2>Send a parcel</h2><p><code>POST /parcels</code> with ${field} in the body. ${"It is on its way then. ".repeat(60)}</p>
    <h2>Places</h2><p><code>GET /${depots}</code> gives places where parcels lie. ${"There are few of them. ".repeat(60)}</p></body></html>`;
};
const service = createServer((request, response) => {
  if (request.url === "/docs") return response.writeHead(200, { "content-type": "text/html" }).end(docs());
  if (!request.url?.startsWith("/v1/")) return response.writeHead(404).end();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString();
    sent.push(`${request.method} ${request.url} ${body}`.trim());
    const [status, answer] = answerTo(`${request.method} ${request.url}`, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
});
function answerTo(request: string, body: string): [number, unknown] {
  const field = isChanged ? "title" : "name";
  if (request === "GET /v1/parcels") return [200, [{ id: 7, [field]: "A secret present", weight: 2 }]];
  if (request === `GET /v1/${isChanged ? "warehouses" : "depots"}`) return [200, [{ id: 1, city: "Bern" }]];
  if (request !== "POST /v1/parcels") return [404, { error: "no such path" }];
  return body.includes(`"${field}"`) ? [201, { id: 8 }] : [400, { error: `unknown field name, key ${key}` }];
}

let site = "";
let model: Awaited<ReturnType<typeof serveScriptedModel>>;
let server: RunningServer;
const script: ((asked: Asked) => Scripted)[] = [];
const folder = mkdtempSync(join(tmpdir(), "patchbay-mending-"));

beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  site = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  model = await serveScriptedModel(
    (request) => script.shift()?.(request) ?? { blocks: [{ type: "text", text: "done" }] },
  );
  server = await startServerWithModel({ dataDir: folder, modelUrl: model.url, hosts: [new URL(site).host] });
}, 60_000);
afterAll(async () => {
  await server.close();
  await model.close();
  service.close();
  rmSync(folder, { recursive: true, force: true });
});

const api = () => connectTo(server);
const call = (name: string, input: unknown): Scripted => ({ blocks: [{ type: "tool_use", name, input }] });
let told = "";
const then = (name: string, input: unknown) => {
  script.push(({ last }) => {
    told += last;
    return call(name, input);
  });
};
const seen = new Map<string, number>();

/** What happens in a conversation from where it was left, until the first event of a kind. */
async function until<Type extends ChatEventBody["type"]>(conversation: string, type: Type) {
  const ended = new AbortController();
  for await (const { seq, body } of follow(api(), conversation, seen.get(conversation) ?? 0, ended.signal)) {
    seen.set(conversation, seq);
    if (body.type === "turn_ended" && body.outcome === "failed") throw new Error(JSON.stringify(body));
    if (body.type !== type) continue;
    ended.abort();
    return body as Extract<ChatEventBody, { type: Type }>;
  }
  throw new Error(`no ${type}`);
}

const facts = () => ({
  slug: "parcels",
  name: "Parcels",
  base_url: `${site}/v1`,
  auth: [
    { type: "api_key", id: "key", fields: [{ name: "key", label: "Key", places: [{ in: "header", name: "X-Key" }] }] },
  ],
});
/** The section that names a request, as the model was told last. */
const sectionOf = (request: string) =>
  Number([...told.matchAll(new RegExp(`^(\\d+) [^\\n]*${request}`, "gm"))].at(-1)?.[1] ?? 0);
const get = (path: string) => ({ access: "read", request: `GET ${path}`, source: sectionOf(`GET ${path}`) });
const create = (field: string) => ({
  access: "write",
  request: "POST /parcels",
  input: { [field]: { in: "body", required: true } },
  source: sectionOf("POST /parcels"),
});
const operations = async () =>
  Object.fromEntries((await api().integrations.operations({ slug: "parcels" })).map((one) => [one.name, one]));
const run = (...words: string[]) => api().runs.operation({ slug: "parcels", words });

/** Runs something that asks first, with a yes. */
async function runAllowed(...words: string[]) {
  const asked = await run(...words);
  if (!("waiting" in asked)) throw new Error(`${words.join(" ")} did not ask`);
  await api().approvals.answer({ id: asked.waiting.id, answer: "yes" });
  return run(...words);
}

it("is offered when calls fail, written from the docs as they are now, and used after a person's yes", async () => {
  const { id } = await api().conversations.create({});
  then("connect", { url: `${site}/docs` });
  then("ready_to_build", facts());
  await api().conversations.say({ id, text: `connect me to ${site}/docs` });
  const { card } = await until(id, "build_asked");
  script.push(() =>
    call("write_tool", {
      operations: { "parcels list": get("/parcels"), "depots list": get("/depots"), "parcels create": create("name") },
      done: true,
      instructions: "# Parcels\n\nWeights are in kilograms.",
    }),
  );
  await api().conversations.decideBuild({ id, buildId: card.buildId, answer: "yes" });
  const signIn = await until(id, "sign_in_needed");
  script.push(() => ({ blocks: [{ type: "text", text: "Connected." }] }));
  const { proof } = await api().connections.create({
    slug: "parcels",
    secrets: { key },
    conversationId: id,
    cardId: signIn.card.cardId,
  });
  expect(proof).toMatchObject({ ok: true });
  await expect.poll(() => script.length, { timeout: 15_000 }).toBe(0);
  await expect.poll(async () => (await api().conversations.list({})).some((one) => one.running)).toBe(false);
  expect(await api().integrations.health({ slug: "parcels" })).toMatchObject({ faults: [] });

  isChanged = true;
  told = "";
  then("bash", { command: "parcels depots list" });
  then("bash", { command: "parcels parcels list" });
  then("update", { slug: "parcels" });
  script.push(({ last }) => {
    told += last;
    const elsewhere = { ...get("/warehouses"), request: "GET http://elsewhere.example/warehouses" };
    return call("write_tool", {
      operations: { "depots list": elsewhere, "parcels create": { ...create("title"), access: "read" } },
    });
  });
  script.push(({ last }) => {
    told += last;
    return call("write_tool", {
      operations: { "depots list": get("/warehouses"), "parcels create": create("title") },
      done: true,
    });
  });
  const failed = await runAllowed("parcels", "create", "--name", "Books");
  expect(failed).toMatchObject({ exitCode: 5 });
  await api().conversations.say({ id, text: "which depots are there?" });
  const { card: question } = await until(id, "consent_asked");

  expect(told).toContain("[Patchbay] This may be a change at parcels");
  expect(told).toContain("depots list: the service answers that there is no such address, or no such thing (404)");
  expect(told).toContain("parcels list: the answer has another form than before: [].name is gone");
  expect(told).toMatch(/Docs when the tool was written:[^]*gives places where parcels lie/);
  expect(told).toContain('failed in use: parcels create: the service did not accept "name"');
  expect(told).toContain('in the docs no longer, so left out: {"depots list"');
  expect(told).toContain('"parcels create" calls itself a read but sends POST');
  expect(told).toMatch(/Refused[^]*"depots list"[^]*elsewhere\.example/);
  expect(question.lines).toEqual([
    expect.stringMatching(/^version \d → \d$/),
    "~ parcels create: it needs --title now; --name is gone",
    "~ depots list: it sends GET /warehouses, before GET /depots",
    "1 operation asks before each use until you allow it",
  ]);
  const { faults } = await api().integrations.health({ slug: "parcels" });
  expect(faults).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ operation: "depots list", kind: "not_found", count: 1, people: 1 }),
      expect.objectContaining({ operation: "parcels create", kind: "field_refused", detail: "name" }),
      expect.objectContaining({ operation: "parcels list", kind: "shape_changed", detail: "[].name is gone" }),
    ]),
  );
  expect(JSON.stringify([faults, model.requests])).not.toContain(key);

  // Until the yes, the version from before is what runs.
  expect((await operations())["depots list"]).toMatchObject({ requests: ["GET /depots"], decision: "allow" });
  expect(await run("depots", "list")).toMatchObject({ exitCode: 5 });
  sent.splice(0);
  told = "";
  script.push(({ last }) => {
    told = last;
    return { blocks: [{ type: "text", text: "Bern." }] };
  });
  await api().conversations.consent({ id, cardId: question.cardId, answer: "yes" });
  // The wish amid which the tool was mended is gone on with.
  await expect.poll(() => told, { timeout: 10_000 }).toContain("the new version of parcels is in use. Go on");
  expect((await operations())["depots list"]).toMatchObject({ requests: ["GET /warehouses"], decision: "ask" });
  expect(await runAllowed("depots", "list")).toMatchObject({ exitCode: 0, stdout: '[{"id":1,"city":"Bern"}]\n' });
  expect(await runAllowed("parcels", "create", "--title", "Books")).toMatchObject({ exitCode: 0 });
  expect(sent).toContain('POST /v1/parcels {"title":"Books"}');
  // The version in use has no fault yet; what is known of it is what still holds.
  expect((await api().integrations.health({ slug: "parcels" })).faults).toEqual([]);
  // The server has read on its own what may be read; what asks since the update has asked nobody.
  expect((await operations())["parcels list"]?.tried).toMatchObject({
    outcome: "worked",
    shape: [{ title: "string" }],
  });
  expect((await operations())["depots list"]?.tried).toBeUndefined();
  const { instructions } = await api().integrations.get({ slug: "parcels" });
  expect(instructions).toContain("Weights are in kilograms.");
}, 120_000);

it("reaches no other host, and makes no read of a write, before a person has said yes to the difference", async () => {
  const { id } = await api().conversations.create({});
  told = "";
  then("update", { slug: "parcels" });
  then("ready_to_build", { ...facts(), more_hosts: ["elsewhere.example"] });
  await api().conversations.say({ id, text: "update parcels" });
  const { card } = await until(id, "build_asked");
  expect(card.hosts).toContain("elsewhere.example");
  script.push(() =>
    call("write_tool", { operations: { "parcels create": { ...get("/parcels"), summary: "It" } }, done: true }),
  );
  await api().conversations.decideBuild({ id, buildId: card.buildId, answer: "yes" });
  const { card: question } = await until(id, "consent_asked");
  expect(question.lines).toContain("it would also reach elsewhere.example");
  expect(question.lines.join("\n")).toMatch(/~ parcels create: it counts as a read now; it sends GET \/parcels/);

  const hosts = async () => (await api().integrations.get({ slug: "parcels" })).hosts;
  const asBefore = async () => {
    expect(await hosts()).toEqual([new URL(site).host]);
    expect((await operations())["parcels create"]).toMatchObject({ access: "write", requests: ["POST /parcels"] });
  };
  await asBefore();
  await api().conversations.consent({ id, cardId: question.cardId, answer: "no" });
  await asBefore();
});

it("is not begun by a model that was only told no to other facts", async () => {
  const { id } = await api().conversations.create({});
  then("update", { slug: "parcels" });
  then("ready_to_build", { ...facts(), base_url: "https://elsewhere.example/v1", more_hosts: [new URL(site).host] });
  await api().conversations.say({ id, text: "update parcels" });
  const { card } = await until(id, "build_asked");
  then("write_tool", { done: true });
  told = "";
  script.push(({ last }) => {
    told += last;
    return { blocks: [{ type: "text", text: "What should be different?" }] };
  });
  await api().conversations.decideBuild({ id, buildId: card.buildId, answer: "no" });
  await expect.poll(() => told, { timeout: 10_000 }).toContain("No person has said yes");
});
