import { z } from "zod";
import type { ContentBlock, ModelMessage, ToolResult } from "../model.ts";
import { Candidate, Described } from "./operation.ts";

const Option = z.object({
  label: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]),
  hint: z.string().optional(),
});
export type Option = z.infer<typeof Option>;

/** One operation on its way to being run. All but the first of a stack look up what the one before them needs. */
export const Task = z.object({
  sentence: z.string(),
  slug: z.string(),
  account: z.string().optional(),
  /** The service and account to name beside the answer, where there is more than one of either. */
  where: z.string().optional(),
  operation: z.string(),
  described: Described.optional(),
  values: z.record(z.string(), z.unknown()).default({}),
  /** Names in the sentence that are understood already. */
  used: z.array(z.string()).default([]),
  /** A lookup: which input of the task below it is for, and what kind of thing that names. */
  lookup: z.object({ input: z.string(), thing: z.string() }).optional(),
  /** Other operations to try when this one leads nowhere. */
  others: z.array(z.string()).default([]),
  /** Inputs whose things could not be listed: the person is asked for the bare value. */
  unlisted: z.array(z.string()).default([]),
  /** Optional inputs the person wants to set. */
  wanted: z.array(z.string()).default([]),
  /** The input that took the free words of the sentence. */
  saidIn: z.string().optional(),
  /** Things found on the way, by kind: a board that was chosen once is not asked for again. */
  known: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  limit: z.number().optional(),
});
export type Task = z.infer<typeof Task>;

const Stack = z.array(Task).min(1);

/** Where a conversation stands; written beside each answer, so that the next call needs nothing but the messages. */
export const Memory = z.discriminatedUnion("step", [
  z.object({ step: z.literal("idle") }),
  z.object({ step: z.literal("connecting"), after: z.string().optional() }),
  z.object({
    step: z.literal("searching"),
    sentence: z.string(),
    slugs: z.array(z.string()),
    again: z.boolean().default(false),
  }),
  z.object({ step: z.literal("choosing_service"), sentence: z.string(), options: z.array(Option) }),
  z.object({ step: z.literal("choosing"), sentence: z.string(), candidates: z.array(Candidate) }),
  z.object({ step: z.literal("describing"), stack: Stack }),
  z.object({ step: z.literal("listing"), stack: Stack, input: z.string(), thing: z.string() }),
  z.object({ step: z.literal("asking"), stack: Stack, input: z.string(), options: z.array(Option).optional() }),
  z.object({ step: z.literal("choosing_change"), stack: Stack, options: z.array(Option) }),
  z.object({ step: z.literal("running"), stack: Stack, from: z.number().default(0) }),
  z.object({ step: z.literal("shrinking"), stack: Stack, from: z.number().default(0) }),
  z.object({ step: z.literal("shown"), task: Task, count: z.number(), more: z.boolean() }),
  z.object({ step: z.literal("counting"), task: Task, by: z.string() }),
  z.object({ step: z.literal("charting"), task: Task }),
  z.object({ step: z.literal("commanding") }),
  z.object({ step: z.literal("asking_person") }),
  z.object({ step: z.literal("explaining"), slug: z.string() }),
  z.object({ step: z.literal("welcoming"), slug: z.string(), text: z.string() }),
]);
export type Memory = z.infer<typeof Memory>;

export const modelName = "guided";

/** The newest note in the messages. */
export function recall(messages: ModelMessage[]): Memory {
  const memory = Memory.safeParse(newestNote(messages));
  return memory.success ? memory.data : { step: "idle" };
}

/** Their newest note, of which a step reads what is its own. */
export function newestNote(messages: ModelMessage[]): unknown {
  for (const message of messages.toReversed()) {
    for (const block of message.content.toReversed()) {
      if (block.type !== "note" || block.model !== modelName) continue;
      return block.note;
    }
  }
  return undefined;
}

/** What a connection was wished for, when the sign-in came between. */
export function wishBehindSignIn(messages: ModelMessage[]): string | undefined {
  for (const message of messages.toReversed()) {
    for (const block of message.content) {
      const memory = block.type === "note" && block.model === modelName ? Memory.safeParse(block.note).data : undefined;
      if (memory) return memory.step === "connecting" ? memory.after : undefined;
    }
  }
  return undefined;
}

/** What is new: the person's words when they spoke last, else the results of the calls. */
export function news(messages: ModelMessage[]): { words?: string; results: ToolResult[] } {
  const last = messages.at(-1);
  if (last?.role !== "user") return { results: [] };
  const words = last.content.findLast((block: ContentBlock) => block.type === "text");
  return {
    ...(words?.type === "text" ? { words: words.text } : {}),
    results: last.content.filter((block): block is ToolResult => block.type === "tool_result"),
  };
}
