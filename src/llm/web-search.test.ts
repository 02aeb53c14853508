import { afterEach, describe, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { anthropicModel } from "./anthropic.ts";
import type { ModelEvent, ModelMessage, ModelRequest } from "./model.ts";
import { type Asked, type Scripted, type ScriptedBlock, serveScriptedModel } from "./testing.ts";
import { knownSearches, type SearchSetting } from "./web-search.ts";

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

const hello: ModelMessage = { role: "user", content: [{ type: "text", text: "find the docs of Acme" }] };
const note = "web_search finds docs";

/** A service, and models of one process that ask it. */
async function models(
  script: (asked: Asked) => Scripted,
  o: { setting?: SearchSetting; says?: boolean } = { setting: "on" },
) {
  const service = await serveScriptedModel(script, o.says === undefined ? {} : { webSearch: o.says });
  running.push(service);
  const searches = knownSearches(o.setting);
  const ask = async (messages = [hello], more: Partial<ModelRequest> = {}, model = "m"): Promise<ModelEvent[]> => {
    const asked = anthropicModel({ apiKey: new Secret("k"), baseUrl: service.url, model, searches });
    const heard: ModelEvent[] = [];
    const request = { system: [{ text: "stable" }], messages, tools: [], signal: new AbortController().signal };
    for await (const event of asked.stream({ ...request, webSearch: { maxUses: 3, note }, ...more })) heard.push(event);
    return heard;
  };
  return { service, ask };
}

const tools = ({ body }: Asked) => (body.tools ?? []).map((tool) => ("name" in tool ? tool.name : tool.type));
const said = (events: ModelEvent[]) => events.flatMap((event) => (event.type === "text" ? [event.text] : [])).join("");
const contentOf = (events: ModelEvent[]) => {
  const last = events.at(-1);
  if (last?.type !== "message") throw new Error("no message");
  return last;
};

const result = {
  type: "web_search_result" as const,
  url: "https://acme.example/docs",
  title: "Acme API",
  encrypted_content: "sealed-1",
  page_age: null,
};
const search: ScriptedBlock = {
  type: "server_tool_use",
  id: "srv_1",
  name: "web_search",
  input: { query: "Acme API docs" },
};
const found: ScriptedBlock = { type: "web_search_tool_result", tool_use_id: "srv_1", content: [result] };
const cited: ScriptedBlock = {
  type: "text",
  text: "Acme has docs.",
  citations: [
    {
      type: "web_search_result_location",
      cited_text: "Docs",
      encrypted_index: "sealed-2",
      title: "Acme API",
      url: result.url,
    },
  ],
};

describe("whether the web is searched", () => {
  it.each([
    ["where the endpoint says that it can", "auto", true, ["web_search"]],
    ["not where it says that it cannot", "auto", false, []],
    ["not where it says nothing", "auto", undefined, []],
    ["anywhere when it is switched on", "on", undefined, ["web_search"]],
    ["nowhere when it is switched off", "off", true, []],
  ] as const)("%s", async (_where, setting, says, expected) => {
    const { service, ask } = await models(() => ({ blocks: [{ type: "text", text: "hi" }] }), {
      setting,
      ...(says === undefined ? {} : { says }),
    });
    await ask();
    const [asked] = service.requests;
    expect(tools(asked!)).toEqual(expected);
    expect(JSON.stringify(asked!.body.system).includes(note)).toBe(expected.length > 0);
    const tool = { type: "web_search_20250305", name: "web_search", max_uses: 3 };
    expect(asked!.body.tools).toEqual(expected.map(() => tool));
  });

  it("goes on without it where the service refuses the tool, and does not offer it there again", async () => {
    const { service, ask } = await models((asked) =>
      tools(asked).includes("web_search")
        ? { status: 400, type: "invalid_request_error", message: "tools.0: web search is not enabled" }
        : { blocks: [{ type: "text", text: "without" }] },
    );
    expect(said(await ask())).toBe("without");
    expect(said(await ask())).toBe("without");
    expect(service.requests.map(tools)).toEqual([["web_search"], [], []]);
    await ask([hello], {}, "another");
    expect(tools(service.requests[3]!)).toEqual(["web_search"]);
  });

  it("takes a refusal of the request itself for no refusal of the tool", async () => {
    const { service, ask } = await models(({ turn }) =>
      turn < 3
        ? { status: 400, type: "invalid_request_error", message: "prompt is too long: 210000" }
        : { blocks: [{ type: "text", text: "hi" }] },
    );
    await expect(ask()).rejects.toThrow(/grown too long/);
    await ask();
    expect(service.requests.map(tools)).toEqual([["web_search"], [], ["web_search"]]);
  });
});

describe("a search", () => {
  it("is told with its words and what was found, and handed back as it came", async () => {
    const { service, ask } = await models(({ turn }) =>
      turn === 1 ? { blocks: [search, found, cited] } : { blocks: [{ type: "text", text: "yes" }] },
    );
    const events = await ask();
    expect(events[0]).toEqual({
      type: "search",
      id: "srv_1",
      query: "Acme API docs",
      results: [{ title: "Acme API", url: result.url }],
    });
    const history: ModelMessage[] = [hello, { role: "assistant", content: contentOf(events).content }, hello];
    await ask(history);
    expect(service.requests[1]!.body.messages[1]!.content).toEqual([
      { ...search, caller: { type: "direct" } },
      { ...found, caller: { type: "direct" } },
      cited,
    ]);
    // Without the tool, and for another model, only its words are left.
    await ask(history, {}, "another");
    expect(service.requests[2]!.body.messages[1]!.content).toEqual([{ type: "text", text: "Acme has docs." }]);
  });

  it("that failed is told so, and the answer goes on", async () => {
    const failed: ScriptedBlock = {
      type: "web_search_tool_result",
      tool_use_id: "srv_1",
      content: { type: "web_search_tool_result_error", error_code: "too_many_requests" },
    };
    const { ask } = await models(() => ({ blocks: [search, failed, { type: "text", text: "I cannot look it up." }] }));
    const events = await ask();
    expect(events[0]).toMatchObject({ type: "search", results: [], failed: "too_many_requests" });
    expect(said(events)).toBe("I cannot look it up.");
  });

  it("amid which the service paused goes on where it stood, and comes as one answer", async () => {
    const { service, ask } = await models(({ turn }) =>
      turn === 1
        ? {
            blocks: [{ type: "text", text: "Looking. " }, search, found],
            stopReason: "pause_turn",
            usage: { input_tokens: 10 },
          }
        : { blocks: [cited], usage: { input_tokens: 5 } },
    );
    const events = await ask();
    expect(said(events)).toBe("Looking. Acme has docs.");
    const { content, stopReason, usage } = contentOf(events);
    expect([stopReason, usage.inputTokens, content.map((one) => one.type)]).toEqual([
      "end_turn",
      15,
      ["text", "opaque", "opaque", "text"],
    ]);
    expect(service.requests[1]!.body.messages.at(-1)).toMatchObject({ role: "assistant" });
  });

  it("that pauses for ever is ended", async () => {
    const { service, ask } = await models(() => ({
      blocks: [{ type: "text", text: "." }],
      stopReason: "pause_turn",
    }));
    expect(said(await ask())).toBe("......");
    expect(service.requests).toHaveLength(6);
  });

  it("whose result never came is not handed back", async () => {
    const { service, ask } = await models(({ turn }) =>
      turn === 1
        ? { blocks: [{ type: "text", text: "Let me look" }, search], stopReason: "max_tokens" }
        : { blocks: [{ type: "text", text: "yes" }] },
    );
    const { content } = contentOf(await ask());
    await ask([hello, { role: "assistant", content }, hello]);
    expect(service.requests[1]!.body.messages[1]!.content).toEqual([{ type: "text", text: "Let me look" }]);
  });
});
