import { and, asc, eq } from "drizzle-orm";
import { type Decision, Policy } from "../contract/access.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { type AuditEntry, audit } from "../database/audit.ts";
import type { Transaction } from "../database/database.ts";
import { customIntegration, customIntegrationCredential, policy } from "../database/tables.ts";

/** A rule to be made. The one way to let an operation run that counts as a write: a person's word, never the tool's. */
export type PolicyDraft = Omit<Policy, "id" | "createdAt">;

/** All policies of the tenant, oldest first. */
export async function listPolicies(tx: Transaction): Promise<Policy[]> {
  const rows = await tx.select().from(policy).orderBy(asc(policy.createdAt), asc(policy.id));
  return rows.map(readRow);
}

/**
 * Adds a policy; the same one again is the same policy.
 *
 * @throws Problem `input_invalid` when the level and the subject do not fit; `not_found` when there is no such subject.
 */
export async function addPolicy(tx: Transaction, scope: Scope, draft: PolicyDraft): Promise<Policy> {
  const { level, subject, operation, access, decision } = Policy.omit({ id: true, createdAt: true }).parse(draft);
  if ((level === "tenant") !== (subject === undefined)) {
    const detail = level === "tenant" ? "a policy for everything names no subject" : `name the ${level} it is for`;
    throw new Problem("input_invalid", { detail: `${detail}.` });
  }
  if (subject !== undefined) await mustExist(tx, level, subject);
  const same = (await listPolicies(tx)).find(
    (one) =>
      one.level === level &&
      one.subject === subject &&
      one.operation === operation &&
      one.access === access &&
      one.decision === decision,
  );
  if (same) return same;
  const [row] = await tx
    .insert(policy)
    .values({ tenantId: scope.tenantId, createdBy: scope.personId, level, subject, operation, access, decision })
    .returning();
  if (!row) throw new Error("the policy was not inserted");
  await audit(tx, scope, await entryOf(tx, "add", row));
  return readRow(row);
}

/** @throws Problem `not_found` */
export async function removePolicy(tx: Transaction, scope: Scope, id: string): Promise<void> {
  const [row] = await tx.delete(policy).where(eq(policy.id, id)).returning();
  if (!row) throw new Problem("not_found", { what: "policy" });
  await audit(tx, scope, await entryOf(tx, "remove", row));
}

/** Also which integration and account it is about, so that it is found among what was done with them. */
async function entryOf(tx: Transaction, how: "add" | "remove", row: typeof policy.$inferSelect): Promise<AuditEntry> {
  const { level, subject, operation, decision } = row;
  const entry: AuditEntry = { action: `policy.${how}`, outcome: "ok", facts: { level, operation, decision } };
  if (subject === null) return entry;
  if (level === "integration") return { ...entry, integrationId: subject };
  if (level !== "connection") return entry;
  const [account] = await tx
    .select({ integrationId: customIntegrationCredential.integrationId })
    .from(customIntegrationCredential)
    .where(eq(customIntegrationCredential.id, subject));
  return { ...entry, connectionId: subject, ...account };
}

/**
 * Says what happens to one operation of an integration, whatever the account, in place of what was said about it before; null
 * takes that back. Policies for more than this operation, or for one account, stay.
 *
 * @throws Problem `input_invalid` for a name that would be read as a pattern; `not_found`
 */
export async function decideOperation(
  tx: Transaction,
  scope: Scope,
  o: { integrationId: string; operation: string; decision: Decision | null },
): Promise<void> {
  const { integrationId, operation, decision } = o;
  // Its tool gave it that name; as a policy it would speak for others too.
  if (operation.includes("*")) {
    throw new Problem("input_invalid", {
      detail: `"${operation}" reads as a pattern, so no policy can name it alone.`,
    });
  }
  await mustExist(tx, "integration", integrationId);
  await tx
    .delete(policy)
    .where(and(eq(policy.level, "integration"), eq(policy.subject, integrationId), eq(policy.operation, operation)));
  if (decision !== null) {
    await tx.insert(policy).values({
      tenantId: scope.tenantId,
      createdBy: scope.personId,
      level: "integration",
      subject: integrationId,
      operation,
      decision,
    });
  }
  const facts = { level: "integration", operation, decision: decision ?? "usual" };
  await audit(tx, scope, { action: "policy.decide", outcome: "ok", integrationId, facts });
}

async function mustExist(tx: Transaction, level: Policy["level"], subject: string): Promise<void> {
  const tables = { integration: customIntegration, connection: customIntegrationCredential };
  if (level !== "integration" && level !== "connection") return;
  const table = tables[level];
  const found = await tx.select({ id: table.id }).from(table).where(eq(table.id, subject));
  if (found.length === 0) throw new Problem("not_found", { what: level });
}

function readRow(row: typeof policy.$inferSelect): Policy {
  return Policy.parse({ ...row, subject: row.subject ?? undefined, access: row.access ?? undefined });
}
