import { asc, desc, eq } from "drizzle-orm";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { message } from "../database/tables.ts";
import { type ContentBlock, ModelMessage, type ToolUse } from "../llm/model.ts";
import { storable } from "./storable.ts";

/** Adds a message to what the model sees. Only the server that holds the conversation's turn does this. */
export async function appendMessage(
  tx: Transaction,
  scope: Scope,
  conversationId: string,
  added: ModelMessage,
): Promise<void> {
  const [last] = await tx
    .select({ seq: message.seq })
    .from(message)
    .where(eq(message.conversationId, conversationId))
    .orderBy(desc(message.seq))
    .limit(1);
  await tx.insert(message).values({
    tenantId: scope.tenantId,
    conversationId,
    seq: (last?.seq ?? 0) + 1,
    role: added.role,
    content: storable(added.content),
  });
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
