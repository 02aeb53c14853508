import { expect, it } from "vitest";
import type { Scripted } from "../llm/testing.ts";
import { bodiesOf, scratchBenches, textOf } from "./testing/bench.ts";

const { open: bench, database } = scratchBenches();

const text = (text: string): Scripted => ({ blocks: [{ type: "text", text }] });
const bash = (...commands: string[]): Scripted => ({
  blocks: commands.map((command) => ({ type: "tool_use" as const, name: "bash", input: { command } })),
});

it("answers, and tells it as events without a gap", async () => {
  const { agent, scope, until } = await bench({ model: () => text("Hello Ann, what shall we connect today?") });
  const { id } = await agent.conversations.create(scope);
  const { turnId } = await agent.say(scope, id, "hello");
  const events = await until(id, "turn_ended");
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events[0]!.body).toMatchObject({ type: "user_message", text: "hello" });
  expect(events[1]!.body).toEqual({ type: "turn_started", turnId });
  expect(textOf(events)).toBe("Hello Ann, what shall we connect today?");
  expect(events.at(-1)!.body).toEqual({ type: "turn_ended", turnId, outcome: "done" });
  expect(bodiesOf(events, "usage")[0]).toMatchObject({ model: "claude-sonnet-5-5" });
});

it("runs the commands of the model and hands it their output as marked data", async () => {
  const asked: string[] = [];
  const { agent, scope, until } = await bench({
    model({ turn, last }) {
      asked.push(last);
      return turn === 1 ? bash("trello boards list") : text("You have one board.");
    },
    async shell(command, _call, onOutput) {
      onOutput("stdout", '[{"name":"Kitchen"}]\n');
      return { stdout: `[{"name":"Kitchen"}]\n`, exitCode: command === "trello boards list" ? 0 : 2 };
    },
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "show my boards");
  const events = await until(id, "turn_ended");
  expect(asked[1]).toMatch(/^exit code 0\n<(data-[0-9a-f]{12}) from="bash">\n\[\{"name":"Kitchen"\}\]\n<\/\1>$/);
  expect(bodiesOf(events, "tool_started")).toMatchObject([
    { tool: "bash", title: "trello boards list", input: { command: "trello boards list" } },
  ]);
  expect(bodiesOf(events, "tool_output")).toMatchObject([{ stream: "stdout", text: '[{"name":"Kitchen"}]\n' }]);
  expect(bodiesOf(events, "tool_ended")).toMatchObject([{ ok: true, result: 'exit code 0\n[{"name":"Kitchen"}]' }]);
});

it("keeps a long output in a file and shows the model its shape and beginning", async () => {
  const cards = JSON.stringify(
    Array.from({ length: 400 }, (_, index) => ({ id: index, name: `Card ${index}`, labels: [{ name: "x" }] })),
  );
  let told = "";
  const { agent, scope, until, files } = await bench({
    model({ turn, last }) {
      told = last;
      return turn === 1 ? bash("trello cards list") : text("Many.");
    },
    shell: async () => ({ stdout: cards }),
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "all cards");
  const events = await until(id, "turn_ended");
  const { file } = bodiesOf(events, "tool_ended")[0]!;
  expect(files.get(file!)).toBe(cards);
  expect(told).toContain(`output kept in ${file}`);
  expect(told).toContain("shape: [400 × {id: number, name: string, labels: [1 × {name: string}]}]");
  expect(told.length).toBeLessThan(3_000);
});

it("queues what is said during an answer, and answers both in order", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const { agent, scope, until } = await bench({
    async model({ last }) {
      if (last === "first") await held;
      return text(`You said ${last}.`);
    },
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "first");
  await agent.say(scope, id, "second");
  expect(await agent.conversations.get(scope, id)).toMatchObject({ running: true, title: "first" });
  release();
  const events = await until(id, "turn_ended", 2);
  expect(textOf(events)).toBe("You said first.You said second.");
  expect(bodiesOf(events, "user_message").map((one) => one.text)).toEqual(["first", "second"]);
  expect(await agent.conversations.get(scope, id)).toMatchObject({ running: false });
});

it("shows choices, waits for the person, and joins the pick to the history", async () => {
  const { agent, scope, until } = await bench({
    model: ({ turn, last }) =>
      turn === 1
        ? {
            blocks: [
              {
                type: "tool_use",
                name: "choices",
                input: { question: "Which?", choices: [{ label: "A" }, { label: "B", say: "take B" }] },
              },
            ],
          }
        : text(`Picked: ${last}`),
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "go");
  const shown = await until(id, "turn_ended");
  expect(bodiesOf(shown, "choices")).toEqual([
    {
      type: "choices",
      question: "Which?",
      choices: [
        { label: "A", say: "A" },
        { label: "B", say: "take B" },
      ],
    },
  ]);
  await agent.say(scope, id, "take B");
  expect(textOf(await until(id, "turn_ended", 2))).toContain("take B");
});

it("tells the person in plain words when the model cannot be asked, and goes on with the next message", async () => {
  const { agent, scope, until } = await bench({
    model: ({ turn }) => (turn === 1 ? { status: 401, type: "authentication_error" } : text("Here again.")),
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "hello");
  expect(bodiesOf(await until(id, "turn_ended"), "turn_ended")[0]).toMatchObject({
    outcome: "failed",
    code: "model_unavailable",
    message: expect.stringContaining("ANTHROPIC_API_KEY"),
  });
  await agent.say(scope, id, "and now?");
  expect(textOf(await until(id, "turn_ended", 2))).toBe("Here again.");
});

it("stops a running command and leaves a history the model accepts", async () => {
  const { agent, scope, until } = await bench({
    model: ({ last }) => (last === "go" ? bash("sleep 100", "echo never") : text(`I heard: ${last}`)),
    shell: (command, call) =>
      new Promise((resolve) => {
        expect(command).toBe("sleep 100");
        call.signal.addEventListener("abort", () => resolve({ cut: "stopped", exitCode: 130 }));
      }),
    requests: [
      {
        operation: "cards create",
        access: "write",
        method: "POST",
        host: "api.trello.com",
        path: "/1/cards",
        status: 200,
        outcome: "answered",
        ms: 12,
        at: new Date(),
      },
    ],
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "go");
  await until(id, "tool_started");
  await agent.say(scope, id, "this waits");
  await agent.stop(scope, id);
  const events = await until(id, "turn_ended", 2);
  expect(bodiesOf(events, "turn_ended").map((one) => one.outcome)).toEqual(["stopped", "stopped"]);
  expect(bodiesOf(events, "tool_ended")).toMatchObject([
    { ok: false, cut: true, result: expect.stringContaining("POST api.trello.com/1/cards: status 200") },
  ]);
  await agent.say(scope, id, "what happened?");
  expect(textOf(await until(id, "turn_ended", 3))).toContain("It was not run.");
});

it("keeps the half that was spoken when it is stopped", async () => {
  const { agent, scope, until } = await bench({
    model: ({ turn, body }) =>
      turn === 1
        ? { blocks: [{ type: "text", text: "A very long story. ".repeat(60) }], pauseMs: 5 }
        : text(JSON.stringify(body.messages[1])),
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "tell");
  await until(id, "text");
  await agent.stop(scope, id);
  await agent.say(scope, id, "what did you say?");
  const told = textOf(await until(id, "turn_ended", 2));
  expect(told).toContain("[the answer was ended here]");
});

it("answers a call of a tool that does not exist, and one with input that does not fit", async () => {
  const answers: string[] = [];
  const { agent, scope, until } = await bench({
    model({ turn, last }) {
      answers.push(last);
      if (turn > 1) return text("I see.");
      return {
        blocks: [
          { type: "tool_use", name: "fly", input: {} },
          { type: "tool_use", name: "bash", input: { line: "ls" } },
        ],
      };
    },
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "go");
  await until(id, "turn_ended");
  expect(answers[1]).toContain("There is no tool called fly.");
  expect(answers[1]).toContain("The input does not fit: command:");
});

it("makes no call whose input was cut at the longest length of an answer", async () => {
  const ran: string[] = [];
  const { agent, scope, until } = await bench({
    model: ({ turn }) => (turn === 1 ? ({ ...bash("rm all"), stopReason: "max_tokens" } as Scripted) : text("ok")),
    async shell(command) {
      ran.push(command);
      return {};
    },
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "go");
  expect(textOf(await until(id, "turn_ended"))).toContain("longest length");
  expect(ran).toEqual([]);
});

it("hides the story of a bug behind a number", async () => {
  const { agent, scope, until, log } = await bench({
    model: ({ turn, last }) => (turn === 1 ? bash("x") : text(last)),
    shell: () => Promise.reject(new Error("password=canary-7")),
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "go");
  const told = textOf(await until(id, "turn_ended"));
  expect(told).toMatch(/Something broke on our side \(request [0-9a-f]{8}\)/);
  expect(told).not.toContain("canary-7");
  expect(log.join()).toContain("canary-7");
});

it("keeps a pasted document as a file and names it to the model", async () => {
  let told = "";
  const { agent, scope, until, files } = await bench({
    model({ last }) {
      told = last;
      return text("ok");
    },
  });
  const { id } = await agent.conversations.create(scope);
  const document = `{"openapi":"3.1.0","info":{"title":"Practice"},"paths":{}}`;
  await agent.say(scope, id, document);
  const events = await until(id, "turn_ended");
  const [path] = [...files.keys()];
  expect(path).toMatch(/^pasted-[0-9a-f]{8}\.json$/);
  expect(files.get(path!)).toBe(document);
  expect(told).toContain(`is in the file ${path}.]`);
  expect(bodiesOf(events, "user_message")[0]!.text).toBe(document);
});

it("goes on with the wish once the server has proved the sign-in", async () => {
  let told = "";
  const { agent, scope, until } = await bench({
    model({ turn, last }) {
      told = last;
      return turn === 1 ? text("Please sign in.") : text("Connected; here are your boards.");
    },
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "connect trello and show my boards");
  await until(id, "turn_ended");
  const proof = await agent.continueAfterSignIn(scope, id, { cardId: "card-1", connectionId: "c-1" });
  expect(proof).toMatchObject({ ok: true });
  const events = await until(id, "turn_ended", 2);
  expect(bodiesOf(events, "connected")).toEqual([
    {
      type: "connected",
      cardId: "card-1",
      connectionId: "c-1",
      slug: "trello",
      label: "ann@example.com",
      proof: { operation: "boards list", ms: 3 },
    },
  ]);
  expect(told).toContain("[Patchbay] connected: trello. The server proved it by reading `trello boards list`.");
});

it("is no way into a conversation of somebody else", async () => {
  const { agent, scope } = await bench({ model: () => text("hi") });
  const { id } = await agent.conversations.create(scope);
  const stranger = await database().createTenant("Other", { name: "Eve" });
  const colleague = { ...scope, personId: stranger.personId };
  for (const who of [stranger, colleague]) {
    await expect(agent.say(who, id, "hello")).rejects.toMatchObject({ code: "not_found" });
    await expect(agent.stop(who, id)).rejects.toMatchObject({ code: "not_found" });
    await expect(agent.conversations.delete(who, id)).rejects.toMatchObject({ code: "not_found" });
    const events = agent.events(who, id, { after: 0, signal: AbortSignal.timeout(1_000) });
    await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "not_found" });
    expect(await agent.conversations.list(who)).toEqual([]);
  }
  await expect(agent.say(scope, "no-such-id", "hello")).rejects.toMatchObject({ code: "not_found" });
});

it("says a message anew: what came after it is no longer seen by the model, and the events stay whole", async () => {
  const histories: string[] = [];
  const { agent, scope, until } = await bench({
    model({ turn, body }) {
      histories.push(JSON.stringify(body.messages));
      return text(`Answer ${turn}.`);
    },
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "first thing");
  const [said] = bodiesOf(await until(id, "turn_ended"), "user_message");
  await agent.say(scope, id, "second thing");
  await until(id, "turn_ended", 2);
  await agent.say(scope, id, "better first thing", { instead: said!.messageId });
  const events = await until(id, "turn_ended", 3);
  expect(histories[2]).toContain("better first thing");
  expect(histories[2]).not.toContain("second thing");
  expect(histories[2]).not.toContain("Answer 1");
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(bodiesOf(events, "user_message")[2]).toMatchObject({ instead: said!.messageId });
  await expect(agent.say(scope, id, "x", { instead: "not-a-message" })).rejects.toMatchObject({ code: "not_found" });
});

it("tells the model of files that came with a message, by name only", async () => {
  let told = "";
  const { agent, scope, until } = await bench({
    model({ last }) {
      told = last;
      return text("Read.");
    },
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "what is in it?", { files: ["numbers.csv"] });
  expect(bodiesOf(await until(id, "turn_ended"), "user_message")).toMatchObject([{ files: ["numbers.csv"] }]);
  expect(told).toBe("what is in it?\n[The file numbers.csv came with this; it lies in the conversation's files.]");
});

it("keeps what a call sent and got for whoever asks, and tells only the lines of it", async () => {
  const line = { service: "Trello", account: "ann", operation: "boards list", access: "read" as const, method: "GET" };
  const raw = {
    ...line,
    host: "api.trello.com",
    path: "/boards",
    query: "limit=3",
    contentType: null,
    body: null,
    status: 200,
    ms: 4,
  };
  const { agent, scope, until } = await bench({
    model: ({ turn }) => (turn === 1 ? bash("trello boards list") : text("Done.")),
    shell: async () => ({ stdout: "[]", raw: [{ ...raw, answer: { contentType: null, text: "[]", bytes: 2 } }] }),
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "boards");
  const [ended] = bodiesOf(await until(id, "turn_ended"), "tool_ended");
  expect(ended?.requests).toEqual([{ ...line, host: "api.trello.com", path: "/boards", status: 200, ms: 4 }]);
  expect(await agent.requestsOfCall(scope, id, ended!.callId)).toMatchObject([
    { query: "limit=3", answer: { text: "[]" } },
  ]);
  const eve = await database().createTenant("Eve", { name: "Eve" });
  await expect(agent.requestsOfCall(eve, id, ended!.callId)).rejects.toMatchObject({ code: "not_found" });
});

it("draws a chart from what the model gives, and refuses one whose numbers do not fit its labels", async () => {
  const chart = (labels: string[]): Scripted => ({
    blocks: [
      { type: "tool_use", name: "chart", input: { title: "Cards", kind: "bar", labels, series: [{ values: [3, 1] }] } },
    ],
  });
  const { agent, scope, until } = await bench({
    model: ({ turn }) => (turn === 1 ? chart(["To do"]) : turn === 2 ? chart(["To do", "Do\u202ene"]) : text("There.")),
  });
  const { id } = await agent.conversations.create(scope);
  await agent.say(scope, id, "chart them");
  const events = await until(id, "turn_ended");
  expect(bodiesOf(events, "tool_ended").map(({ ok }) => ok)).toEqual([false, true]);
  expect(bodiesOf(events, "chart")).toMatchObject([
    { chart: { title: "Cards", labels: ["To do", "Do[U+202E]ne"], series: [{ name: "count", values: [3, 1] }] } },
  ]);
});

it("finds a conversation by its name and by what was said in it, and nobody else's", async () => {
  const { agent, scope, until } = await bench({ model: () => text("The kettle is 100% blue.") });
  const { id } = await agent.conversations.create(scope, "Kitchen");
  await agent.say(scope, id, "which colour?");
  await until(id, "turn_ended");
  const found = async (search: string) => (await agent.conversations.list(scope, search)).map((one) => one.id);
  expect(await found("kitch")).toEqual([id]);
  expect(await found("KETTLE is")).toEqual([id]);
  expect(await found("100% b")).toEqual([id]);
  expect(await found("100%red")).toEqual([]);
  const eve = await database().createTenant("Eve", { name: "Eve" });
  expect(await agent.conversations.list(eve, "kettle")).toEqual([]);
});
