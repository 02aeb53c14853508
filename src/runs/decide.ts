import { type Decision, mostRestrictive, type Policy } from "../contract/access.ts";
import type { AskedRequest } from "../gateway/asked-request.ts";

export type Decided = { decision: Decision; reason: string };

type Facts = {
  integrationId: string;
  connectionId: string;
  workflowId?: string;
  policies: Policy[];
  /** Operations that came with an update, and when: older policies did not have them in mind. */
  fresh?: Map<string, Date>;
};

/**
 * May this request run? Reads run and writes ask, unless policies say otherwise; of several the most restrictive counts. A
 * request that may be several operations has to be allowed as each of them. An operation that is new since the last update
 * asks until a policy allows it. Who allows "all writes" means those of the list: what is in no list has to be named letter by
 * letter.
 */
export function decide(asked: Pick<AskedRequest, "operations" | "access" | "listed">, facts: Facts): Decided {
  // A new operation that sends what an older one sends makes no new request.
  const isNew = asked.operations.length > 0 && asked.operations.every((operation) => facts.fresh?.has(operation));
  const each = asked.operations.map((operation): Decided => {
    const since = isNew ? facts.fresh?.get(operation) : undefined;
    const matching = facts.policies.filter(
      (policy) =>
        applies(policy, operation, asked.access, facts) &&
        !(since && policy.decision === "allow" && policy.createdAt < since) &&
        !(!asked.listed && policy.decision === "allow" && policy.operation.includes("*")),
    );
    const usual: Decision = asked.access === "write" || isNew ? "ask" : "allow";
    const decision = mostRestrictive(
      matching.map((policy) => policy.decision),
      usual,
    );
    if (matching.length > 0) {
      const level = matching.find((policy) => policy.decision === decision)?.level ?? "tenant";
      return { decision, reason: `A policy (${level}) says so.` };
    }
    if (isNew) return { decision, reason: "This operation is new since the last update." };
    if (!asked.listed)
      return { decision, reason: "This request is in no list of the integration, so it counts as a write." };
    return { decision, reason: asked.access === "write" ? "It changes something." : "It only reads." };
  });
  const decision = mostRestrictive(
    each.map((one) => one.decision),
    "ask",
  );
  return each.find((one) => one.decision === decision) ?? { decision: "ask", reason: "Its operation is not known." };
}

function applies(policy: Policy, operation: string, access: "read" | "write", facts: Facts): boolean {
  if (policy.access !== undefined && policy.access !== access) return false;
  const subjects = {
    tenant: undefined,
    integration: facts.integrationId,
    connection: facts.connectionId,
    workflow: facts.workflowId ?? "none",
  };
  if (policy.level !== "tenant" && policy.subject !== subjects[policy.level]) return false;
  return fits(policy.operation, operation);
}

/** `cards *`: every `*` stands for anything. */
function fits(pattern: string, operation: string): boolean {
  const parts = pattern.split("*");
  const [first = "", ...later] = parts;
  if (later.length === 0) return pattern === operation;
  if (!operation.startsWith(first)) return false;
  const last = later.pop() ?? "";
  let at = first.length;
  for (const part of later) {
    const found = operation.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return operation.length - last.length >= at && operation.endsWith(last);
}
