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

/** The newest Sonnet the SDK knows by name. */
export const defaultModel = "claude-sonnet-5-5" satisfies Anthropic.Model;

/**
 * A model behind the Messages API: Anthropic's own, or any server that speaks it at `baseUrl`.
 *
 * Overload and rate limits are waited out (the service's Retry-After is obeyed) before they become a Problem. An answer that
 * breaks off before its first word is asked for again; one that breaks off later ends as `model_unavailable`.
 */
export function anthropicModel(options: { apiKey: Secret; baseUrl?: string; model?: string }): Model {
  const name = options.model ?? defaultModel;
  const client = new Anthropic({
    apiKey: options.apiKey.reveal(),
    // Everything is given, so that the SDK reads nothing from the environment.
    baseURL: options.baseUrl ?? "https://api.anthropic.com",
    webhookKey: null,
    maxRetries: 3,
    timeout: 10 * 60_000,
    logLevel: "off",
    openTelemetry: false,
  });

  return {
    name,
    async *stream(request) {
      const parameters = parametersOf(name, request);
      for (let attempt = 1; ; attempt++) {
        let answered = false;
        let spoke = false;
        try {
          const stream = client.messages.stream(parameters, { signal: request.signal });
          for await (const event of stream) {
            answered = true;
            if (event.type !== "content_block_delta" || event.delta.type !== "text_delta") continue;
            spoke = true;
            yield { type: "text", text: event.delta.text };
          }
          const message = await stream.finalMessage();
          yield {
            type: "message",
            content: message.content.map((block) => blockFrom(name, block)),
            stopReason: message.stop_reason ?? "end_turn",
            usage: usageOf(message.usage),
          };
          return;
        } catch (error) {
          request.signal.throwIfAborted();
          // What failed before the stream began was tried again by the SDK already.
          const again = answered && !spoke && attempt < attemptsForABrokenStream && brokeOff(error);
          if (!again) throw plainly(error, name);
          await sleep(100 * 2 ** attempt, undefined, { signal: request.signal });
        }
      }
    },
  };
}

const attemptsForABrokenStream = 3;

function parametersOf(model: string, request: ModelRequest): Anthropic.MessageStreamParams {
  const cached = { cache_control: { type: "ephemeral" as const } };
  return {
    model,
    max_tokens: request.maxTokens ?? 16_000,
    system: request.system.map(({ text, cache }) => ({ type: "text", text, ...(cache ? cached : {}) })),
    tools: request.tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      input_schema: { ...tool.inputSchema, type: "object" },
    })),
    messages: messagesFor(model, request.messages),
  };
}

/** The history in the API's form; its end is a cache point, since the next call begins with all of it. */
function messagesFor(model: string, messages: ModelMessage[]): Anthropic.MessageParam[] {
  const sent = messages
    .map(({ role, content }) => ({ role, content: content.flatMap((block) => blockFor(model, block)) }))
    .filter(({ content }) => content.length > 0);
  const last = sent.at(-1)?.content.at(-1);
  if (last && (last.type === "text" || last.type === "tool_result")) last.cache_control = { type: "ephemeral" };
  return sent;
}

function blockFor(model: string, block: ContentBlock): Anthropic.ContentBlockParam[] {
  switch (block.type) {
    case "text":
      return block.text.trim() === "" ? [] : [{ type: "text", text: block.text }]; // the API refuses empty text
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
      // Thinking is signed for the model that thought it.
      return block.model === model ? [block.block as unknown as Anthropic.ContentBlockParam] : [];
  }
}

function blockFrom(model: string, block: Anthropic.ContentBlock): ContentBlock {
  if (block.type === "text") return { type: "text", text: block.text };
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
