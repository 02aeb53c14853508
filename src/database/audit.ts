import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "./database.ts";
import { audit as auditTable } from "./tables.ts";

/** What happened, by whom, to what. `facts` are shown to people and kept: never a secret, a body or a query string. */
export type AuditEntry = {
  /** `connection.create`, `approval.answer`, `integration.publish` … */
  action: string;
  outcome: "ok" | "refused" | "failed";
  integrationId?: string;
  connectionId?: string;
  facts?: Record<string, string | number | boolean | null>;
};

/** Writes one line of the audit, in the transaction of the deed: both happen or neither. A tenant's audit is never changed. */
export async function audit(tx: Transaction, scope: Scope, entry: AuditEntry): Promise<void> {
  await tx.insert(auditTable).values({ ...entry, tenantId: scope.tenantId, personId: scope.personId });
}
