import { and, eq, sql } from "drizzle-orm";
import type { Transaction } from "../database/database.ts";
import { event } from "../database/tables.ts";

/**
 * Whether these words stand in something the person wrote here. Letters count, case and punctuation do not; an address has
 * to be there whole.
 */
export async function saidByPerson(tx: Transaction, conversationId: string, words: string): Promise<boolean> {
  const rows = await tx
    .select({ text: sql<string>`${event.body} ->> 'text'` })
    .from(event)
    .where(and(eq(event.conversationId, conversationId), sql`${event.body} ->> 'type' = 'user_message'`));
  return rows.some(({ text }) => contains(text, words));
}

/** True when `words` stand in `text` as whole words, or, for an address, as that whole address. */
export function contains(text: string, words: string): boolean {
  if (/:\/\//.test(words)) {
    const wanted = address(words);
    return [...text.matchAll(/https?:\/\/[^\s<>"'`]+/gi)].some(([found]) => address(found) === wanted);
  }
  const plain = (one: string) =>
    one
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
  return plain(words) !== "" && ` ${plain(text)} `.includes(` ${plain(words)} `);
}

const address = (url: string) => url.replace(/[.,;:!?)\]}]+$/, "").replace(/\/$/, "");
