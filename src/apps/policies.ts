import type { Scope } from "../contract/scope.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { addPolicy, listPolicies, type PolicyDraft, removePolicy } from "../integrations/policies.ts";

/** The tenant's policies, each call in a transaction of its own. */
export function createPolicies(database: Database) {
  return {
    list: (scope: Scope) => withinTenant(database, scope.tenantId, listPolicies),
    add: (scope: Scope, draft: PolicyDraft) =>
      withinTenant(database, scope.tenantId, (tx) => addPolicy(tx, scope, draft)),
    remove: (scope: Scope, id: string) => withinTenant(database, scope.tenantId, (tx) => removePolicy(tx, scope, id)),
  };
}
