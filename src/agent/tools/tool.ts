import { readFileSync } from "node:fs";
import type { z } from "zod";
import type { ChatEventBody } from "../../contract/chat.ts";
import type { RawRequest } from "../../contract/request-line.ts";
import type { Scope } from "../../contract/scope.ts";
import type { ToolSpec } from "../../llm/model.ts";

/** One tool call of a model: whose it is, and how it tells what happens meanwhile. */
export type Call = {
  scope: Scope;
  conversationId: string;
  turnId: string;
  callId: string;
  signal: AbortSignal;
  emit(...bodies: ChatEventBody[]): Promise<void>;
  /** Whether the person themselves wrote these words in this conversation: no page, answer or model can make that true. */
  said(words: string): Promise<boolean>;
  /** Whether this address may be asked for on the model's word; see `mayRead`. */
  mayRead(address: string): Promise<boolean>;
};

export type ToolOutcome = {
  /** What the model is told; third parties' text in it is marked. */
  content: string;
  /** What people are shown; the content when left out. */
  shown?: string;
  isError?: boolean;
  /** The model is not asked again: the next word is the person's. */
  endsTurn?: boolean;
  /** File of the conversation that holds the whole output. */
  file?: string;
  cut?: boolean;
  /** What was sent meanwhile. */
  requests?: RawRequest[];
};

export type AgentTool = {
  spec: ToolSpec;
  /** One line for people: `trello boards list`. */
  title(input: unknown): string;
  /** Input that does not fit throws a ZodError; a Problem becomes the call's answer. */
  run(input: unknown, call: Call): Promise<ToolOutcome>;
};

/** Makes a tool whose description lies in `prompt/<name>.md` and whose input is what the schema says. */
export function agentTool<Input>(tool: {
  name: string;
  input: z.ZodType<Input>;
  jsonSchema: Record<string, unknown>;
  title(input: Input): string;
  run(input: Input, call: Call): Promise<ToolOutcome>;
}): AgentTool {
  return {
    spec: { name: tool.name, description: promptText(`${tool.name}.md`), inputSchema: tool.jsonSchema },
    title(input) {
      const read = tool.input.safeParse(input);
      return read.success ? tool.title(read.data) : tool.name;
    },
    run: async (input, call) => tool.run(tool.input.parse(input), call),
  };
}

/** A text of the prompt folder, as its author left it. */
export function promptText(file: string): string {
  return readFileSync(new URL(`../prompt/${file}`, import.meta.url), "utf8").trim();
}
