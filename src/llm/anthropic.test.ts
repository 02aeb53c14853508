import { afterEach, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { anthropicModel, defaultModel } from "./anthropic.ts";
import type { ModelEvent, ModelMessage, ModelRequest } from "./model.ts";
import { serveScriptedModel, type Asked, type Scripted } from "./testing.ts";

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

const bash = {
  name: "bash",
  description: "Runs a command.",
  inputSchema: { properties: { command: { type: "string" } } },
};
const hello: ModelMessage = { role: "user", content: [{ type: "text", text: "hello" }] };

async function model(script: (asked: Asked) => Scripted) {
  const service = await serveScriptedModel(script);
  running.push(service);
  return { service, model: anthropicModel({ apiKey: new Secret("key-canary"), baseUrl: service.url }) };
}

function ask(request: Partial<ModelRequest> = {}): ModelRequest {
  return {
    system: [{ text: "stable", cache: true }, { text: "changing" }],
    messages: [hello],
    tools: [bash],
    signal: new AbortController().signal,
    ...request,
  };
}

async function all(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const heard: ModelEvent[] = [];
  for await (const event of events) heard.push(event);
  return heard;
}

it("streams text as it comes and ends with the whole message and its usage", async () => {
  const { model: asked } = await model(() => ({
    blocks: [
      { type: "text", text: "Looking at your boards, one moment please." },
      { type: "tool_use", id: "toolu_9", name: "bash", input: { command: "trello boards list | head" } },
    ],
    usage: { input_tokens: 10, cache_read_input_tokens: 90, cache_creation_input_tokens: 5, output_tokens: 7 },
  }));
  const events = await all(asked.stream(ask()));
  const text = events.flatMap((event) => (event.type === "text" ? [event.text] : []));
  expect(text.length).toBeGreaterThan(1);
  expect(text.join("")).toBe("Looking at your boards, one moment please.");
  expect(events.at(-1)).toEqual({
    type: "message",
    stopReason: "tool_use",
    content: [
      { type: "text", text: "Looking at your boards, one moment please." },
      { type: "tool_use", id: "toolu_9", name: "bash", input: { command: "trello boards list | head" } },
    ],
    usage: { inputTokens: 105, cachedTokens: 90, outputTokens: 7 },
  });
});

it("marks the stable part of the prompt and the end of the history for the cache", async () => {
  const { service, model: asked } = await model(() => ({ blocks: [{ type: "text", text: "hi" }] }));
  await all(asked.stream(ask()));
  const { body } = service.requests[0]!;
  expect(body.model).toBe(defaultModel);
  expect(body.system).toEqual([
    { type: "text", text: "stable", cache_control: { type: "ephemeral" } },
    { type: "text", text: "changing" },
  ]);
  expect(body.messages).toEqual([
    { role: "user", content: [{ type: "text", text: "hello", cache_control: { type: "ephemeral" } }] },
  ]);
});

it("hands thinking back as it came to the model that thought it, and to no other", async () => {
  const { service, model: asked } = await model(() => ({
    blocks: [
      { type: "thinking", thinking: "hm", signature: "signed" },
      { type: "text", text: "hi" },
    ],
  }));
  const message = (await all(asked.stream(ask()))).at(-1);
  if (message?.type !== "message") throw new Error("no message");
  const history: ModelMessage[] = [hello, { role: "assistant", content: message.content }, hello];
  await all(asked.stream(ask({ messages: history })));
  expect(service.requests[1]!.body.messages[1]!.content).toEqual([
    { type: "thinking", thinking: "hm", signature: "signed" },
    { type: "text", text: "hi" },
  ]);
  const other = anthropicModel({ apiKey: new Secret("k"), baseUrl: service.url, model: "another" });
  await all(other.stream(ask({ messages: history })));
  expect(service.requests[2]!.body.messages[1]!.content).toEqual([{ type: "text", text: "hi" }]);
});

it("keeps the notes of the guided model and empty text out of the request", async () => {
  const { service, model: asked } = await model(() => ({ blocks: [{ type: "text", text: "hi" }] }));
  const noted: ModelMessage = {
    role: "assistant",
    content: [
      { type: "text", text: " " },
      { type: "note", model: "guided", note: { kind: "x" } },
    ],
  };
  await all(asked.stream(ask({ messages: [hello, noted, hello] })));
  expect(service.requests[0]!.body.messages).toHaveLength(2);
});

it.each([
  [{ status: 401, type: "authentication_error" }, /key was not accepted\. Check ANTHROPIC_API_KEY/],
  [{ status: 403, type: "permission_error" }, /may not use claude-sonnet-5-5/],
  [{ status: 404, type: "not_found_error" }, /not known at this address/],
  [{ status: 400, type: "invalid_request_error", message: "prompt is too long: 210000" }, /grown too long/],
  [{ status: 400, type: "invalid_request_error", message: "Your credit balance is too low" }, /no credit left/],
  [{ status: 400, type: "invalid_request_error", message: "leaky detail" }, /status 400, invalid_request_error/],
] as [Scripted, RegExp][])("says in plain words what is wrong with %o", async (answer, words) => {
  const { model: asked } = await model(() => answer);
  const failure = await all(asked.stream(ask())).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "model_unavailable", message: expect.stringMatching(words) });
  expect(String(failure)).not.toContain("leaky detail");
});

it("waits out overload and rate limits before it gives up", async () => {
  const soon = { "retry-after-ms": "5" };
  const { service, model: asked } = await model(({ turn }) => {
    if (turn === 1) return { status: 529, type: "overloaded_error", headers: soon };
    if (turn === 2) return { status: 429, type: "rate_limit_error", headers: soon };
    return { blocks: [{ type: "text", text: "there" }] };
  });
  expect((await all(asked.stream(ask()))).at(-1)).toMatchObject({ type: "message" });
  expect(service.requests).toHaveLength(3);
});

it("tells how long to wait when the rate limit stays", async () => {
  const { model: asked } = await model(() => ({
    status: 429,
    type: "rate_limit_error",
    headers: { "retry-after": "30", "x-should-retry": "false" },
  }));
  await expect(all(asked.stream(ask()))).rejects.toThrow("Try again in 30 seconds.");
});

it("asks again when the stream is overloaded before its first word", async () => {
  const { service, model: asked } = await model(({ turn }) =>
    turn === 1 ? { breakOff: "overloaded", after: "" } : { blocks: [{ type: "text", text: "there" }] },
  );
  const events = await all(asked.stream(ask()));
  expect(events[0]).toEqual({ type: "text", text: "there" });
  expect(service.requests).toHaveLength(2);
});

it.each(["connection", "overloaded"] as const)(
  "does not say a half answer twice when it breaks off: %s",
  async (breakOff) => {
    const { service, model: asked } = await model(() => ({ breakOff, after: "half an ans" }));
    const heard: string[] = [];
    const listening = (async () => {
      for await (const event of asked.stream(ask())) if (event.type === "text") heard.push(event.text);
    })();
    await expect(listening).rejects.toMatchObject({ code: "model_unavailable" });
    expect(heard.join("")).toBe("half an ans");
    expect(service.requests).toHaveLength(1);
  },
);

it("says so when there is no way to the service", async () => {
  const gone = await serveScriptedModel(() => ({ blocks: [] }));
  await gone.close();
  const asked = anthropicModel({ apiKey: new Secret("key-canary"), baseUrl: gone.url });
  const failure = await all(asked.stream(ask())).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "model_unavailable", message: expect.stringContaining("no way to it") });
});

it("ends with the reason of the one who aborted", async () => {
  const { model: asked } = await model(() => ({
    blocks: [{ type: "text", text: "a long story ".repeat(40) }],
    pauseMs: 5,
  }));
  const stop = new AbortController();
  const listening = (async () => {
    for await (const event of asked.stream(ask({ signal: stop.signal })))
      if (event.type === "text") stop.abort("enough");
  })();
  await expect(listening).rejects.toBe("enough");
});
