import { expect, it } from "vitest";
import { Problem } from "../contract/problem.ts";
import type { Asked, Scripted, ScriptedBlock } from "../llm/testing.ts";
import { bodiesOf, scratchBenches, textOf } from "./testing/bench.ts";

const benches = scratchBenches();

const searched = (id: string, query: string, ...urls: string[]): ScriptedBlock[] => [
  { type: "server_tool_use", id, name: "web_search", input: { query } },
  {
    type: "web_search_tool_result",
    tool_use_id: id,
    content: urls.map((url, at) => ({
      type: "web_search_result" as const,
      url,
      title: `Page ${at}\u202e`,
      encrypted_content: "sealed",
      page_age: null,
    })),
  },
];
const connect = (url: string): ScriptedBlock => ({ type: "tool_use", name: "connect", input: { url } });

/** What happens in a conversation, and which addresses were asked for. */
async function told(model: (asked: Asked) => Scripted) {
  const read: string[] = [];
  const bench = await benches.open({
    model,
    searches: true,
    connect: {
      build: async (_scope, { url = "" }) => {
        read.push(url);
        throw new Problem("document_missing", { status: 404 });
      },
    },
  });
  const { id } = await bench.agent.conversations.create(bench.scope);
  await bench.agent.say(bench.scope, id, "connect me to Acme");
  return { events: await bench.until(id, "turn_ended"), read, bench, id };
}

it("is one line in the conversation, with what was found behind it", async () => {
  const { events } = await told(() => ({
    blocks: [...searched("s1", "Acme\u200b API", "https://acme.example/docs"), { type: "text", text: "Found it." }],
  }));
  const [started] = bodiesOf(events, "tool_started");
  expect(started).toMatchObject({
    tool: "web_search",
    title: 'Searched the web for "Acme[U+200B] API": 1 result',
  });
  expect(bodiesOf(events, "tool_ended")).toMatchObject([
    { callId: "s1", ok: true, result: "Page 0[U+202E]\nhttps://acme.example/docs" },
  ]);
  expect(textOf(events)).toBe("Found it.");
});

it("finds addresses that may be asked for letter by letter, and no others at their hosts", async () => {
  const { read } = await told(({ turn }) => {
    if (turn === 1)
      return {
        blocks: [
          ...searched("s1", "Acme API", "https://acme.example/docs?v=2"),
          connect("https://acme.example/docs?v=2"),
        ],
      };
    if (turn === 2)
      return { blocks: [connect("https://acme.example/canary-4711"), connect("https://acme.example/docs")] };
    return { blocks: [{ type: "text", text: "hm" }] };
  });
  expect(read).toEqual(["https://acme.example/docs?v=2"]);
});

it("is not needed for an address the model knows, as long as nothing of others' was read", async () => {
  const { read } = await told(({ turn }) => {
    const [first, second, third] = [
      "https://acme.example/api",
      "https://docs.acme.example/",
      "https://acme.example/other",
    ];
    if (turn === 1) return { blocks: [connect(first!)] };
    if (turn === 2) return { blocks: [connect(second!), { type: "tool_use", name: "bash", input: { command: "ls" } }] };
    return turn === 3 ? { blocks: [connect(third!)] } : { blocks: [{ type: "text", text: "hm" }] };
  });
  expect(read).toEqual(["https://acme.example/api", "https://docs.acme.example/"]);
});

it("ends the turn when it has cost a dozen, until the person says to go on", async () => {
  const { events, bench, id } = await told(({ turn }) => ({
    blocks: [1, 2, 3, 4]
      .flatMap((at) => searched(`s${turn}-${at}`, "more", "https://acme.example/"))
      .concat([{ type: "tool_use", name: "bash", input: { command: "ls" } }]),
  }));
  expect(bodiesOf(events, "tool_started").filter((one) => one.tool === "web_search")).toHaveLength(12);
  expect(textOf(events)).toContain("I stopped here after 12 searches of the web.");
  await bench.agent.say(bench.scope, id, "go on");
  expect(bodiesOf(await bench.until(id, "turn_ended", 2), "tool_started").length).toBeGreaterThan(15);
});
