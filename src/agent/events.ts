import { and, asc, eq, gt, sql } from "drizzle-orm";
import { z } from "zod";
import { Approval } from "../contract/approval.ts";
import { type ChatEvent, ChatEventBody } from "../contract/chat.ts";
import { Problem } from "../contract/problem.ts";
import { RawRequest } from "../contract/request-line.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { conversation, event } from "../database/tables.ts";
import { storable } from "./storable.ts";

/** The events of conversations: appended without gaps, followed from the database first and live from then on. */
export type Events = {
  append(scope: Scope, conversationId: string, ...bodies: ChatEventBody[]): Promise<void>;
  /** Appends within a transaction of the caller's; call `announce` when it is committed. */
  appendIn(tx: Transaction, scope: Scope, conversationId: string, bodies: ChatEventBody[]): Promise<void>;
  announce(conversationId: string): Promise<void>;
  /** What is there already after `after`, at most 2,000 events at once. */
  past(scope: Scope, conversationId: string, after: number): Promise<ChatEvent[]>;
  /** Everything after `after`, then what happens; ends when the signal is aborted or the conversation is deleted. */
  follow(
    scope: Scope,
    conversationId: string,
    options: { after: number; signal: AbortSignal },
  ): AsyncIterable<ChatEvent>;
  close(): Promise<void>;
};

/** Events of other server processes arrive through the database's notifications. */
export async function createEvents(database: Database): Promise<Events> {
  const followers = new Map<string, Set<() => void>>();
  const unlisten = await database.listen(channel, (conversationId) => {
    for (const wake of followers.get(conversationId) ?? []) wake();
  });

  const events: Events = {
    async append(scope, conversationId, ...bodies) {
      await withinTenant(database, scope.tenantId, (tx) => events.appendIn(tx, scope, conversationId, bodies));
      await events.announce(conversationId);
    },

    async appendIn(tx, { tenantId }, conversationId, bodies) {
      if (bodies.length === 0) return;
      // The row stays locked until the commit, so a later number is never seen before an earlier one.
      const [row] = await tx
        .update(conversation)
        .set({ lastSeq: sql`${conversation.lastSeq} + ${bodies.length}`, updatedAt: sql`now()` })
        .where(eq(conversation.id, conversationId))
        .returning({ lastSeq: conversation.lastSeq });
      if (!row) throw new Problem("not_found", { what: "conversation" });
      const first = row.lastSeq - bodies.length + 1;
      await tx
        .insert(event)
        .values(bodies.map((body, index) => ({ tenantId, conversationId, seq: first + index, body: storable(body) })));
    },

    async announce(conversationId) {
      await database.notify(channel, conversationId);
    },

    past: async (scope, conversationId, after) =>
      (await withinTenant(database, scope.tenantId, (tx) => readAfter(tx, scope, conversationId, after, pastSize))) ??
      [],

    async *follow(scope, conversationId, { after, signal }) {
      let last = after;
      let news = true;
      let wake = () => {};
      const follower = () => {
        news = true;
        wake();
      };
      const others = followers.get(conversationId) ?? new Set();
      followers.set(conversationId, others.add(follower));
      signal.addEventListener("abort", follower);
      try {
        while (!signal.aborted) {
          news = false;
          const page = await withinTenant(database, scope.tenantId, (tx) => readAfter(tx, scope, conversationId, last));
          if (!page) return;
          for (const one of page) {
            last = one.seq;
            yield one;
          }
          if (page.length === pageSize || news) continue;
          // A server that died between its commit and its notice is made up for by looking now and then.
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, lookAgainMs);
            timer.unref();
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
            if (news || signal.aborted) wake();
          });
        }
      } finally {
        signal.removeEventListener("abort", follower);
        others.delete(follower);
        if (others.size === 0) followers.delete(conversationId);
      }
    },

    close: unlisten,
  };
  return events;
}

const channel = "conversation_events";
const pageSize = 200;
const pastSize = 2000;
const lookAgainMs = 15_000;

/** Undefined when the conversation is not there, or is another person's. */
async function readAfter(tx: Transaction, { personId }: Scope, conversationId: string, seq: number, most = pageSize) {
  const [owned] = await tx
    .select({ lastSeq: conversation.lastSeq })
    .from(conversation)
    .where(and(eq(conversation.id, conversationId), eq(conversation.personId, personId)));
  if (!owned) return undefined;
  if (owned.lastSeq <= seq) return [];
  const rows = await tx
    .select({ seq: event.seq, at: event.createdAt, body: event.body })
    .from(event)
    .where(and(eq(event.conversationId, conversationId), gt(event.seq, seq)))
    .orderBy(asc(event.seq))
    .limit(most);
  return rows.map(({ seq, at, body }): ChatEvent => ({ seq, at, body: readBody(body) }));
}

/** What a call sent and got, as it was kept beside its end. */
export async function rawRequests(tx: Transaction, conversationId: string, callId: string): Promise<RawRequest[]> {
  const [row] = await tx
    .select({ body: event.body })
    .from(event)
    .where(
      and(
        eq(event.conversationId, conversationId),
        sql`${event.body} ->> 'type' = 'tool_ended'`,
        sql`${event.body} ->> 'callId' = ${callId}`,
      ),
    );
  return row ? (KeptCall.parse(row.body).requests ?? []) : [];
}

const KeptCall = z.object({ requests: z.array(RawRequest).optional() });

/** Stored JSON has no dates: those of an approval are made again. */
function readBody(stored: unknown): ChatEventBody {
  const body = AnyBody.parse(stored);
  if (body.type !== "approval_asked") return ChatEventBody.parse(body);
  return ChatEventBody.parse({ ...body, approval: StoredApproval.parse(body.approval) });
}

const AnyBody = z.looseObject({ type: z.string() });
const StoredApproval = Approval.extend({
  createdAt: z.coerce.date(),
  expiresAt: z.coerce.date(),
  decidedAt: z.coerce.date().nullable(),
});
