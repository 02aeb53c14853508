import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ChatEventBody, ConsentCard } from "../contract/chat.ts";
import { follow } from "./cli/follow.ts";
import { connectTo } from "./cli/client.ts";
import type { Terminal } from "./cli/terminal.ts";
import { reads, type ReadsOptions, update, type UpdateOptions } from "./cli/update.ts";
import { home, readSettings } from "./env.ts";
import { type RunningServer, startServer } from "./server/start.ts";

/** A service whose document grows while somebody uses its tool. */
const sent: string[] = [];
const operation = (operationId: string, summary: string) => ({
  operationId,
  summary,
  responses: { 200: { description: "ok" } },
});
const first = {
  "/notes": { get: operation("listNotes", "List notes"), post: operation("createNote", "Create a note") },
  "/notes/search": { post: operation("searchNotes", "Search notes") },
};
let paths: object = first;
const service = createServer((request, response) => {
  const isDocument = request.url === "/openapi.json";
  if (!isDocument) sent.push(`${request.method} ${request.url}`);
  const document = { openapi: "3.1.0", info: { title: "Notes", version: "1" }, servers: [{ url: "/" }], paths };
  response
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify(isDocument ? document : [{ id: 1 }]));
});
const folder = mkdtempSync(join(tmpdir(), "patchbay-newer-"));
let server: RunningServer;
let site = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  site = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  server = await startServer(
    readSettings({ DATA_DIR: folder, PORT: "0", PRACTICE_PORT: "0", ALLOW_PRIVATE_HOSTS: new URL(site).host }),
    { page: false, anyPort: true, quiet: true },
  );
}, 60_000);
afterAll(async () => {
  await server.close();
  service.close();
  rmSync(folder, { recursive: true, force: true });
});

const api = () => connectTo({ url: server.local, token: server.token });

async function say(conversation: string, text: string, after = 0): Promise<{ events: ChatEventBody[]; last: number }> {
  const events: ChatEventBody[] = [];
  const ended = new AbortController();
  let last = after;
  await api().conversations.say({ id: conversation, text });
  for await (const { seq, body } of follow(api(), conversation, after, ended.signal)) {
    last = seq;
    events.push(body);
    if (body.type === "turn_ended") break;
  }
  ended.abort();
  return { events, last };
}
const cardIn = (events: ChatEventBody[]): ConsentCard => {
  const asked = events.find((body) => body.type === "consent_asked");
  if (asked?.type !== "consent_asked") throw new Error(JSON.stringify(events.slice(-3)));
  return asked.card;
};
const run = (...words: string[]) => api().runs.operation({ slug: "notes", words });
const operations = async () =>
  Object.fromEntries((await api().integrations.operations({ slug: "notes" })).map((one) => [one.name, one]));

/** A terminal at which nobody sits, and what it was told. */
function quietTerminal() {
  const told: string[] = [];
  const nobody = () => Promise.reject(new Error("nobody sits here"));
  const terminal: Terminal = {
    interactive: false,
    write: (text) => void told.push(text),
    ask: nobody,
    askHidden: nobody,
    choose: nobody,
    confirm: nobody,
    history: [],
  };
  return { terminal, told: () => told.join("") };
}
async function readsSay(options: Partial<ReadsOptions> = {}): Promise<string> {
  const { terminal, told } = quietTerminal();
  await reads(api(), terminal, "notes", { confirm: [], retract: [], ...options });
  return told();
}
async function updateSays(options: UpdateOptions): Promise<string> {
  const { terminal, told } = quietTerminal();
  await update(api(), terminal, "notes", options);
  return told();
}

/** The command itself, as somebody types it. */
function patchbay(...words: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(home, "src/apps/cli/main.ts"), ...words], {
      env: { PATH: process.env["PATH"], DATA_DIR: folder },
    });
    let told = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (told += chunk.toString()));
    child.on("close", () => resolve(told));
  });
}

it("asks the person in the chat, and nothing changes before they say yes", async () => {
  const { id } = await api().conversations.create({});
  const connecting = await say(id, `connect ${site}/openapi.json`);
  await api().connections.create({ slug: "notes", methodId: "none", secrets: {} });
  expect(Object.keys(await operations())).toEqual(["notes list", "notes create", "notes search"]);

  paths = { ...first, "/spies": { get: operation("listSpies", "List spies") } };
  const { events, last } = await say(id, "is there a newer version of notes?", connecting.last);
  const card = cardIn(events);
  expect(card).toMatchObject({
    question: "Use version 2 of Notes?",
    lines: ["version 1 → 2", "+ spies list (read): List spies", "1 operation asks before each use until you allow it"],
  });
  expect(await operations()).not.toHaveProperty("spies list");

  await api().conversations.consent({ id, cardId: card.cardId, answer: "yes" });
  expect((await operations())["spies list"]).toMatchObject({ access: "read", decision: "ask" });
  expect((await operations())["notes list"]).toMatchObject({ decision: "allow" });
  const upToDate = await say(id, "update notes", last);
  expect(JSON.stringify(upToDate.events)).toContain("notes is up to date.");
});

it("makes a read of a POST by a yes in the chat: it then runs without asking", async () => {
  const { id } = await api().conversations.create({});
  const waiting = await run("notes", "search");
  expect(waiting).toMatchObject({ waiting: { operation: "notes search", access: "write" } });
  expect(sent).not.toContain("POST /notes/search");
  if ("waiting" in waiting) await api().approvals.answer({ id: waiting.waiting.id, answer: "no" });

  const { events } = await say(id, "which writes of notes only read?");
  const card = cardIn(events);
  expect(card).toMatchObject({ about: { kind: "reads", operations: ["notes search"] } });
  await api().conversations.consent({ id, cardId: card.cardId, answer: "yes" });
  // Answered once, it stays answered.
  await api().conversations.consent({ id, cardId: card.cardId, answer: "no" });
  expect(await run("notes", "search")).toMatchObject({ exitCode: 0, stdout: '[{"id":1}]\n' });
  expect(sent).toContain("POST /notes/search");
  expect(await run("notes", "create")).toMatchObject({ waiting: { operation: "notes create" } });
});

it("does the same in the terminal, where nobody's yes is taken for granted", async () => {
  expect(await readsSay()).toContain("notes search  POST /notes/search  confirmed: it is sent by POST");
  expect(await readsSay({ retract: ["notes search"] })).toContain("notes search: a write again.");
  expect((await operations())["notes search"]).toMatchObject({ access: "write", decision: "ask" });
  expect(await readsSay({ confirm: ["notes create"], reason: "It only pretends." })).toContain("a read");
  expect((await operations())["notes create"]).toMatchObject({ access: "read", confirmedRead: "It only pretends." });
  await readsSay({ retract: ["notes create"] });

  const file = join(folder, "newer.json");
  const newer = { ...first, "/notes/{id}": { delete: operation("deleteNote", "Delete a note") } };
  const document = { openapi: "3.1.0", info: { title: "Notes", version: "3" }, servers: [{ url: site }], paths: newer };
  writeFileSync(file, JSON.stringify(document));
  const told = await updateSays({ file });
  expect(told).toContain("+ notes delete (write): Delete a note");
  expect(told).toContain("- spies list (read)");
  expect(told).toContain("is kept as a draft; nothing uses it");
  expect(await operations()).not.toHaveProperty("notes delete");
  expect(await patchbay("update", "notes", "--file", file, "--yes")).toContain("Notes is at version");
  expect(await operations()).toHaveProperty("notes delete");
});

it("has accounts sign in again before a version that reaches another host is used with them", async () => {
  const moved = {
    openapi: "3.1.0",
    info: { title: "Notes", version: "4" },
    servers: [{ url: "https://elsewhere.example" }],
    paths: first,
  };
  const { update } = await api().integrations.update({ slug: "notes", document: JSON.stringify(moved) });
  expect(update).toMatchObject({
    hosts: { added: ["elsewhere.example"], removed: [new URL(site).host] },
    signInAgain: true,
    startAtAsk: ["notes list", "notes create", "notes search"],
  });
  const versionId = update?.after.versionId ?? "";
  await api().integrations.discard({ slug: "notes", versionId });
  await expect(api().integrations.publish({ slug: "notes", versionId })).rejects.toMatchObject({ code: "not_found" });
});
