import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { ChatEvent } from "../contract/chat.ts";
import type { Secret } from "../contract/secret.ts";
import type { Database } from "../database/database.ts";
import { openDatabase } from "../database/open.ts";
import { eachEngine, freshPostgres } from "../database/testing.ts";
import type { Scripted } from "../llm/testing.ts";
import { type Bench, type BenchOptions, bodiesOf, openBench, textOf } from "./testing/bench.ts";

const benches: Bench[] = [];
afterEach(async () => {
  await Promise.all(benches.splice(0).map((one) => one.close()));
});

async function server(options: BenchOptions): Promise<Bench> {
  const opened = await openBench(options);
  benches.push(opened);
  return opened;
}

const databases: Database[] = [];
afterAll(async () => {
  await Promise.all(databases.map((one) => one.close()));
});

/** A server process has its own connections. */
async function openPostgres(url: Secret): Promise<Database> {
  const database = await openDatabase({ url });
  databases.push(database);
  return database;
}

const text = (text: string): Scripted => ({ blocks: [{ type: "text", text }] });
const words = Array.from({ length: 120 }, (_, index) => `word${index} `).join("");

async function collect(
  bench: Bench,
  id: string,
  after: number,
  until: (event: ChatEvent) => boolean,
): Promise<ChatEvent[]> {
  const seen: ChatEvent[] = [];
  const enough = new AbortController();
  for await (const event of bench.agent.events(bench.scope, id, { after, signal: enough.signal })) {
    seen.push(event);
    if (until(event)) break;
  }
  return seen;
}

const isEnd = ({ body }: ChatEvent) => body.type === "turn_ended";

eachEngine((open) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });

  it("shows two clients of two servers the same, live", async () => {
    const one = await server({ database, model: () => ({ blocks: [{ type: "text", text: words }], pauseMs: 3 }) });
    const other = await server({ database, model: () => text("never asked"), scope: one.scope, serverId: "server-2" });
    const { id } = await one.agent.conversations.create(one.scope);
    const here = collect(one, id, 0, isEnd);
    const there = collect(other, id, 0, isEnd);
    await one.agent.say(one.scope, id, "go");
    const [mine, theirs] = await Promise.all([here, there]);
    expect(theirs).toEqual(mine);
    expect(textOf(mine)).toBe(words);
  });

  it("continues without a gap or a double for a client that comes back at any point", async () => {
    const { agent, scope, ...bench } = await server({
      database,
      model: () => ({ blocks: [{ type: "text", text: words }], pauseMs: 3 }),
    });
    const { id } = await agent.conversations.create(scope);
    await agent.say(scope, id, "go");
    const seen: ChatEvent[] = [];
    // Leaves after each event and comes back with the last number it has.
    while (!seen.some(isEnd)) {
      seen.push(...(await collect({ agent, scope, ...bench }, id, seen.at(-1)?.seq ?? 0, () => true)));
    }
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    expect(textOf(seen)).toBe(words);
  });

  it("ends the stream of a client that goes, and of a conversation that is deleted", async () => {
    const { agent, scope } = await server({ database, model: () => text("hi") });
    const { id } = await agent.conversations.create(scope);
    const gone = new AbortController();
    const watching = (async () => {
      for await (const _event of agent.events(scope, id, { after: 0, signal: gone.signal }))
        throw new Error("nothing happens here");
      return "ended";
    })();
    gone.abort();
    expect(await watching).toBe("ended");
    const another = (async () => {
      for await (const _event of agent.events(scope, id, { after: 0, signal: new AbortController().signal }));
      return "ended";
    })();
    await agent.conversations.delete(scope, id);
    await agent.emit(scope, id, { type: "turn_started", turnId: "t" }).catch(() => undefined);
    await database.notify("conversation_events", id);
    expect(await another).toBe("ended");
  });

  it("numbers events without a gap when many are appended at once", async () => {
    const { agent, scope, until } = await server({ database, model: () => text("hi") });
    const { id } = await agent.conversations.create(scope);
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        agent.emit(scope, id, { type: "text", messageId: "m", text: `${index} ` }),
      ),
    );
    const events = await until(id, "text", 40);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(new Set(textOf(events).trim().split(" ")).size).toBe(40);
  });

  it("keeps what a database would refuse out of events and messages", async () => {
    const { agent, scope, until } = await server({
      database,
      model: ({ turn }) =>
        turn === 1
          ? { blocks: [{ type: "tool_use", name: "bash", input: { "comm\u0000and": "x", command: "a\u0000b\ud800" } }] }
          : text("ok"),
      shell: async () => ({ stdout: "c\u0000d\ud83d" }),
    });
    const { id } = await agent.conversations.create(scope);
    await agent.say(scope, id, "nul \u0000 and half \udc00");
    const events = await until(id, "turn_ended");
    expect(bodiesOf(events, "turn_ended")[0]).toMatchObject({ outcome: "done" });
    expect(bodiesOf(events, "tool_ended")[0]!.result).toContain("c[U+0000]d\ufffd");
  });

  it("hands its turns on when it is closed, and gives one up that ended too many servers", async () => {
    let asked = 0;
    const model = async (): Promise<Scripted> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const first = await server({ database, model });
    const { id } = await first.agent.conversations.create(first.scope);
    await first.agent.say(first.scope, id, "go");
    await expect.poll(() => asked).toBe(1);
    await first.agent.close();
    for (let round = 2; round <= 4; round++) {
      const next = await server({ database, model, scope: first.scope, serverId: `server-${round}` });
      await next.agent.resume();
      await expect.poll(() => asked).toBe(round);
      await next.agent.close();
    }
    const last = await server({ database, model, scope: first.scope, serverId: "server-5" });
    await last.agent.resume();
    const events = await last.until(id, "turn_ended");
    expect(bodiesOf(events, "turn_ended")[0]).toMatchObject({
      outcome: "cut",
      code: "turn_cut",
      message: expect.stringContaining('say "go on"'),
    });
    expect(asked).toBe(4);
  });
});

it("takes over the turn of a server that is silent, which then leaves its hands off", async () => {
  let clock = Date.now();
  const asked: string[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const url = await freshPostgres();
  const silent = await server({
    database: await openPostgres(url),
    async model() {
      asked.push("silent");
      await held;
      return text("The silent one speaks.");
    },
    now: () => new Date(clock),
  });
  const { id } = await silent.agent.conversations.create(silent.scope);
  await silent.agent.say(silent.scope, id, "go");
  await expect.poll(() => asked).toEqual(["silent"]);

  const other = await server({
    database: await openPostgres(url),
    scope: silent.scope,
    serverId: "server-2",
    model: () => text("The other one speaks."),
    now: () => new Date(clock),
  });
  await other.agent.resume();
  expect(await other.agent.conversations.get(other.scope, id)).toMatchObject({ running: true });

  clock += 60_000; // nobody renewed the lease
  await other.agent.resume();
  const events = await other.until(id, "turn_ended");
  release();
  await silent.agent.close();
  expect(textOf(await other.until(id, "turn_ended"))).toBe("The other one speaks.");
  expect(bodiesOf(events, "turn_ended")).toHaveLength(1);
  await other.agent.say(other.scope, id, "still in order?");
  expect(textOf(await other.until(id, "turn_ended", 2))).toBe("The other one speaks.The other one speaks.");
});

it("stops a turn from another server than the one that works on it", async () => {
  const url = await freshPostgres();
  const one = await server({
    database: await openPostgres(url),
    model: () => ({ blocks: [{ type: "text", text: words.repeat(20) }], pauseMs: 5 }),
  });
  const other = await server({
    database: await openPostgres(url),
    scope: one.scope,
    serverId: "server-2",
    model: () => text("no"),
  });
  const { id } = await one.agent.conversations.create(one.scope);
  await one.agent.say(one.scope, id, "go");
  await one.until(id, "text");
  await other.agent.stop(other.scope, id);
  expect(bodiesOf(await other.until(id, "turn_ended"), "turn_ended")[0]).toMatchObject({ outcome: "stopped" });
});
