import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type Anthropic from "@anthropic-ai/sdk";

/** What a stand-in's script is asked: the request as it came over the wire. */
export type Asked = {
  /** 1 for the first request. */
  turn: number;
  body: Anthropic.MessageCreateParams;
  headers: IncomingHttpHeaders;
  /** Text of the last message: what the person said, or the tool results joined. */
  last: string;
};

/** How it answers: blocks of a message, a failure by status, or a connection that breaks after some text. */
export type Scripted =
  | { blocks: ScriptedBlock[]; stopReason?: Anthropic.StopReason; usage?: Partial<Anthropic.Usage>; pauseMs?: number }
  | { status: number; type: string; message?: string; headers?: Record<string, string> }
  | { breakOff: "connection" | "overloaded"; after: string };

export type ScriptedBlock =
  | { type: "text"; text: string; citations?: Anthropic.CitationsWebSearchResultLocation[] }
  | { type: "server_tool_use"; id: string; name: "web_search"; input: unknown }
  | Pick<Anthropic.WebSearchToolResultBlock, "type" | "tool_use_id" | "content">
  | { type: "tool_use"; name: string; input: unknown; id?: string }
  | { type: "thinking"; thinking: string; signature: string };

/**
 * A stand-in for the Messages API on loopback, for tests: it speaks the same streaming events and says what `script` says.
 * Give its `url` to `anthropicModel` as `baseUrl`.
 */
export async function serveScriptedModel(
  script: (asked: Asked) => Scripted | Promise<Scripted>,
  o: {
    /** What the endpoint tells of the model's capabilities; it tells nothing when left out. */
    webSearch?: boolean;
  } = {},
): Promise<{ url: string; requests: Asked[]; close(): Promise<void> }> {
  const requests: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === "GET" && request.url?.startsWith("/v1/models/") && o.webSearch !== undefined) {
      const server_tools = { web_search: { supported: o.webSearch } };
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ id: "any", type: "model", capabilities: { server_tools } }));
    }
    if (request.method !== "POST" || new URL(request.url ?? "/", "http://x").pathname !== "/v1/messages") {
      return fail(response, 404, "not_found_error", "no such path");
    }
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Anthropic.MessageCreateParams;
    const fault = faultIn(body);
    if (fault) return fail(response, 400, "invalid_request_error", fault);
    const asked = { turn: requests.length + 1, body, headers: request.headers, last: lastText(body) };
    requests.push(asked);
    const answer = await script(asked);
    if ("status" in answer) return fail(response, answer.status, answer.type, answer.message ?? "", answer.headers);
    await speak(response, body, asked.turn, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the real service refuses about a history: a call without its result, a result without its call, empty text. */
function faultIn(body: Anthropic.MessageCreateParams): string | undefined {
  if (body.messages[0]?.role !== "user") return "the first message must be the user's";
  const searches = body.tools?.some((tool) => tool.type === "web_search_20250305") ?? false;
  let open: string[] = [];
  for (const [index, message] of body.messages.entries()) {
    const blocks = typeof message.content === "string" ? [] : message.content;
    const results = blocks.flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : []));
    const unanswered = open.find((id) => !results.includes(id));
    if (unanswered) return `messages.${index}: tool_use ${unanswered} has no tool_result right after it`;
    const stray = results.find((id) => !open.includes(id));
    if (stray) return `messages.${index}: tool_result ${stray} answers no tool_use`;
    if (blocks.some((block) => block.type === "text" && block.text.trim() === ""))
      return `messages.${index}: empty text`;
    const fault = searchFaultIn(blocks, searches);
    if (fault) return `messages.${index}: ${fault}`;
    open = blocks.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
  }
  return open.length > 0 ? `tool_use ${open[0]} has no tool_result` : undefined;
}

/** And about searches: one half without the other, what was found not handed back as it came, any of it without the tool. */
function searchFaultIn(blocks: Anthropic.ContentBlockParam[], searches: boolean): string | undefined {
  const asked = blocks.flatMap((block) => (block.type === "server_tool_use" ? [block.id] : []));
  const answered = blocks.filter((block) => block.type === "web_search_tool_result");
  if (asked.length + answered.length > 0 && !searches) return "a search, and no tool to search with";
  if (answered.some(({ tool_use_id: id }) => !asked.includes(id))) return "a search's result without the search";
  if (asked.some((id) => !answered.some((one) => one.tool_use_id === id))) return "a search without its result";
  const found = answered.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return found.some((one) => !one.encrypted_content) ? "a search's result without its encrypted_content" : undefined;
}

function lastText(body: Anthropic.MessageCreateParams): string {
  const content = body.messages.at(-1)?.content ?? "";
  if (typeof content === "string") return content;
  return content
    .map((block) => {
      if (block.type === "text") return block.text;
      if (block.type !== "tool_result") return "";
      if (typeof block.content === "string") return block.content;
      return (block.content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("\n");
    })
    .join("\n");
}

type Spoken = Exclude<Scripted, { status: number }>;

async function speak(response: ServerResponse, body: Anthropic.MessageCreateParams, turn: number, spoken: Spoken) {
  const answer: Extract<Scripted, { blocks: unknown }> =
    "blocks" in spoken ? spoken : { blocks: [{ type: "text", text: spoken.after }] };
  const breakOff = "blocks" in spoken ? undefined : spoken.breakOff;
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const inputTokens = Math.ceil(JSON.stringify([body.system, body.tools, body.messages]).length / 4);
  const usage = {
    input_tokens: inputTokens,
    output_tokens: 1,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
  };
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  send("message_start", {
    message: {
      id: `msg_${turn}`,
      type: "message",
      role: "assistant",
      model: body.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    },
  });
  for (const [index, block] of answer.blocks.entries()) {
    send("content_block_start", { index, content_block: opening(block, `toolu_${turn}_${index}`) });
    for (const delta of deltas(block)) {
      if (answer.pauseMs) await new Promise((resolve) => setTimeout(resolve, answer.pauseMs));
      if (response.destroyed) return;
      send("content_block_delta", { index, delta });
    }
    if (breakOff === "connection") {
      // The text has to leave before the line is cut.
      await new Promise((resolve) => setTimeout(resolve, 20));
      response.destroy();
      return;
    }
    send("content_block_stop", { index });
  }
  if (breakOff === "overloaded") {
    response.end(`event: error\ndata: ${JSON.stringify(failure("overloaded_error", "Overloaded"))}\n\n`);
    return;
  }
  const called = answer.blocks.some((block) => block.type === "tool_use");
  send("message_delta", {
    delta: { stop_reason: answer.stopReason ?? (called ? "tool_use" : "end_turn"), stop_sequence: null },
    usage: { ...usage, output_tokens: Math.ceil(JSON.stringify(answer.blocks).length / 4), ...answer.usage },
  });
  send("message_stop", {});
  response.end();
}

function opening(block: ScriptedBlock, id: string): object {
  if (block.type === "web_search_tool_result") return { ...block, caller: { type: "direct" } };
  if (block.type === "server_tool_use") return { ...block, input: {}, caller: { type: "direct" } };
  if (block.type === "text") return { type: "text", text: "", citations: null };
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return { type: "tool_use", id: block.id ?? id, name: block.name, input: {}, caller: { type: "direct" } };
}

function deltas(block: ScriptedBlock): object[] {
  const pieces = (text: string) => text.match(/[\s\S]{1,24}/g) ?? [];
  if (block.type === "web_search_tool_result") return [];
  if (block.type === "text")
    return [
      ...pieces(block.text).map((text) => ({ type: "text_delta", text })),
      ...(block.citations ?? []).map((citation) => ({ type: "citations_delta", citation })),
    ];
  if (block.type === "tool_use" || block.type === "server_tool_use")
    return pieces(JSON.stringify(block.input)).map((part) => ({ type: "input_json_delta", partial_json: part }));
  return [
    ...pieces(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
    { type: "signature_delta", signature: block.signature },
  ];
}

const failure = (type: string, message: string) => ({
  type: "error",
  error: { type, message },
  request_id: "req_test",
});

function fail(response: ServerResponse, status: number, type: string, message: string, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(failure(type, message)));
}
