import { and, eq, gt, inArray, isNull } from "drizzle-orm";
import { z } from "zod";
import { Approval } from "../contract/approval.ts";
import type { Transaction } from "../database/database.ts";
import { approval, request, run } from "../database/tables.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";

export type ApprovalRow = typeof approval.$inferSelect;

/** The part of an approval that never changes, as stored. */
export const Shown = Approval.pick({
  integration: true,
  account: true,
  summary: true,
  request: true,
  reason: true,
}).extend({ integrationId: z.string(), operations: z.array(z.string()) });
export type Shown = z.infer<typeof Shown>;

export function toApproval(row: ApprovalRow): Approval {
  const shown = Shown.parse(row.shown);
  return Approval.parse({ ...row, ...shown, used: row.usedAt !== null });
}

/** Takes a yes for this very request that was not used yet. One statement: of two that want it, one gets it. */
export async function takeYes(
  tx: Transaction,
  grant: OpenGrant,
  hash: string,
  o: { now: Date; approvalMs: number },
): Promise<boolean> {
  const [yes] = await tx
    .select({ id: approval.id })
    .from(approval)
    .where(
      and(
        sameRequest(grant, hash),
        eq(approval.status, "approved"),
        isNull(approval.usedAt),
        gt(approval.decidedAt, new Date(o.now.getTime() - o.approvalMs)),
      ),
    )
    .orderBy(approval.createdAt)
    .limit(1);
  if (!yes) return false;
  const used = await tx
    .update(approval)
    .set({ usedAt: o.now })
    .where(and(eq(approval.id, yes.id), isNull(approval.usedAt)))
    .returning({ id: approval.id });
  return used.length === 1;
}

/** A question about this request that is still open, or that was answered with no in the same turn: that no is final. */
export async function openQuestion(
  tx: Transaction,
  grant: OpenGrant,
  hash: string,
  now: Date,
): Promise<ApprovalRow | undefined> {
  const [pending] = await tx
    .select()
    .from(approval)
    .where(and(sameRequest(grant, hash), eq(approval.status, "pending"), gt(approval.expiresAt, now)))
    .limit(1);
  if (pending) return pending;
  const [here] = await tx.select({ turnId: run.turnId }).from(run).where(eq(run.id, grant.runId));
  const turnId = here?.turnId;
  const runs = turnId
    ? (await tx.select({ id: run.id }).from(run).where(eq(run.turnId, turnId))).map(({ id }) => id)
    : [grant.runId];
  const [denied] = await tx
    .select()
    .from(approval)
    .where(and(sameRequest(grant, hash), eq(approval.status, "denied"), inArray(approval.runId, runs)))
    .limit(1);
  return denied;
}

/** Whether this very request went out within the last day without anybody seeing what became of it. */
export async function wasSent(tx: Transaction, grant: OpenGrant, hash: string, now: Date): Promise<boolean> {
  const found = await tx
    .select({ id: request.id })
    .from(request)
    .where(
      and(
        eq(request.connectionId, grant.connectionId),
        eq(request.requestHash, hash),
        eq(request.outcome, "sent"),
        gt(request.createdAt, new Date(now.getTime() - 86_400_000)),
      ),
    )
    .limit(1);
  return found.length > 0;
}

function sameRequest(grant: OpenGrant, hash: string) {
  return and(
    eq(approval.requestHash, hash),
    eq(approval.connectionId, grant.connectionId),
    eq(approval.personId, grant.personId),
    grant.conversationId === null ? isNull(approval.conversationId) : eq(approval.conversationId, grant.conversationId),
  );
}
