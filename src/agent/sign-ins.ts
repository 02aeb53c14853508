import { and, desc, eq, gt, inArray, sql } from "drizzle-orm";
import type { SignInCard } from "../contract/chat.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { conversation, event, request, run } from "../database/tables.ts";
import type { Events } from "./events.ts";

type Needs = {
  database: Database;
  events: Events;
  /** What signing this account in again asks for, and why. */
  signInCardAgain(scope: Scope, connectionId: string): Promise<SignInCard>;
};

/** Tells people in their conversations that an account has to be signed in again, and when that is done. */
export function createSignIns({ database, events, signInCardAgain }: Needs) {
  const within = <T>(scope: Scope, work: (tx: Transaction) => Promise<T>) =>
    withinTenant(database, scope.tenantId, work);

  /** Two that met the same at once show one card. */
  const telling = new Map<string, Promise<void>>();
  function inTurn(connectionId: string, tell: () => Promise<void>): Promise<void> {
    const mine = (telling.get(connectionId) ?? Promise.resolve()).catch(() => undefined).then(tell);
    telling.set(connectionId, mine);
    return mine.finally(() => {
      if (telling.get(connectionId) === mine) telling.delete(connectionId);
    });
  }

  async function show(scope: Scope, conversationId: string, connectionId: string): Promise<void> {
    const card = await signInCardAgain(scope, connectionId);
    await events.append(scope, conversationId, { type: "sign_in_needed", card });
  }

  return {
    /** Shows the card where it was met, unless it stands there since the person's last words. */
    ask: (scope: Scope, conversationId: string, connectionId: string): Promise<void> =>
      inTurn(connectionId, async () => {
        const stands = await within(scope, async (tx) => {
          const last = (await openCards(tx, connectionId, conversationId)).at(-1);
          return last !== undefined && !(await wasSomethingSaid(tx, conversationId, last.seq));
        });
        if (!stands) await show(scope, conversationId, connectionId);
      }),

    /** A sign-in ended while nobody looked: told in the conversations that used it last, else in the newest one. */
    tellEnded: (scope: Scope, connectionId: string): Promise<void> =>
      inTurn(connectionId, async () => {
        const [places, open] = await within(scope, async (tx) => [
          await conversationsFor(tx, scope, connectionId),
          new Set((await openCards(tx, connectionId)).map((one) => one.conversationId)),
        ]);
        for (const id of places) if (!open.has(id)) await show(scope, id, connectionId);
      }),

    /** Closes the cards that still ask for an account that is signed in by now. */
    async close(scope: Scope, done: { connectionId: string; slug: string; label: string }): Promise<void> {
      const open = await within(scope, (tx) => openCards(tx, done.connectionId));
      for (const { conversationId, cardId } of open) {
        await events.append(scope, conversationId, { type: "connected", cardId, ...done });
      }
    },
  };
}

const cardId = sql<string>`${event.body} -> 'card' ->> 'cardId'`;

/** Cards that ask for this account and were not answered, oldest first. */
async function openCards(tx: Transaction, connectionId: string, conversationId?: string) {
  const answered = sql`exists (select 1 from event later where later.conversation_id = ${event.conversationId}
    and later.seq > ${event.seq} and later.body ->> 'type' = 'connected' and later.body ->> 'cardId' = ${cardId})`;
  return tx
    .select({ conversationId: event.conversationId, seq: event.seq, cardId })
    .from(event)
    .where(
      and(
        sql`${event.body} ->> 'type' = 'sign_in_needed'`,
        sql`${event.body} -> 'card' -> 'again' ->> 'connectionId' = ${connectionId}`,
        conversationId === undefined ? undefined : eq(event.conversationId, conversationId),
        sql`not ${answered}`,
      ),
    )
    .orderBy(event.conversationId, event.seq);
}

async function wasSomethingSaid(tx: Transaction, conversationId: string, after: number): Promise<boolean> {
  const said = await tx
    .select({ seq: event.seq })
    .from(event)
    .where(
      and(
        eq(event.conversationId, conversationId),
        gt(event.seq, after),
        sql`${event.body} ->> 'type' = 'user_message'`,
      ),
    )
    .limit(1);
  return said.length > 0;
}

async function conversationsFor(tx: Transaction, scope: Scope, connectionId: string): Promise<string[]> {
  const month = sql`now() - interval '30 days'`;
  const mine = and(eq(conversation.personId, scope.personId), gt(conversation.updatedAt, month));
  const used = tx
    .selectDistinct({ id: run.conversationId })
    .from(request)
    .innerJoin(run, eq(run.id, request.runId))
    .where(and(eq(request.connectionId, connectionId), gt(request.createdAt, month)));
  const newest = (where: typeof mine, most: number) =>
    tx
      .select({ id: conversation.id })
      .from(conversation)
      .where(where)
      .orderBy(desc(conversation.updatedAt), desc(conversation.id))
      .limit(most);
  const found = await newest(and(mine, inArray(conversation.id, used)), 3);
  return (found.length > 0 ? found : await newest(mine, 1)).map(({ id }) => id);
}

export async function isAnswered(tx: Transaction, conversationId: string, id: string): Promise<boolean> {
  const answers = await tx
    .select({ seq: event.seq })
    .from(event)
    .where(
      and(
        eq(event.conversationId, conversationId),
        sql`${event.body} ->> 'type' = 'connected'`,
        sql`${event.body} ->> 'cardId' = ${id}`,
      ),
    )
    .limit(1);
  return answers.length > 0;
}

/** Whether a turn was under way when the card was shown: then the agent goes on once the person has signed in. */
export async function isAwaited(tx: Transaction, conversationId: string, id: string): Promise<boolean> {
  const shown = tx
    .select({ seq: event.seq })
    .from(event)
    .where(
      and(
        eq(event.conversationId, conversationId),
        sql`${event.body} ->> 'type' = 'sign_in_needed'`,
        sql`${cardId} = ${id}`,
      ),
    )
    .limit(1);
  const [before] = await tx
    .select({ type: sql<string>`${event.body} ->> 'type'` })
    .from(event)
    .where(
      and(
        eq(event.conversationId, conversationId),
        sql`${event.seq} < (${shown})`,
        sql`${event.body} ->> 'type' in ('turn_started', 'turn_ended')`,
      ),
    )
    .orderBy(desc(event.seq))
    .limit(1);
  return before?.type !== "turn_ended";
}
