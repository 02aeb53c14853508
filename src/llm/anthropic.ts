import Anthropic, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../contract/problem.ts";
import type { Secret } from "../contract/secret.ts";
import type { ContentBlock, Model, ModelMessage, ModelRequest, Usage } from "./model.ts";
import {
  anthropicAddress,
  type KnownSearches,
  knownSearches,
  mayRefuseTool,
  searchEvent,
  webSearch,
  withoutHalfSearches,
} from "./web-search.ts";

/** The newest Sonnet the SDK knows by name. */
export const defaultModel = "claude-sonnet-5-5" satisfies Anthropic.Model;

/**
 * A model behind the Messages API: Anthropic's own, or any server that speaks it at `baseUrl`.
 *
 * Overload and rate limits are waited out (the service's Retry-After is obeyed) before they become a Problem. An answer that
 * breaks off before its first word is asked for again; one that breaks off later ends as `model_unavailable`. One that the
 * service pauses amid a long search is asked to go on, and comes as one message.
 *
 * @param options.searches  What is known of web search at the endpoints; share it among the models of a process.
 */
export function anthropicModel(options: {
  apiKey: Secret;
  baseUrl?: string;
  model?: string;
  searches?: KnownSearches;
  /** Sends the requests, where not just any host may be asked; `globalThis.fetch` when left out. */
  fetch?: typeof globalThis.fetch;
}): Model {
  const name = options.model ?? defaultModel;
  const searches = options.searches ?? knownSearches();
  const client = new Anthropic({
    apiKey: options.apiKey.reveal(),
    // Everything is given, so that the SDK reads nothing from the environment.
    baseURL: options.baseUrl ?? anthropicAddress,
    webhookKey: null,
    ...(options.fetch ? { fetch: options.fetch } : {}),
    maxRetries: 3,
    timeout: 10 * 60_000,
    logLevel: "off",
    openTelemetry: false,
  });

  return {
    name,
    async *stream(request) {
      let searching = request.webSearch !== undefined && (await searches.offers(client, name, request.signal));
      let isWithout = false;
      const parts: Anthropic.Message[] = [];
      const told = () => parts.flatMap((one) => one.content);
      for (let attempt = 1; ; attempt++) {
        let answered = false;
        let spoke = false;
        try {
          const parameters = parametersOf(name, request, searching, told());
          const stream = client.messages.stream(parameters, { signal: request.signal });
          for await (const event of stream) {
            answered = true;
            if (event.type === "content_block_start" && event.content_block.type === "web_search_tool_result") {
              spoke = true;
              yield searchEvent(event.content_block, [...told(), ...(stream.currentMessage?.content ?? [])]);
            }
            if (event.type !== "content_block_delta" || event.delta.type !== "text_delta") continue;
            spoke = true;
            yield { type: "text", text: event.delta.text };
          }
          const message = await stream.finalMessage();
          if (isWithout) searches.refused(client, name);
          parts.push(message);
          if (message.stop_reason === "pause_turn" && parts.length <= mostPauses) {
            attempt = 0;
            continue;
          }
          yield {
            type: "message",
            content: withoutHalfSearches(told()).map((block) => blockFrom(name, block)),
            stopReason: message.stop_reason ?? "end_turn",
            usage: parts.map(({ usage }) => usageOf(usage)).reduce(sumOf),
          };
          return;
        } catch (error) {
          request.signal.throwIfAborted();
          if (searching && !answered && parts.length === 0 && mayRefuseTool(error)) {
            searching = false;
            isWithout = true;
            continue;
          }
          // What failed before the stream began was tried again by the SDK already.
          const again = answered && !spoke && attempt < attemptsForABrokenStream && brokeOff(error);
          if (!again) throw plainly(error, name);
          await sleep(100 * 2 ** attempt, undefined, { signal: request.signal });
        }
      }
    },
  };
}

const mostPauses = 5;
const attemptsForABrokenStream = 3;

/** @param begun  The beginning of the answer, where the service paused in it: it goes on from there. */
function parametersOf(
  model: string,
  request: ModelRequest,
  searching: boolean,
  begun: Anthropic.ContentBlock[],
): Anthropic.MessageStreamParams {
  const cached = { cache_control: { type: "ephemeral" as const } };
  const search = searching ? request.webSearch : undefined;
  const messages = messagesFor(model, request.messages, searching);
  return {
    model,
    max_tokens: request.maxTokens ?? 16_000,
    system: [
      ...request.system.map(({ text, cache }) => ({ type: "text" as const, text, ...(cache ? cached : {}) })),
      ...(search ? [{ type: "text" as const, text: search.note }] : []),
    ],
    tools: [
      ...request.tools.map((tool) => ({
        name: tool.name,
        description: tool.description,
        input_schema: { ...tool.inputSchema, type: "object" as const },
      })),
      ...(search ? [webSearch(search.maxUses)] : []),
    ],
    messages: begun.length > 0 ? [...messages, { role: "assistant", content: begun }] : messages,
  };
}

/** The history in the API's form; its end is a cache point, since the next call begins with all of it. */
function messagesFor(model: string, messages: ModelMessage[], searching: boolean): Anthropic.MessageParam[] {
  const sent = messages
    .map(({ role, content }) => ({ role, content: content.flatMap((block) => blockFor(model, block, searching)) }))
    .filter(({ content }) => content.length > 0);
  const last = sent.at(-1)?.content.at(-1);
  if (last && (last.type === "text" || last.type === "tool_result")) last.cache_control = { type: "ephemeral" };
  return sent;
}

function blockFor(model: string, block: ContentBlock, searching: boolean): Anthropic.ContentBlockParam[] {
  switch (block.type) {
    case "text": {
      if (block.text.trim() === "") return []; // the API refuses empty text
      const cites = searching && block.cited?.model === model;
      return [{ type: "text", text: block.text, ...(cites ? { citations: citationsOf(block) } : {}) }];
    }
    case "tool_use":
      return [{ type: "tool_use", id: block.id, name: block.name, input: block.input ?? {} }];
    case "tool_result":
      return [
        {
          type: "tool_result",
          tool_use_id: block.tool_use_id,
          content: block.content || "(no output)",
          ...(block.is_error ? { is_error: true } : {}),
        },
      ];
    case "note":
      return [];
    case "opaque":
      // Thinking is signed for the model that thought it; searches belong to the tool, and go with it.
      if (block.model !== model || (isOfSearch.has(block.block.type) && !searching)) return [];
      return [block.block as unknown as Anthropic.ContentBlockParam];
  }
}

const isOfSearch = new Set(["server_tool_use", "web_search_tool_result"]);

function citationsOf({ cited }: Extract<ContentBlock, { type: "text" }>): Anthropic.TextCitationParam[] {
  return (cited?.citations ?? []) as unknown as Anthropic.TextCitationParam[];
}

function blockFrom(model: string, block: Anthropic.ContentBlock): ContentBlock {
  if (block.type === "text") {
    const citations = (block.citations ?? []).map((one) => ({ ...one }));
    return { type: "text", text: block.text, ...(citations.length > 0 ? { cited: { model, citations } } : {}) };
  }
  if (block.type === "tool_use") return { type: "tool_use", id: block.id, name: block.name, input: block.input };
  return { type: "opaque", model, block: { ...block } };
}

function usageOf(usage: Anthropic.Usage): Usage {
  const cachedTokens = usage.cache_read_input_tokens ?? 0;
  return {
    inputTokens: usage.input_tokens + cachedTokens + (usage.cache_creation_input_tokens ?? 0),
    cachedTokens,
    outputTokens: usage.output_tokens,
  };
}

const sumOf = (one: Usage, other: Usage): Usage => ({
  inputTokens: one.inputTokens + other.inputTokens,
  cachedTokens: one.cachedTokens + other.cachedTokens,
  outputTokens: one.outputTokens + other.outputTokens,
});

/** True when the answer was cut by the network or by overload in mid-stream, not refused. */
function brokeOff(error: unknown): boolean {
  if (error instanceof APIConnectionError) return true;
  if (error instanceof APIError) return error.type === "overloaded_error" || error.type === "api_error";
  return error instanceof Error && /terminated|stream ended|premature|socket/i.test(error.message);
}

// What the service said is not passed on: it may quote what was sent.
function plainly(error: unknown, model: string): Problem<"model_unavailable"> {
  const detail = (text: string) => new Problem("model_unavailable", { detail: text });
  if (error instanceof AuthenticationError)
    return detail("its key was not accepted. Check ANTHROPIC_API_KEY or enter another key on the settings page.");
  if (error instanceof PermissionDeniedError)
    return detail(`this key may not use ${model}. Choose another model or another key.`);
  if (error instanceof NotFoundError)
    return detail(`${model} is not known at this address. Check ANTHROPIC_MODEL and ANTHROPIC_BASE_URL.`);
  if (error instanceof RateLimitError) {
    const seconds = Number(error.headers?.get("retry-after"));
    return detail(
      `too many requests for this key just now. Try again in ${seconds > 0 ? `${Math.ceil(seconds)} seconds` : "a minute"}.`,
    );
  }
  if (error instanceof APIUserAbortError) return detail("the request was ended before it was answered. Try again.");
  if (error instanceof APIConnectionTimeoutError) return detail("it did not answer in time. Try again in a moment.");
  if (error instanceof APIConnectionError)
    return detail("there is no way to it from here. Check the network and ANTHROPIC_BASE_URL, then try again.");
  if (error instanceof APIError) {
    if (error.type === "overloaded_error" || error.status === 529)
      return detail("it is overloaded. Try again in a moment.");
    if (error.status === 402 || /credit|billing/i.test(error.apiMessage ?? ""))
      return detail("the account behind this key has no credit left. Add credit, or enter another key.");
    if (error.status === 413 || /prompt is too long/i.test(error.apiMessage ?? ""))
      return detail("this conversation has grown too long for it. Start a new one.");
    if ((error.status ?? 500) >= 500) return detail("it failed on its side. Try again in a moment.");
    return detail(`it did not accept the request (status ${error.status}, ${error.type ?? "no reason given"}).`);
  }
  return detail("its answer broke off. Try again in a moment.");
}
