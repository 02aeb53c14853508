import type { Policy } from "../contract/access.ts";
import type { Integration } from "../contract/integration.ts";
import type { Operation } from "../contract/procedures/integration-detail.ts";
import { ToolDescription } from "../contract/tool.ts";
import type { Transaction } from "../database/database.ts";
import { listPolicies } from "../integrations/policies.ts";
import { newOperations } from "../integrations/publish.ts";
import { trialsOf } from "../integrations/trials.ts";
import { getToolFile } from "../integrations/tool-file.ts";
import { decide } from "../runs/decide.ts";

/** What an integration can do, and what happens when it is called with any account. */
export async function listOperations(
  tx: Transaction,
  { id, versionId, permissions }: Integration,
): Promise<Operation[]> {
  const { operations } = ToolDescription.parse((await getToolFile(tx, versionId)).tool);
  const [policies, fresh] = [await listPolicies(tx), await newOperations(tx, versionId)];
  const own = ownPolicies(policies, id);
  const tried = new Map((await trialsOf(tx, versionId)).map(({ operation, ...one }) => [operation, one]));
  // A policy with a subject speaks of another integration, or of one account.
  const facts = {
    integrationId: id,
    connectionId: "",
    policies: policies.filter((one) => one.subject === undefined || one.subject === id),
    fresh,
  };
  return Object.entries(operations).map(([name, { access, summary = "", requests }]) => ({
    name,
    access,
    summary,
    requests,
    ...decide({ operations: [name], access, listed: true }, facts),
    own: own.get(name) ?? null,
    ...(tried.has(name) ? { tried: tried.get(name) } : {}),
    ...(permissions.suggestedReads?.[name] ? { suggestedRead: permissions.suggestedReads[name] } : {}),
    ...(permissions.confirmedReads?.[name] ? { confirmedRead: permissions.confirmedReads[name] } : {}),
  }));
}

function ownPolicies(policies: Policy[], integrationId: string): Map<string, Policy["decision"]> {
  return new Map(
    policies
      .filter((one) => one.level === "integration" && one.subject === integrationId && !one.operation.includes("*"))
      .map((one) => [one.operation, one.decision]),
  );
}
