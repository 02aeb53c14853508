import { z } from "zod";

/** What a model is asked and how it answers: the Messages API's own nouns, so that a real model and the guided one look alike. */
export type Model = {
  name: string;
  /**
   * Asks once and tells the answer as it comes; the last event is the whole message.
   * @throws Problem `model_unavailable` in plain words; the signal's reason when it was aborted.
   */
  stream(request: ModelRequest): AsyncIterable<ModelEvent>;
};

export type ModelRequest = {
  /** Stable parts first; the prefix up to a part with `cache` is kept by the service between calls. */
  system: { text: string; cache?: boolean }[];
  messages: ModelMessage[];
  tools: ToolSpec[];
  maxTokens?: number;
  /** The service itself may search the web, where it offers that; `note` is then added to the end of `system`. */
  webSearch?: { maxUses: number; note: string };
  signal: AbortSignal;
};

export type ModelEvent =
  | { type: "text"; text: string }
  | SearchEvent
  | { type: "message"; content: ContentBlock[]; stopReason: string; usage: Usage };

/** A search of the web that the service made within its answer. `failed` is the service's own code. */
export type SearchEvent = {
  type: "search";
  id: string;
  query: string;
  results: { title: string; url: string }[];
  failed?: string;
};

/** Tokens of one call; `inputTokens` counts all input, `cachedTokens` the part of it that was read from the cache. */
export type Usage = { inputTokens: number; cachedTokens: number; outputTokens: number };

/** What a tool is called with: a JSON schema of an object. */
export type ToolSpec = { name: string; description: string; inputSchema: Record<string, unknown> };

const TextBlock = z.object({
  type: z.literal("text"),
  text: z.string(),
  /** What the text quotes, as the service wants it back: only for the model that wrote it. */
  cited: z.object({ model: z.string(), citations: z.array(z.looseObject({ type: z.string() })) }).optional(),
});

const ToolUseBlock = z.object({
  type: z.literal("tool_use"),
  id: z.string(),
  name: z.string(),
  input: z.unknown(),
});

const ToolResultBlock = z.object({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: z.string(),
  is_error: z.boolean().optional(),
});

/** Something a model keeps for itself between calls; it is shown to nobody and sent to no other model. */
const NoteBlock = z.object({ type: z.literal("note"), model: z.string(), note: z.unknown() });

/** A block we only hand back as it came, such as thinking, or what a web search found. */
const OpaqueBlock = z.object({
  type: z.literal("opaque"),
  model: z.string(),
  block: z.looseObject({ type: z.string() }),
});

export const ContentBlock = z.discriminatedUnion("type", [
  TextBlock,
  ToolUseBlock,
  ToolResultBlock,
  NoteBlock,
  OpaqueBlock,
]);
export type ContentBlock = z.infer<typeof ContentBlock>;
export type ToolUse = z.infer<typeof ToolUseBlock>;
export type ToolResult = z.infer<typeof ToolResultBlock>;

/** One stored message of a conversation, as the model sees it. */
export const ModelMessage = z.object({ role: z.enum(["user", "assistant"]), content: z.array(ContentBlock) });
export type ModelMessage = z.infer<typeof ModelMessage>;
