import { and, desc, eq, gt, lte } from "drizzle-orm";
import { z } from "zod";
import { Access } from "../contract/access.ts";
import { Approval, type ApprovalAnswer } from "../contract/approval.ts";
import type { ChatEventBody } from "../contract/chat.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { type AuditEntry, audit } from "../database/audit.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { approval, person } from "../database/tables.ts";
import { addPolicy } from "../integrations/policies.ts";
import { type ApprovalRow, Shown, toApproval } from "./approval-rows.ts";

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
  expireIn(tenantId: string): Promise<void>;
  /** Calls `wake` when this approval has ended, whichever server heard the answer. Returns how to stop. */
  onEnd(approvalId: string, wake: () => void): () => void;
  close(): Promise<void>;
};

export type ApprovalNeeds = {
  database: Database;
  emit(scope: Scope, conversationId: string, body: ChatEventBody): Promise<void>;
  /** An answer made a policy. */
  rulingsChanged(tenantId: string): Promise<void>;
  now: () => Date;
};

const channel = "approval_ended";

export function createApprovals(needs: ApprovalNeeds): Approvals {
  const { database, now } = needs;
  const waiting = new Map<string, Set<() => void>>();
  // Should it not be heard, an answer given at another server is seen a minute later.
  const listening = database
    .listen(channel, (id) => {
      for (const wake of waiting.get(id) ?? []) wake();
    })
    .catch(() => async () => undefined);

  const ended = async (row: ApprovalRow) => {
    const status = Approval.shape.status.exclude(["pending"]).parse(row.status);
    // Told before whoever waits is woken: what it then does comes after the answer in the conversation too.
    try {
      if (row.conversationId === null) return;
      const scope = { tenantId: row.tenantId, personId: row.personId };
      await needs.emit(scope, row.conversationId, { type: "approval_ended", approvalId: row.id, status });
    } finally {
      await database.notify(channel, row.id);
    }
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
          const [row] = await tx
            .select()
            .from(approval)
            .where(and(eq(approval.id, approvalId), mine));
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

    expireIn,

    onEnd: (id, wake) => {
      const others = waiting.get(id) ?? new Set();
      waiting.set(id, others.add(wake));
      return () => {
        others.delete(wake);
        if (others.size === 0) waiting.delete(id);
      };
    },

    close: async () => (await listening)(),
  };
}

/** The person whose account it is, or who owns the tenant. */
async function mayAnswer(tx: Transaction, scope: Scope) {
  const [me] = await tx.select({ role: person.role }).from(person).where(eq(person.id, scope.personId));
  return me?.role === "owner" ? undefined : eq(approval.personId, scope.personId);
}

/** A policy for each operation the request may be. A `*` out of somebody's path must not become a pattern. */
async function allowAlways(tx: Transaction, scope: Scope, row: ApprovalRow): Promise<void> {
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

function entryOf(row: ApprovalRow, outcome: "ok" | "refused"): AuditEntry {
  const { integrationId } = Shown.parse(row.shown);
  return {
    action: "approval.answer",
    outcome,
    integrationId,
    connectionId: row.connectionId,
    facts: { approvalId: row.id, operation: row.operation, status: row.status },
  };
}
