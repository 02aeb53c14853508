import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { ChatEventBody } from "../contract/chat.ts";
import { type Asked, type Scripted, serveScriptedModel } from "../llm/testing.ts";

let folder: string;
let sink: Server;
let model: Awaited<ReturnType<typeof serveScriptedModel>>;
let script: (asked: Asked) => Scripted | Promise<Scripted>;
const received: string[] = [];
const children: Running[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "crash-"));
  model = await serveScriptedModel((asked) => script(asked));
  sink = createServer((request, response) => {
    received.push(request.url ?? "");
    response.end();
  });
  await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  received.length = 0;
});
afterAll(async () => {
  sink.closeAllConnections();
  sink.close();
  await model.close();
  rmSync(folder, { recursive: true, force: true });
});

type Told = { seq: number; body: ChatEventBody };
type Running = {
  order(order: object): void;
  next<Key extends string>(key: Key): Promise<unknown>;
  /** Waits for an event that fits. */
  event(fits: (body: ChatEventBody) => boolean): Promise<ChatEventBody>;
  events: Told[];
  kill(): Promise<void>;
};

/** Starts a server on the folder. */
async function start(): Promise<Running> {
  const script = new URL("./testing/server-process.ts", import.meta.url).pathname;
  const address = sink.address() as AddressInfo;
  const child: ChildProcess = spawn(process.execPath, [script, folder, model.url, `http://127.0.0.1:${address.port}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: Record<string, unknown>[] = [];
  const events: Told[] = [];
  const waiting = new Set<() => void>();
  createInterface(child.stdout!).on("line", (line) => {
    const told = JSON.parse(line) as Record<string, unknown>;
    if (told.event) events.push(told.event as Told);
    else lines.push(told);
    for (const look of waiting) look();
  });
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const running: Running = {
    order: (order) => child.stdin!.write(`${JSON.stringify(order)}\n`),
    async next(key) {
      const index = await until(() => {
        const at = lines.findIndex((line) => key in line);
        return at < 0 ? undefined : at;
      });
      return lines.splice(index, 1)[0]?.[key];
    },
    event: (fits) => until(() => events.find(({ body }) => fits(body))?.body),
    events,
    kill: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
  children.push(running);
  await running.next("ready");
  return running;
}

async function conversation(server: Running): Promise<string> {
  server.order({ do: "create" });
  return String(await server.next("created"));
}

const text = (events: Told[]) => events.map(({ body }) => (body.type === "text" ? body.text : "")).join("");
const ended = (body: ChatEventBody) => body.type === "turn_ended";
const gapless = (events: Told[]) => events.every(({ seq }, index) => seq === index + 1);

it("begins an answer again that was cut by kill -9, and leaves the half that was told", async () => {
  let asked = 0;
  script = ({ body }) => {
    asked += 1;
    if (asked === 1)
      return {
        blocks: [{ type: "text", text: "Your boards are Kitchen, Launch, Books and many more." }],
        pauseMs: 150,
      };
    expect(JSON.stringify(body.messages)).not.toContain("Your boards");
    return { blocks: [{ type: "text", text: "You have four boards." }] };
  };
  const first = await start();
  const id = await conversation(first);
  first.order({ do: "follow", id });
  first.order({ do: "say", id, text: "show my boards" });
  await first.event((body) => body.type === "text");
  await first.kill();

  const second = await start();
  second.order({ do: "follow", id });
  expect(await second.event(ended)).toMatchObject({ outcome: "done" });
  expect(text(second.events)).toMatch(
    /^Your .*…\n\n\*Patchbay was restarted here\. The answer begins again:\*\n\nYou have four boards\.$/s,
  );
  expect(gapless(second.events)).toBe(true);
  expect(second.events.slice(0, first.events.length)).toEqual(first.events);
}, 60_000);

it("does not run a command again that was cut by kill -9, and tells the model what it had sent", async () => {
  const results: string[] = [];
  script = ({ last, turn }) => {
    results.push(last);
    if (last === "send it")
      return {
        blocks: [{ type: "tool_use", id: `toolu_${turn}`, name: "bash", input: { command: "send once; hang" } }],
      };
    return { blocks: [{ type: "text", text: "It was sent; I looked." }] };
  };
  const first = await start();
  const id = await conversation(first);
  first.order({ do: "follow", id });
  first.order({ do: "say", id, text: "send it" });
  await expect.poll(() => received).toEqual(["/once"]);
  first.order({ do: "say", id, text: "this waits behind it" });
  await first.event((body) => body.type === "user_message" && body.text === "this waits behind it");
  await first.kill();

  const second = await start();
  second.order({ do: "follow", id });
  await second.event((body) => body.type === "text" && body.text.includes("I looked"));
  expect(received).toEqual(["/once"]);
  const cut = second.events.map(({ body }) => body).find((body) => body.type === "tool_ended");
  expect(cut).toMatchObject({ ok: false, cut: true, result: expect.stringContaining("was not run again") });
  expect(results[1]).toContain("write words create: POST sink.example/once: sent, answer unknown");
  // What was said while the first ran is answered after it.
  await expect.poll(() => second.events.filter(({ body }) => ended(body)).length).toBe(2);
  expect(results[2]).toBe("this waits behind it");
  expect(gapless(second.events)).toBe(true);
}, 60_000);

it("hands a result that came before kill -9 to the model without running its command again", async () => {
  let hold = true;
  const results: string[] = [];
  script = async ({ last, turn }) => {
    if (last === "send two") {
      return {
        blocks: ["first", "second"].map((word, index) => ({
          type: "tool_use" as const,
          id: `toolu_${turn}_${index}`,
          name: "bash",
          input: { command: `send ${word}${index === 1 ? "; hang" : ""}` },
        })),
      };
    }
    results.push(last);
    if (hold) await new Promise(() => undefined);
    return { blocks: [{ type: "text", text: "Both known." }] };
  };
  const first = await start();
  const id = await conversation(first);
  first.order({ do: "follow", id });
  first.order({ do: "say", id, text: "send two" });
  await expect.poll(() => received).toEqual(["/first", "/second"]);
  await first.kill();

  // Killed once more, while the model is asked with the results.
  const second = await start();
  await expect.poll(() => results.length).toBe(1);
  await second.kill();
  hold = false;

  const third = await start();
  third.order({ do: "follow", id });
  expect(await third.event(ended)).toMatchObject({ outcome: "done" });
  expect(received).toEqual(["/first", "/second"]);
  expect(results[1]).toMatch(/sent first[\s\S]*cut: Patchbay was stopped while this ran/);
  expect(results[1]).toBe(results[0]);
  expect(third.events.filter(({ body }) => body.type === "tool_ended")).toHaveLength(2);
  expect(gapless(third.events)).toBe(true);
}, 60_000);
