import { and, asc, desc, eq, or, sql } from "drizzle-orm";
import { Integration } from "../contract/integration.ts";
import { isPullRequestStatus } from "../contract/offer.ts";
import { Problem } from "../contract/problem.ts";
import type { Transaction } from "../database/database.ts";
import {
  communityOffer,
  customIntegration,
  customIntegrationCredential,
  integrationVersion,
  policy,
} from "../database/tables.ts";

export type IntegrationRef = { id: string } | { slug: string } | { versionId: string };

/**
 * One integration of the tenant. By id or slug: its current version, or its newest draft while none is ready.
 *
 * @throws Problem `not_found`
 */
export async function getIntegration(tx: Transaction, ref: IntegrationRef): Promise<Integration> {
  const meant =
    "versionId" in ref
      ? eq(version.id, ref.versionId)
      : and(isShown, "id" in ref ? eq(integration.id, ref.id) : eq(integration.slug, ref.slug));
  const [row] = await rows(tx).where(meant).orderBy(desc(version.version)).limit(1);
  if (!row) throw new Problem("not_found", { what: "integration" });
  return readRow(row);
}

/** All integrations of the tenant by name, each at its current version or newest draft. */
export async function listIntegrations(tx: Transaction): Promise<Integration[]> {
  const found = await rows(tx)
    .where(isShown)
    .orderBy(asc(sql`lower(${version.name})`), asc(integration.slug));
  return found.map(readRow);
}

export type VersionSummary = {
  versionId: string;
  version: number;
  status: "draft" | "ready";
  current: boolean;
  reads: number;
  writes: number;
  createdAt: Date;
};

/** All versions, newest first. */
export async function listVersions(tx: Transaction, integrationId: string): Promise<VersionSummary[]> {
  const found = await tx
    .select({ ...shownColumns, createdAt: version.createdAt, currentVersionId: integration.currentVersionId })
    .from(version)
    .innerJoin(integration, eq(version.integrationId, integration.id))
    .leftJoin(communityOffer, eq(communityOffer.integrationId, integration.id))
    .where(eq(version.integrationId, integrationId))
    .orderBy(desc(version.version));
  return found.map((row) => {
    const { versionId, version, status, permissions } = readRow(row);
    const { createdAt, currentVersionId } = row;
    const [reads, writes] = [permissions.readOps.length, permissions.writeOps.length];
    return { versionId, version, status, current: versionId === currentVersionId, reads, writes, createdAt };
  });
}

/**
 * Throws away a version that nobody said yes to.
 *
 * @throws Problem `not_found`; `input_invalid` for one that is or was in use, or the only one there is.
 */
export async function discardDraft(tx: Transaction, versionId: string): Promise<void> {
  const { id, status, version: number } = await getIntegration(tx, { versionId });
  const [{ current } = { current: null }] = await tx
    .select({ current: integration.currentVersionId })
    .from(integration)
    .where(eq(integration.id, id));
  if (status !== "draft" || current === null) {
    throw new Problem("input_invalid", {
      detail: `version ${number} is not a draft beside a version in use. Only such a draft can be thrown away.`,
    });
  }
  await tx.delete(version).where(eq(version.id, versionId));
}

/** Removes an integration with its versions, connections and the policies about them. */
export async function removeIntegration(tx: Transaction, integrationId: string): Promise<void> {
  const connections = await tx
    .select({ id: customIntegrationCredential.id })
    .from(customIntegrationCredential)
    .where(eq(customIntegrationCredential.integrationId, integrationId));
  for (const subject of [integrationId, ...connections.map(({ id }) => id)]) {
    await tx.delete(policy).where(eq(policy.subject, subject));
  }
  const removed = await tx
    .delete(integration)
    .where(eq(integration.id, integrationId))
    .returning({ id: integration.id });
  if (removed.length === 0) throw new Problem("not_found", { what: "integration" });
}

const integration = customIntegration;
const version = integrationVersion;

// Without the code, the request table and the tool's description: they are large, and few callers need them.
const shownColumns = {
  id: integration.id,
  slug: integration.slug,
  origin: integration.origin,
  pullRequestUrl: communityOffer.pullRequestUrl,
  offerStatus: communityOffer.status,
  words: communityOffer.words,
  versionId: version.id,
  version: version.version,
  status: version.status,
  name: version.name,
  description: version.description,
  category: version.category,
  iconUrl: version.iconUrl,
  docsUrl: version.docsUrl,
  baseUrl: version.baseUrl,
  hosts: version.hosts,
  variables: version.variables,
  auth: version.auth,
  permissions: version.permissions,
};

const newest = sql`(select max(v.version) from integration_version v where v.integration_id = ${integration.id})`;
const isShown = or(
  eq(version.id, integration.currentVersionId),
  and(sql`${integration.currentVersionId} is null`, eq(version.version, newest)),
);

function rows(tx: Transaction) {
  return tx
    .select(shownColumns)
    .from(integration)
    .innerJoin(version, eq(version.integrationId, integration.id))
    .leftJoin(communityOffer, eq(communityOffer.integrationId, integration.id))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof rows>>[number];

function readRow({ pullRequestUrl: url, offerStatus, words, ...row }: Row): Integration {
  const present = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  if (!url) return Integration.parse(present);
  const status = isPullRequestStatus(offerStatus) ? offerStatus : "offered";
  return Integration.parse({ ...present, communityPullRequest: { url, status, ...(words ? { words } : {}) } });
}
