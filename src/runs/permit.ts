import type { Approval } from "../contract/approval.ts";
import { Problem } from "../contract/problem.ts";
import { type AuditEntry, audit } from "../database/audit.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import type { AskedRequest } from "../gateway/asked-request.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import { listPolicies } from "../integrations/policies.ts";
import type { Question } from "./ask-person.ts";
import { decide } from "./decide.ts";
import type { IntegrationFacts } from "./integration-facts.ts";
import type { Requests } from "./requests.ts";

type Needs = {
  database: Database;
  ask(question: Question): Promise<string>;
  requests: Requests;
  facts: IntegrationFacts;
  /** Whether the server itself makes this run, to see what works: it waits for nobody. */
  isProof(runId: string): boolean;
  /** Told while a request of this grant waits for a person. */
  waits(grantId: string, by: 1 | -1): void;
  /** Shows the question to whoever started the run. */
  tell(runId: string, approval: Approval): void;
};

/** Decides on one request, and waits for the person where the decision is to ask. What goes out is on record first. */
export function createPermit(needs: Needs) {
  return async (grant: OpenGrant, asked: AskedRequest, signal: AbortSignal): Promise<{ requestId: string }> => {
    const rulings = await needs.facts.rulings(grant, grant.versionId);
    const about = { integrationId: grant.integrationId, connectionId: grant.connectionId };
    const { decision, reason } = decide(asked, { ...about, ...rulings });

    if (decision === "deny") {
      await auditDenied(needs.database, grant, asked);
      throw new Problem("policy_denied", { operation: asked.operation });
    }
    const send = async (tx: Transaction) => {
      const requestId = await needs.requests.begin(tx, grant, asked);
      await audit(tx, grant, entryOf(grant, asked, "ok"));
      return requestId;
    };
    if (decision === "allow") {
      if (asked.access === "read") return { requestId: needs.requests.beginRead(grant, asked) };
      return { requestId: await withinTenant(needs.database, grant.tenantId, send) };
    }
    if (needs.isProof(grant.runId)) throw new Problem("asks_first", { operation: asked.operation });
    const { description } = await needs.facts.version(grant, grant.versionId);
    needs.waits(grant.grantId, 1);
    try {
      const requestId = await needs.ask({
        grant,
        asked,
        reason,
        summary:
          description.operations[asked.operation]?.summary ?? `Send ${asked.method} to ${asked.path.slice(0, 200)}`,
        signal,
        tell: (approval) => needs.tell(grant.runId, approval),
        send: async (tx) => {
          // Minutes may have passed: a policy that was made meanwhile goes before the yes.
          const now = decide(asked, { ...about, policies: await listPolicies(tx) });
          if (now.decision === "deny") throw new Problem("policy_denied", { operation: asked.operation });
          return send(tx);
        },
      });
      return { requestId };
    } finally {
      needs.waits(grant.grantId, -1);
    }
  };
}

/** Puts on record that a policy forbade something. */
export async function auditDenied(
  database: Database,
  grant: OpenGrant,
  asked: Pick<AskedRequest, "access" | "operation">,
): Promise<void> {
  await withinTenant(database, grant.tenantId, (tx) => audit(tx, grant, entryOf(grant, asked, "refused")));
}

function entryOf(
  grant: OpenGrant,
  asked: Pick<AskedRequest, "access" | "operation">,
  outcome: "ok" | "refused",
): AuditEntry {
  return {
    action: `request.${asked.access}`,
    outcome,
    integrationId: grant.integrationId,
    connectionId: grant.connectionId,
    facts: { operation: asked.operation, runId: grant.runId },
  };
}
