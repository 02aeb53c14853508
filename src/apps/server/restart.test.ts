import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChatEventBody } from "../../contract/chat.ts";
import type { Api } from "../../contract/procedures.ts";
import { startPractice } from "../../practice/start.ts";
import { connectTo, ServerFile } from "../cli/client.ts";
import { follow } from "../cli/follow.ts";
import { home } from "../env.ts";

const folder = mkdtempSync(join(tmpdir(), "patchbay-restart-"));
const settings = { DATA_DIR: folder, PORT: "0", PRACTICE_PORT: "0" };
let child: ChildProcess | undefined;
let api: Api;
let key = "";

/** Starts the server as a process of its own, which can be killed as no server in this process could be. */
async function start(): Promise<void> {
  const main = join(home, "src/apps/cli/main.ts");
  const started = spawn(process.execPath, [main, "start"], { env: { PATH: process.env["PATH"], ...settings } });
  child = started;
  await new Promise<void>((resolve, reject) => {
    started.stdout.on("data", (chunk: Buffer) => chunk.toString().includes("Ready after") && resolve());
    started.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  api = connectTo(ServerFile.parse(JSON.parse(readFileSync(join(folder, "server.json"), "utf8"))));
}

async function kill(): Promise<void> {
  if (!child) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  child = undefined;
  await gone;
}

/** Reads events from the first on until one is found. */
async function until(
  id: string,
  found: (body: ChatEventBody, seen: ChatEventBody[]) => boolean,
): Promise<ChatEventBody[]> {
  const enough = new AbortController();
  const seen: ChatEventBody[] = [];
  for await (const { seq, body } of follow(api, id, 0, enough.signal)) {
    expect(seq).toBe(seen.length + 1); // no gap, none twice
    seen.push(body);
    if (found(body, seen)) enough.abort();
  }
  return seen;
}

beforeAll(async () => {
  const practice = await startPractice({ dataDir: join(folder, "practice") });
  key = practice.keys.apiKey;
  await practice.close();
  await start();
}, 60_000);
afterAll(async () => {
  await kill();
  rmSync(folder, { recursive: true, force: true });
});

/** What the practice service holds, read when the server that brings it along is down. */
async function boards(): Promise<string[]> {
  const practice = await startPractice({ dataDir: join(folder, "practice") });
  const answer = await fetch(`${practice.url}/v1/boards`, { headers: { "x-board-key": key } });
  await practice.close();
  return [...(await answer.text()).matchAll(/"name":"([^"]+)"/g)].map((found) => found[1] ?? "");
}

describe("a server that is killed while a write waits for its yes", () => {
  const command = "$ practice boards create --name 'After the crash'";
  let conversation = "";

  it("has shown the question before it dies", async () => {
    await api.integrations.create({ wish: "practice" });
    await api.connections.create({ slug: "practice", secrets: { x_board_key: key } });
    conversation = (await api.conversations.create({})).id;
    await api.conversations.say({ id: conversation, text: command });
    const seen = await until(conversation, (body) => body.type === "approval_asked");
    expect(seen.at(-1)).toMatchObject({ type: "approval_asked" });
    await kill();
  });

  it("sent nothing", async () => {
    expect(await boards()).not.toContain("After the crash");
  });

  it("says after the restart that the answer was cut, and has lost nothing", async () => {
    await start();
    const seen = await until(conversation, (body) => body.type === "turn_ended");
    expect(seen.some((body) => body.type === "user_message" && body.text === command)).toBe(true);
    expect(seen).toContainEqual(expect.objectContaining({ type: "tool_ended", cut: true }));
  });

  it("takes the yes given later, for that one request, once", async () => {
    const [open, ...others] = await api.approvals.list({ status: "pending" });
    expect(others).toEqual([]);
    await api.approvals.answer({ id: open?.id ?? "", answer: "yes" });
    const ends = (seen: ChatEventBody[]) => seen.filter((one) => one.type === "turn_ended").length;
    await api.conversations.say({ id: conversation, text: command });
    const seen = await until(conversation, (_body, all) => ends(all) === 2);
    expect(seen.filter((body) => body.type === "approval_asked")).toHaveLength(1);
    // What page and terminal go by: the command had ended before the answer came.
    const cut = seen.findIndex((body) => body.type === "tool_ended" && body.cut);
    expect(seen.findIndex((body) => body.type === "approval_ended")).toBeGreaterThan(cut);
    await kill();
    expect((await boards()).filter((name) => name === "After the crash")).toHaveLength(1);
  });

  it("keeps conversations and sign-ins", async () => {
    await start();
    expect((await api.conversations.list({})).map((one) => one.id)).toContain(conversation);
    expect((await api.connections.list()).map((one) => one.status)).toEqual(["connected"]);
  });
});
