import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { addPolicy, decideOperation, listPolicies, type PolicyDraft, removePolicy } from "../integrations/policies.ts";

/** The tenant's policies, each call in a transaction of its own; `changed` tells whoever decides by them. */
export function createPolicies(database: Database, changed: (tenantId: string) => Promise<void>) {
  const change = async <T>(scope: Scope, work: (tx: Transaction) => Promise<T>) => {
    const result = await withinTenant(database, scope.tenantId, work);
    await changed(scope.tenantId);
    return result;
  };
  return {
    list: (scope: Scope) => withinTenant(database, scope.tenantId, listPolicies),
    add: (scope: Scope, draft: PolicyDraft) => change(scope, (tx) => addPolicy(tx, scope, draft)),
    decide: (scope: Scope, o: Parameters<typeof decideOperation>[2]) =>
      change(scope, (tx) => decideOperation(tx, scope, o)),
    remove: (scope: Scope, id: string) => change(scope, (tx) => removePolicy(tx, scope, id)),
  };
}
