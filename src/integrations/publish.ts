import { and, eq, inArray, lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { AuthMethod } from "../contract/auth-method.ts";
import type { Integration, RequestRule } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { audit } from "../database/audit.ts";
import type { Transaction } from "../database/database.ts";
import { customIntegration, customIntegrationCredential, integrationVersion, policy } from "../database/tables.ts";
import { getIntegration } from "./integrations.ts";
import { getToolFile } from "./tool-file.ts";

/**
 * Makes a version the current one; a draft becomes ready. What the version before had not in this form starts at "ask", and
 * an earlier "always" for it ends; what started so there and was not allowed since goes on asking. `agreed`: operations the
 * person has just been asked about one by one. Accounts signed in before a host was added, or by a way that has changed,
 * have to sign in again: their secrets were not entered for that.
 *
 * @throws Problem `not_found`
 */
export async function publish(
  tx: Transaction,
  scope: Scope,
  versionId: string,
  { agreed = new Set() }: { agreed?: Set<string> } = {},
): Promise<Integration> {
  const next = await getIntegration(tx, { versionId });
  const [row] = await tx
    .select({ before: customIntegration.currentVersionId })
    .from(customIntegration)
    .where(eq(customIntegration.id, next.id))
    .for("update");
  const before = row?.before ?? undefined;
  if (before === versionId) return next;

  const changed = before ? (await changedOperations(tx, before, versionId)).filter((name) => !agreed.has(name)) : [];
  const now = new Date();
  if (next.status === "draft") {
    const known = before ? await newOperations(tx, before) : new Map<string, Date>();
    const fresh = new Map([...known].filter(([name]) => !agreed.has(name)));
    for (const name of changed) fresh.set(name, now);
    await tx
      .update(integrationVersion)
      .set({ status: "ready", publishedAt: now, newOperations: asRows(fresh) })
      .where(eq(integrationVersion.id, versionId));
  } else {
    // Back at an earlier version: a word that something only reads, which was taken back since, does not come back with it.
    const confirmed = changed.filter((name) => Object.hasOwn(next.permissions.confirmedReads ?? {}, name));
    if (confirmed.length > 0) {
      const fresh = await newOperations(tx, versionId);
      for (const name of confirmed) fresh.set(name, now);
      await tx
        .update(integrationVersion)
        .set({ newOperations: asRows(fresh) })
        .where(eq(integrationVersion.id, versionId));
    }
  }
  await makeCurrent(tx, next.id, versionId);
  if (before) {
    await endAlways(tx, next.id, changed);
    await askForSignIn(tx, await getIntegration(tx, { versionId: before }), next);
  }
  const facts = { slug: next.slug, version: next.version, newOperations: changed.length };
  await audit(tx, scope, { action: "integration.publish", outcome: "ok", integrationId: next.id, facts });
  return getIntegration(tx, { versionId });
}

/**
 * Goes back to an earlier version that was ready.
 *
 * @throws Problem `not_found`; `input_invalid` for a draft.
 */
export async function rollback(tx: Transaction, scope: Scope, versionId: string): Promise<Integration> {
  const { status, version } = await getIntegration(tx, { versionId });
  if (status === "draft") {
    throw new Problem("input_invalid", { detail: `version ${version} is a draft. Choose one that was in use before.` });
  }
  return publish(tx, scope, versionId);
}

/** Operations that an update made ask, and since when: a policy made later may allow them. */
export async function newOperations(tx: Transaction, versionId: string): Promise<Map<string, Date>> {
  const [row] = await tx
    .select({ names: integrationVersion.newOperations })
    .from(integrationVersion)
    .where(eq(integrationVersion.id, versionId));
  return new Map(NewOperations.parse(row?.names ?? []).map(({ name, since }) => [name, since]));
}

const asRows = (fresh: Map<string, Date>) => [...fresh].map(([name, since]) => ({ name, since }));
const NewOperations = z.array(z.object({ name: z.string(), since: z.coerce.date() }));

async function makeCurrent(tx: Transaction, integrationId: string, versionId: string): Promise<void> {
  await tx
    .update(customIntegration)
    .set({ currentVersionId: versionId, updatedAt: sql`now()` })
    .where(eq(customIntegration.id, integrationId));
}

/** Operations of `versionId` that `before` had not, or that now send other requests than they did. */
export async function changedOperations(tx: Transaction, before: string, versionId: string): Promise<string[]> {
  const known = requestsByOperation((await getToolFile(tx, before)).rules);
  const next = requestsByOperation((await getToolFile(tx, versionId)).rules);
  return [...next].filter(([name, requests]) => known.get(name) !== requests).map(([name]) => name);
}

/** Everything each operation sends, as one text to compare by. */
export function requestsByOperation(rules: RequestRule[]): Map<string, string> {
  const requests = new Map<string, string[]>();
  for (const { operation, access, method, url, graphql } of rules) {
    const one = JSON.stringify([access, method, url, graphql?.type, graphql?.field]);
    requests.set(operation, [...(requests.get(operation) ?? []), one]);
  }
  return new Map([...requests].map(([name, all]) => [name, all.toSorted().join("\n")]));
}

async function endAlways(tx: Transaction, integrationId: string, operations: string[]): Promise<void> {
  if (operations.length === 0) return;
  const accounts = await tx
    .select({ id: customIntegrationCredential.id })
    .from(customIntegrationCredential)
    .where(eq(customIntegrationCredential.integrationId, integrationId));
  const subjects = [integrationId, ...accounts.map(({ id }) => id)];
  await tx
    .delete(policy)
    .where(and(eq(policy.decision, "allow"), inArray(policy.subject, subjects), inArray(policy.operation, operations)));
}

async function askForSignIn(tx: Transaction, before: Integration, next: Integration): Promise<void> {
  const added = next.hosts.filter((host) => !before.hosts.includes(host));
  const changed = changedSignIns(before, next);
  if (added.length === 0 && changed.length === 0) return;
  const [row] = await tx
    .select({ madeAt: integrationVersion.createdAt })
    .from(integrationVersion)
    .where(eq(integrationVersion.id, next.versionId));
  const account = customIntegrationCredential;
  const statusReason =
    added.length > 0 ? `It now also reaches ${added.join(", ")}.` : "This way to sign in is another one now.";
  await tx
    .update(account)
    .set({ status: "sign_in_again", statusReason, updatedAt: sql`now()` })
    .where(
      and(
        eq(account.integrationId, next.id),
        lt(account.createdAt, row?.madeAt ?? new Date()),
        added.length > 0 ? undefined : inArray(account.authMethodId, changed),
      ),
    );
}

/** Ways to sign in of `before` that are gone, or send secrets elsewhere than they did. */
export function changedSignIns(before: Integration, next: Integration): string[] {
  const now = new Map(next.auth.map((method) => [method.id, whereSecretsGo(method)]));
  return before.auth.filter((method) => now.get(method.id) !== whereSecretsGo(method)).map(({ id }) => id);
}

/** A way to sign in without the words about it. */
function whereSecretsGo(method: AuthMethod): string {
  const words = new Set(["label", "help", "helpUrl", "setup", "scopes"]);
  return JSON.stringify(method, (key, value: unknown) => (words.has(key) ? undefined : value));
}
