import { and, eq, sql } from "drizzle-orm";
import { ChatEventBody, type ConsentCard } from "../contract/chat.ts";
import { Problem } from "../contract/problem.ts";
import type { Transaction } from "../database/database.ts";
import { event } from "../database/tables.ts";

/**
 * The question a card of this conversation asks, as the server wrote it; undefined when it was answered already.
 *
 * @throws Problem `not_found`
 */
export async function openConsent(
  tx: Transaction,
  conversationId: string,
  cardId: string,
): Promise<ConsentCard | undefined> {
  const rows = await tx
    .select({ body: event.body })
    .from(event)
    .where(
      and(
        eq(event.conversationId, conversationId),
        sql`${event.body} ->> 'type' in ('consent_asked', 'consent_ended')`,
        sql`coalesce(${event.body} -> 'card' ->> 'cardId', ${event.body} ->> 'cardId') = ${cardId}`,
      ),
    );
  const bodies = rows.map(({ body }) => ChatEventBody.parse(body));
  const asked = bodies.find((body) => body.type === "consent_asked");
  if (asked?.type !== "consent_asked") throw new Problem("not_found", { what: "question" });
  return bodies.some((body) => body.type === "consent_ended") ? undefined : asked.card;
}
