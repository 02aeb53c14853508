import { and, desc, eq, gt, inArray, isNull, lte } from "drizzle-orm";
import { z } from "zod";
import { Access } from "../contract/access.ts";
import { Approval, type ApprovalAnswer } from "../contract/approval.ts";
import type { ChatEventBody } from "../contract/chat.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { type AuditEntry, audit } from "../database/audit.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { approval, person, run } from "../database/tables.ts";
import type { AskedRequest } from "../gateway/asked-request.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import { addPolicy } from "../integrations/policies.ts";

/**
 * A person's say on one request. Kept in the database: it is decided once, survives a restart, and ends after `approvalMs` as
 * a no. When the command that asked ends before the answer, the question stays open: a yes given later, like one whose
 * request never left, holds for that one request (same connection, method, path, query and body) when it is made again in the
 * same conversation within `approvalMs`.
 */
export type Approvals = {
  list(scope: Scope, o?: { conversationId?: string; status?: Approval["status"] }): Promise<Approval[]>;
  /** @throws Problem `not_found`, `input_invalid` when it was answered otherwise or has ended. */
  answer(scope: Scope, approvalId: string, answer: ApprovalAnswer): Promise<Approval>;
  /** Ends what nobody answered in time. */
  expire(): Promise<void>;
};

export type Asking = Approvals & {
  /**
   * Waits for a yes and takes it; `send` runs in the transaction that takes it.
   * @throws Problem `write_denied`, `write_unanswered`
   */
  wait(o: {
    grant: OpenGrant;
    asked: AskedRequest;
    reason: string;
    /** One sentence in plain words for what is asked. */
    summary: string;
    signal: AbortSignal;
    tell?: (approval: Approval) => void;
    send(tx: Transaction): Promise<string>;
  }): Promise<string>;
  close(): Promise<void>;
};

export type ApprovalNeeds = {
  database: Database;
  emit(scope: Scope, conversationId: string, body: ChatEventBody): Promise<void>;
  /** An answer made a policy. */
  rulingsChanged(tenantId: string): Promise<void>;
  approvalMs: number;
  now: () => Date;
};

/** The part of an approval that never changes, as stored. */
const Shown = Approval.pick({ integration: true, account: true, summary: true, request: true, reason: true }).extend({
  integrationId: z.string(),
  operations: z.array(z.string()),
});

type Row = typeof approval.$inferSelect;

const channel = "approval_ended";

export function createApprovals(needs: ApprovalNeeds): Asking {
  const { database, now, approvalMs } = needs;
  const waiting = new Map<string, Set<() => void>>();
  const listening = database.listen(channel, (id) => {
    for (const wake of waiting.get(id) ?? []) wake();
  });
  listening.catch(() => undefined); // told to whoever asks first

  const ended = async (row: Row) => {
    const status = Approval.shape.status.exclude(["pending"]).parse(row.status);
    await database.notify(channel, row.id);
    if (row.conversationId === null) return;
    const scope = { tenantId: row.tenantId, personId: row.personId };
    await needs.emit(scope, row.conversationId, { type: "approval_ended", approvalId: row.id, status });
  };

  const expireIn = async (tenantId: string) => {
    const rows = await withinTenant(database, tenantId, async (tx) => {
      const rows = await tx
        .update(approval)
        .set({ status: "expired", decidedAt: now() })
        .where(and(eq(approval.status, "pending"), lte(approval.expiresAt, now())))
        .returning();
      for (const row of rows) await audit(tx, row, entryOf(row, "refused"));
      return rows;
    });
    for (const row of rows) await ended(row);
  };

  return {
    list: async (scope, o = {}) => {
      const rows = await withinTenant(database, scope.tenantId, (tx) =>
        tx
          .select()
          .from(approval)
          .where(
            and(
              eq(approval.personId, scope.personId),
              o.conversationId === undefined ? undefined : eq(approval.conversationId, o.conversationId),
              o.status === undefined ? undefined : eq(approval.status, o.status),
              // What has run out is over, even before somebody noted it.
              o.status === "pending" ? gt(approval.expiresAt, now()) : undefined,
            ),
          )
          .orderBy(desc(approval.createdAt))
          .limit(200),
      );
      return rows.map(toApproval);
    },

    answer: async (scope, approvalId, answer) => {
      if (!z.uuid().safeParse(approvalId).success) throw new Problem("not_found", { what: "approval" });
      const decided = answer === "no" ? "denied" : "approved";
      const { row, isNew } = await withinTenant(database, scope.tenantId, async (tx) => {
        const mine = await mayAnswer(tx, scope);
        const [changed] = await tx
          .update(approval)
          .set({ status: decided, decidedAt: now(), decidedBy: scope.personId })
          .where(and(eq(approval.id, approvalId), eq(approval.status, "pending"), gt(approval.expiresAt, now()), mine))
          .returning();
        if (!changed) {
          const [row] = await tx.select().from(approval).where(and(eq(approval.id, approvalId), mine));
          return { row, isNew: false };
        }
        await audit(tx, scope, entryOf(changed, answer === "no" ? "refused" : "ok"));
        if (answer === "always") await allowAlways(tx, scope, changed);
        return { row: changed, isNew: true };
      });
      if (!row) throw new Problem("not_found", { what: "approval" });
      if (isNew) {
        if (answer === "always") await needs.rulingsChanged(scope.tenantId);
        await ended(row);
      } else if (row.status !== decided) {
        const past = row.status === "pending" ? "its time is over" : `it was ${row.status} already`;
        throw new Problem("input_invalid", { detail: `this question cannot be answered any more, ${past}` });
      }
      return toApproval(row);
    },

    expire: async () => {
      for (const tenantId of await database.tenants()) await expireIn(tenantId);
    },

    wait: async ({ grant, asked, reason, summary, signal, tell, send }) => {
      await listening;
      const { tenantId, personId } = grant;
      const hash = asked.hash();
      const denied = () => new Problem("write_denied", { operation: asked.operation });
      for (;;) {
        const step = await withinTenant(database, tenantId, async (tx) => {
          const taken = await takeYes(tx, grant, hash, { now: now(), approvalMs });
          if (taken) return { requestId: await send(tx) };
          const open = await openQuestion(tx, grant, hash, now());
          if (open?.status === "denied") throw denied();
          return { open };
        });
        if (step.requestId !== undefined) return step.requestId;

        let row = step.open;
        row ??= await ask();
        tell?.(toApproval(row)); // of an open question too: whoever asks again is told what is waited for
        const ending = await settled(row);
        if (ending === "denied") throw denied();
        if (ending === "expired") throw new Problem("write_unanswered", { operation: asked.operation });
      }

      async function ask(): Promise<Row> {
        const shown: z.infer<typeof Shown> = {
          integration: { slug: grant.slug, name: grant.name },
          integrationId: grant.integrationId,
          account: grant.account,
          operations: asked.operations,
          summary,
          reason,
          request: {
            method: asked.method,
            host: asked.host,
            path: asked.path,
            query: asked.query,
            contentType: asked.contentType,
            body: asked.shownBody(),
            bodyBytes: asked.bodyBytes,
          },
        };
        const [row] = await withinTenant(database, tenantId, (tx) =>
          tx
            .insert(approval)
            .values({
              tenantId,
              personId,
              conversationId: grant.conversationId,
              runId: grant.runId,
              connectionId: grant.connectionId,
              requestHash: hash,
              operation: asked.operation,
              access: asked.access,
              shown,
              createdAt: now(),
              expiresAt: new Date(now().getTime() + approvalMs),
            })
            .returning(),
        );
        if (!row) throw new Error("the approval was not kept");
        if (row.conversationId !== null) {
          await needs.emit({ tenantId, personId }, row.conversationId, {
            type: "approval_asked",
            approval: toApproval(row),
          });
        }
        return row;
      }

      /** Resolves when somebody answered or time is up; rejects when the command that asked has ended. */
      async function settled(row: Row): Promise<string> {
        let wake = () => undefined as void;
        const others = waiting.get(row.id) ?? new Set();
        waiting.set(row.id, others);
        try {
          for (;;) {
            const woken = new Promise<void>((resolve) => {
              wake = resolve;
            });
            others.add(wake);
            const status = await statusOf(row.id);
            if (status !== "pending") return status;
            const leftMs = row.expiresAt.getTime() - now().getTime();
            if (leftMs <= 0) {
              await expireIn(tenantId);
              continue;
            }
            const timer = setTimeout(wake, Math.min(leftMs, 60_000));
            signal.addEventListener("abort", wake, { once: true });
            if (!signal.aborted) await woken;
            clearTimeout(timer);
            signal.removeEventListener("abort", wake);
            others.delete(wake);
            if (signal.aborted) throw new Problem("write_unanswered", { operation: asked.operation });
          }
        } finally {
          others.delete(wake);
          if (others.size === 0) waiting.delete(row.id);
        }
      }

      async function statusOf(id: string): Promise<string> {
        const [row] = await withinTenant(database, tenantId, (tx) =>
          tx.select({ status: approval.status }).from(approval).where(eq(approval.id, id)),
        );
        return row?.status ?? "denied";
      }
    },

    close: async () => (await listening)(),
  };
}

/** The person whose account it is, or who owns the tenant. */
async function mayAnswer(tx: Transaction, scope: Scope) {
  const [me] = await tx.select({ role: person.role }).from(person).where(eq(person.id, scope.personId));
  return me?.role === "owner" ? undefined : eq(approval.personId, scope.personId);
}

/** Takes a yes for this very request that was not used yet. One statement: of two that want it, one gets it. */
async function takeYes(tx: Transaction, grant: OpenGrant, hash: string, o: { now: Date; approvalMs: number }): Promise<boolean> {
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
async function openQuestion(tx: Transaction, grant: OpenGrant, hash: string, now: Date): Promise<Row | undefined> {
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

function sameRequest(grant: OpenGrant, hash: string) {
  return and(
    eq(approval.requestHash, hash),
    eq(approval.connectionId, grant.connectionId),
    eq(approval.personId, grant.personId),
    grant.conversationId === null
      ? isNull(approval.conversationId)
      : eq(approval.conversationId, grant.conversationId),
  );
}

/** A policy for each operation the request may be. A `*` out of somebody's path must not become a pattern. */
async function allowAlways(tx: Transaction, scope: Scope, row: Row): Promise<void> {
  const { operations } = Shown.parse(row.shown);
  if (operations.some((operation) => operation.includes("*") || operation.length > 200)) return;
  for (const operation of operations) {
    await addPolicy(tx, scope, {
      level: "connection",
      subject: row.connectionId,
      operation,
      access: Access.parse(row.access),
      decision: "allow",
    });
  }
}

function entryOf(row: Row, outcome: "ok" | "refused"): AuditEntry {
  const { integrationId } = Shown.parse(row.shown);
  return {
    action: "approval.answer",
    outcome,
    integrationId,
    connectionId: row.connectionId,
    facts: { approvalId: row.id, operation: row.operation, status: row.status },
  };
}

function toApproval(row: Row): Approval {
  const shown = Shown.parse(row.shown);
  return Approval.parse({ ...row, ...shown, used: row.usedAt !== null });
}
