import { and, asc, desc, eq, inArray, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { conversation, turn } from "../database/tables.ts";
import { storable } from "./storable.ts";

/**
 * What is known of a turn besides its history, kept in its row so that another server can go on with it.
 * A call is `started` before it runs; its result stands in `results` until all calls of the message are answered.
 */
export const TurnState = z.object({
  /** What begins it: the person's words, or the server's note that a sign-in is done. */
  say: z.string(),
  /** The person's message that it answers, and where that stands in the history once it does. */
  messageId: z.string().optional(),
  historyFrom: z.number().int().optional(),
  /** True once `say` is in the history. */
  begun: z.boolean().default(false),
  /** Id of the text that is being spoken. */
  speaking: z.string().optional(),
  started: z.array(z.string()).default([]),
  results: z
    .record(z.string(), z.object({ content: z.string(), isError: z.boolean(), endsTurn: z.boolean() }))
    .default({}),
  /** Searches of the web it has cost. */
  searches: z.number().int().default(0),
  /** How often a server took it up; one that keeps killing servers is given up. */
  attempts: z.number().int().default(0),
});
export type TurnState = z.infer<typeof TurnState>;

export type Turn = { id: string; conversationId: string; state: TurnState };
export type TurnOutcome = "done" | "stopped" | "cut" | "failed";

export const leaseMs = 30_000;

/** Puts a turn into the conversation's queue; it runs when those before it have ended. */
export async function queueTurn(
  tx: Transaction,
  scope: Scope,
  conversationId: string,
  say: string,
  messageId?: string,
): Promise<string> {
  const state: TurnState = TurnState.parse({ say, messageId });
  const [row] = await tx
    .insert(turn)
    .values({ tenantId: scope.tenantId, conversationId, status: "queued", state: storable(state) })
    .returning({ id: turn.id });
  if (!row) throw new Error("a turn was not inserted");
  return row.id;
}

/**
 * Takes the conversation's oldest open turn, if it is free: queued, or held by a server whose lease has run out.
 * `evenIfHeld` is for a database that only one server can have open: whoever held it is gone.
 */
export async function claimTurn(
  tx: Transaction,
  conversationId: string,
  claim: { serverId: string; now: Date; evenIfHeld?: boolean },
): Promise<Turn | undefined> {
  // One claim at a time: the conversation's row is the lock.
  await tx.select({ id: conversation.id }).from(conversation).where(eq(conversation.id, conversationId)).for("update");
  const [open] = await tx
    .select()
    .from(turn)
    .where(and(eq(turn.conversationId, conversationId), inArray(turn.status, ["queued", "running"])))
    .orderBy(desc(turn.status), asc(turn.createdAt), asc(turn.id)) // "running" before "queued"
    .limit(1);
  if (!open) return undefined;
  const held = open.status === "running" && (open.leaseUntil?.getTime() ?? 0) > claim.now.getTime();
  if (held && !claim.evenIfHeld) return undefined;
  const state = TurnState.parse(open.state);
  state.attempts += 1;
  await tx
    .update(turn)
    .set({
      status: "running",
      leaseOwner: claim.serverId,
      leaseUntil: new Date(claim.now.getTime() + leaseMs),
      state: storable(state),
    })
    .where(eq(turn.id, open.id));
  return { id: open.id, conversationId, state };
}

/** Keeps the state and renews the lease. False when the turn is no longer this server's: it must then leave it alone. */
export async function keepTurn(tx: Transaction, kept: Turn, claim: { serverId: string; now: Date }): Promise<boolean> {
  const rows = await tx
    .update(turn)
    .set({ state: storable(kept.state), leaseUntil: new Date(claim.now.getTime() + leaseMs) })
    .where(ownedBy(kept.id, claim.serverId))
    .returning({ id: turn.id });
  return rows.length > 0;
}

export async function renewLease(
  tx: Transaction,
  turnId: string,
  claim: { serverId: string; now: Date },
): Promise<boolean> {
  const rows = await tx
    .update(turn)
    .set({ leaseUntil: new Date(claim.now.getTime() + leaseMs) })
    .where(ownedBy(turnId, claim.serverId))
    .returning({ id: turn.id });
  return rows.length > 0;
}

/** The turn that answers this message, by where it begins in the history, if it did begin. */
export async function turnOfMessage(
  tx: Transaction,
  conversationId: string,
  messageId: string,
): Promise<{ historyFrom?: number | undefined } | undefined> {
  const [row] = await tx
    .select({ state: turn.state })
    .from(turn)
    .where(and(eq(turn.conversationId, conversationId), sql`${turn.state} ->> 'messageId' = ${messageId}`));
  return row && TurnState.parse(row.state);
}

/** Lets another server have the turn at once. */
export async function releaseTurn(tx: Transaction, turnId: string, serverId: string): Promise<void> {
  await tx.update(turn).set({ leaseOwner: null, leaseUntil: null }).where(ownedBy(turnId, serverId));
}

export async function endTurn(
  tx: Transaction,
  turnId: string,
  serverId: string,
  outcome: TurnOutcome,
): Promise<boolean> {
  const rows = await tx
    .update(turn)
    .set({ status: outcome, endedAt: sql`now()`, leaseOwner: null, leaseUntil: null })
    .where(ownedBy(turnId, serverId))
    .returning({ id: turn.id });
  return rows.length > 0;
}

/** Takes all that wait out of the queue; the running one is left to its server. */
export async function dropQueued(tx: Transaction, conversationId: string): Promise<string[]> {
  const rows = await tx
    .update(turn)
    .set({ status: "stopped", endedAt: sql`now()` })
    .where(and(eq(turn.conversationId, conversationId), eq(turn.status, "queued")))
    .returning({ id: turn.id });
  return rows.map((row) => row.id);
}

/** Conversations with a turn that nobody works on; with `evenIfHeld`, all that have an open turn. */
export async function conversationsToResume(tx: Transaction, now: Date, evenIfHeld: boolean) {
  const free = or(eq(turn.status, "queued"), lt(turn.leaseUntil, now), sql`${turn.leaseUntil} is null`);
  return tx
    .selectDistinct({ conversationId: turn.conversationId, tenantId: turn.tenantId, personId: conversation.personId })
    .from(turn)
    .innerJoin(conversation, eq(conversation.id, turn.conversationId))
    .where(and(inArray(turn.status, ["queued", "running"]), evenIfHeld ? sql`true` : free));
}

const ownedBy = (turnId: string, serverId: string) =>
  and(eq(turn.id, turnId), eq(turn.leaseOwner, serverId), eq(turn.status, "running"));
