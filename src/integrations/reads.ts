import type { Integration, Permissions, RequestRule } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { ToolDescription, type ToolOperation } from "../contract/tool.ts";
import { audit } from "../database/audit.ts";
import type { Transaction } from "../database/database.ts";
import { getIntegration } from "./integrations.ts";
import { publish } from "./publish.ts";
import { saveVersion } from "./save-version.ts";
import { getToolFile } from "./tool-file.ts";

type Judged = { tool: ToolDescription; rules: RequestRule[]; permissions: Permissions };

/**
 * Makes reads of the operations somebody said so of, and writes of all others whose method is a write's: in the tool's
 * description, in the request table and in the permissions alike.
 *
 * @throws Problem `input_invalid` for an operation that cannot be a read whoever says so.
 */
export function withReads({ tool, rules, permissions }: Judged, confirmed: Record<string, string>): Judged {
  const isConfirmed = (name: string) => Object.hasOwn(confirmed, name);
  for (const name of Object.keys(confirmed)) {
    const why = whyNoRead(Object.hasOwn(tool.operations, name) ? tool.operations[name] : undefined, name);
    if (why) throw new Problem("input_invalid", { detail: why });
  }
  const earlier = permissions.confirmedReads ?? {};
  const operations = Object.fromEntries(
    Object.entries(tool.operations).map(([name, one]): [string, ToolOperation] => {
      if (isConfirmed(name)) return [name, { ...one, access: "read" }];
      return [name, Object.hasOwn(earlier, name) ? { ...one, access: "write" } : one];
    }),
  );
  const named = (access: "read" | "write") =>
    Object.entries(operations).flatMap(([name, one]) => (one.access === access ? [name] : []));
  // What was taken back may be said again.
  const suggested = { ...earlier, ...permissions.suggestedReads };
  const open = Object.fromEntries(Object.entries(suggested).filter(([name]) => operations[name] && !isConfirmed(name)));
  return {
    tool: { ...tool, operations },
    rules: rules.map(({ operation, method, url, graphql }) => ({
      operation,
      access: operations[operation]?.access ?? "write",
      method,
      url,
      ...(graphql ? { graphql } : {}),
      ...(isConfirmed(operation) ? { confirmed: true as const } : {}),
    })),
    permissions: {
      readOps: named("read"),
      writeOps: named("write"),
      ...(Object.keys(confirmed).length > 0 ? { confirmedReads: confirmed } : {}),
      ...(Object.keys(open).length > 0 ? { suggestedReads: open } : {}),
    },
  };
}

/** Of the yeses given for a version, those that still hold for a newer one: the operation sends what it sent. */
export function keptReads(confirmed: Record<string, string>, before: ToolDescription, next: ToolDescription) {
  const sends = (tool: ToolDescription, name: string) => {
    const one = tool.operations[name];
    return one && JSON.stringify([one.requests, one.graphql?.type, one.graphql?.field, one.coded]);
  };
  return Object.fromEntries(
    Object.entries(confirmed).filter(
      ([name]) => sends(next, name) !== undefined && sends(before, name) === sends(next, name),
    ),
  );
}

/**
 * A person says that operations only read. It is a version of its own, in use at once, so that it can be seen, compared, taken
 * back and offered like any other change; the audit keeps who said it.
 *
 * @throws Problem `not_found`; `input_invalid` for an operation that cannot be a read.
 */
export async function confirmReads(
  tx: Transaction,
  scope: Scope,
  slug: string,
  { operations, reason }: { operations: string[]; reason?: string | undefined },
): Promise<Integration> {
  const { permissions } = await getIntegration(tx, { slug });
  const said = Object.fromEntries(
    operations.map((name) => [
      name,
      reason ?? permissions.suggestedReads?.[name] ?? "somebody said that it only reads",
    ]),
  );
  return saveReads(tx, scope, slug, { ...permissions.confirmedReads, ...said }, { action: "confirm_read", operations });
}

/** Takes such a yes back. @throws Problem `not_found` */
export async function retractReads(
  tx: Transaction,
  scope: Scope,
  slug: string,
  operations: string[],
): Promise<Integration> {
  const { permissions } = await getIntegration(tx, { slug });
  const left = Object.entries(permissions.confirmedReads ?? {}).filter(([name]) => !operations.includes(name));
  return saveReads(tx, scope, slug, Object.fromEntries(left), { action: "retract_read", operations });
}

async function saveReads(
  tx: Transaction,
  scope: Scope,
  slug: string,
  confirmed: Record<string, string>,
  { action, operations }: { action: string; operations: string[] },
): Promise<Integration> {
  const integration = await getIntegration(tx, { slug });
  const { cliCode, instructions, tool, rules, source } = await getToolFile(tx, integration.versionId);
  const judged = withReads(
    { tool: ToolDescription.parse(tool), rules, permissions: integration.permissions },
    confirmed,
  );
  const next = await saveVersion(tx, scope, { ...integration, ...judged, cliCode, instructions, source });
  for (const operation of operations) {
    const facts = { slug, operation, version: next.version, reason: confirmed[operation] ?? null };
    await audit(tx, scope, { action: `integration.${action}`, outcome: "ok", integrationId: integration.id, facts });
  }
  // A draft that nobody uses yet stays one.
  if (integration.status === "draft") return next;
  return publish(tx, scope, next.versionId, { agreed: new Set(operations) });
}

function whyNoRead(operation: ToolOperation | undefined, name: string): string | undefined {
  if (!operation) return `there is no operation "${name}".`;
  if (operation.graphql?.type === "mutation") return `"${name}" is a GraphQL mutation, which changes things.`;
  const method = operation.requests
    .map((request) => request.split(" ")[0] ?? "")
    .find((one) => !["GET", "HEAD", "POST", "QUERY"].includes(one));
  return method === undefined ? undefined : `"${name}" sends ${method}, which is never a read.`;
}
