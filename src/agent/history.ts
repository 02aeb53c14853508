import { and, asc, desc, eq, gte } from "drizzle-orm";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { message } from "../database/tables.ts";
import { type ContentBlock, ModelMessage, type ToolUse } from "../llm/model.ts";
import { storable } from "./storable.ts";

/** The place the next message will have. */
export async function nextPlace(tx: Transaction, conversationId: string): Promise<number> {
  const [last] = await tx
    .select({ seq: message.seq })
    .from(message)
    .where(eq(message.conversationId, conversationId))
    .orderBy(desc(message.seq))
    .limit(1);
  return (last?.seq ?? 0) + 1;
}

/** Adds a message to what the model sees. Only the server that holds the conversation's turn does this. */
export async function appendMessage(
  tx: Transaction,
  scope: Scope,
  conversationId: string,
  added: ModelMessage,
): Promise<void> {
  const seq = await nextPlace(tx, conversationId);
  await tx
    .insert(message)
    .values({ tenantId: scope.tenantId, conversationId, seq, role: added.role, content: storable(added.content) });
}

/** Takes everything from a place on out of what the model sees. */
export async function forgetFrom(tx: Transaction, conversationId: string, seq: number): Promise<void> {
  await tx.delete(message).where(and(eq(message.conversationId, conversationId), gte(message.seq, seq)));
}

/** The conversation as the model is to see it: roles take turns, and every tool call is answered in the next message. */
export async function readHistory(tx: Transaction, conversationId: string): Promise<ModelMessage[]> {
  const rows = await tx
    .select({ role: message.role, content: message.content })
    .from(message)
    .where(eq(message.conversationId, conversationId))
    .orderBy(asc(message.seq));
  return inTurns(rows.map((row) => ModelMessage.parse(row)));
}

/** Joins neighbours of one role: a message after an answer that failed, a result followed by the person's next words. */
export function inTurns(messages: ModelMessage[]): ModelMessage[] {
  const joined: ModelMessage[] = [];
  for (const one of messages) {
    const last = joined.at(-1);
    if (last?.role === one.role) last.content = [...last.content, ...one.content];
    else joined.push({ role: one.role, content: [...one.content] });
  }
  return joined;
}

/** Calls at the end of the history that have no result yet. */
export function openCalls(messages: ModelMessage[]): ToolUse[] {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return [];
  return last.content.filter((block: ContentBlock): block is ToolUse => block.type === "tool_use");
}
