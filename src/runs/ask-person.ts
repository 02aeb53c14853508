import { type Approval } from "../contract/approval.ts";
import type { ChatEventBody } from "../contract/chat.ts";
import { and, eq, gt } from "drizzle-orm";
import { shownLine } from "../contract/marked-data.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { approval, customIntegrationCredential } from "../database/tables.ts";
import type { AskedRequest } from "../gateway/asked-request.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import { type ApprovalRow, type Shown, openQuestion, takeYes, toApproval, wasSent } from "./approval-rows.ts";
import type { Approvals } from "./approvals.ts";

export type AskPersonNeeds = {
  database: Database;
  approvals: Pick<Approvals, "expireIn" | "onEnd">;
  emit(scope: Scope, conversationId: string, body: ChatEventBody): Promise<void>;
  approvalMs: number;
  now: () => Date;
};

export type Question = {
  grant: OpenGrant;
  asked: AskedRequest;
  reason: string;
  /** One sentence in plain words for what is asked. */
  summary: string;
  /** Aborted when the command that asks has ended. */
  signal: AbortSignal;
  /** Shows the question to whoever started the run. */
  tell(approval: Approval): void;
  /** Runs in the transaction that takes the yes. */
  send(tx: Transaction): Promise<string>;
};

/**
 * Waits until a person has said yes to this very request, and takes that yes: what `send` gives. A yes that is there already
 * is taken at once, and a question that is open already is not asked twice.
 *
 * @throws Problem `write_denied`, `write_unanswered`
 */
export async function askPerson(needs: AskPersonNeeds, question: Question): Promise<string> {
  const { database, now, approvalMs } = needs;
  const { grant, asked, signal } = question;
  const hash = asked.hash();
  for (;;) {
    const step = await withinTenant(database, grant.tenantId, async (tx) => {
      const taken = await takeYes(tx, grant, hash, { now: now(), approvalMs });
      if (taken) return { requestId: await question.send(tx) };
      return { open: await openQuestion(tx, grant, hash, now()) };
    });
    if (step.requestId !== undefined) return step.requestId;
    const row = step.open ?? (await ask(needs, question, hash));
    if (row.status === "pending") {
      question.tell(toApproval(row));
      // Asked by a command that may have ended since: shown once more, as somebody waits for it again.
      if (row.runId !== grant.runId && grant.conversationId !== null) {
        await needs.emit(grant, grant.conversationId, { type: "approval_asked", approval: toApproval(row) });
      }
    }
    const ending = await settled(needs, row, signal);
    if (ending === "denied") throw new Problem("write_denied", { operation: asked.operation });
    if (ending !== "approved") throw new Problem("write_unanswered", { operation: asked.operation });
  }
}

async function ask(needs: AskPersonNeeds, question: Question, hash: string): Promise<ApprovalRow> {
  const { grant, asked, summary, reason } = question;
  const { tenantId, personId, conversationId } = grant;
  const at = needs.now();
  const row = await withinTenant(needs.database, tenantId, async (tx) => {
    await refuseFlood(tx, grant, at);
    const again = await wasSent(tx, grant, hash, at);
    const shown: Shown = {
      integration: { slug: grant.slug, name: line(grant.name) },
      integrationId: grant.integrationId,
      account: line(grant.account),
      operations: asked.operations,
      summary: line(summary),
      reason: again ? `It was sent before, and the answer was never seen: look first. ${reason}` : reason,
      request: {
        method: asked.method,
        host: asked.host,
        path: asked.path,
        query: asked.query,
        contentType: asked.contentType,
        headers: asked.headers.slice(0, 30).map(({ name, value }) => ({ name, value: line(value) })),
        body: asked.shownBody(),
        bodyBytes: asked.bodyBytes,
      },
    };
    const [row] = await tx
      .insert(approval)
      .values({
        tenantId,
        personId,
        conversationId,
        runId: grant.runId,
        connectionId: grant.connectionId,
        requestHash: hash,
        operation: line(asked.operation),
        access: asked.access,
        shown,
        createdAt: at,
        expiresAt: new Date(at.getTime() + needs.approvalMs),
      })
      .returning();
    return row;
  });
  if (!row) throw new Error("the approval was not kept");
  if (conversationId !== null) {
    await needs.emit(grant, conversationId, { type: "approval_asked", approval: toApproval(row) });
  }
  return row;
}

const mostOpen = 20;

/** A tool in a loop could ask until nobody reads any more what the questions are. */
async function refuseFlood(tx: Transaction, grant: OpenGrant, now: Date): Promise<void> {
  const account = customIntegrationCredential;
  // Held until the question is there: those that ask at once are counted one after the other.
  await tx.select({ id: account.id }).from(account).where(eq(account.id, grant.connectionId)).for("no key update");
  const isOpen = and(eq(approval.status, "pending"), gt(approval.expiresAt, now));
  const open = await tx
    .select({ id: approval.id })
    .from(approval)
    .where(and(isOpen, eq(approval.connectionId, grant.connectionId), eq(approval.personId, grant.personId)))
    .limit(mostOpen);
  if (open.length < mostOpen) return;
  const detail = `${mostOpen} questions about this account are open already. Answer those first`;
  throw new Problem("request_refused", { detail });
}

/** Words of a stranger in a question to a person: one line, of bounded length, with nothing in it that would not show. */
function line(text: string): string {
  return shownLine(text).slice(0, 300);
}

/** The status once somebody answered or time is up; "gone" when the command that asked has ended before. */
async function settled(needs: AskPersonNeeds, row: ApprovalRow, signal: AbortSignal): Promise<string> {
  let wake: () => void = () => undefined;
  const stop = needs.approvals.onEnd(row.id, () => wake());
  const gone = () => wake();
  signal.addEventListener("abort", gone);
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const status = await statusOf(needs, row);
      if (status !== "pending") return status;
      if (signal.aborted) return "gone";
      const leftMs = row.expiresAt.getTime() - needs.now().getTime();
      if (leftMs <= 0) {
        await needs.approvals.expireIn(row.tenantId);
        continue;
      }
      // Looks now and then by itself: a notice of another server may be lost with its connection.
      const timer = setTimeout(wake, Math.min(leftMs, 60_000));
      await woken;
      clearTimeout(timer);
    }
  } finally {
    signal.removeEventListener("abort", gone);
    stop();
  }
}

async function statusOf({ database }: AskPersonNeeds, row: ApprovalRow): Promise<string> {
  const [found] = await withinTenant(database, row.tenantId, (tx) =>
    tx.select({ status: approval.status }).from(approval).where(eq(approval.id, row.id)),
  );
  return found?.status ?? "denied";
}
