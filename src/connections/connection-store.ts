import { and, desc, eq, inArray, lte, ne, sql } from "drizzle-orm";
import { z } from "zod";
import { Connection, ConnectionStatus } from "../contract/connection.ts";
import { shownLine } from "../contract/marked-data.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { credentialVersion, customIntegration, customIntegrationCredential as connection } from "../database/tables.ts";
import { places } from "../vault/places.ts";
import type { Vault } from "../vault/vault.ts";
import { readCredential, writeCredential } from "./credential.ts";
import type { Credential } from "./credential.ts";

/** A connection with what only this room needs to know of it. */
export type Kept = Connection & {
  tenantId: string;
  version: number;
  lifetimeSeconds: number | null;
  retryRefreshAt: Date | null;
  refreshFailures: number;
};

/** Credential versions kept; one can go back to them. */
const versionsKept = 5;

/** @throws Problem `not_found`, also for connections of other people. */
export async function readConnection(tx: Transaction, scope: Scope, id: string): Promise<Kept> {
  const found = z.uuid().safeParse(id).success
    ? await select(tx, and(eq(connection.id, id), eq(connection.personId, scope.personId)))
    : [];
  if (!found[0]) throw new Problem("not_found", { what: "connection" });
  return found[0];
}

export function listConnections(tx: Transaction, scope: Scope, integrationId?: string): Promise<Kept[]> {
  const mine = eq(connection.personId, scope.personId);
  return select(tx, integrationId === undefined ? mine : and(mine, eq(connection.integrationId, integrationId)));
}

/** The sealed credential of a connection, opened; `isNew` when it was made within the last five seconds, by the database's clock. */
export async function openCredential(
  tx: Transaction,
  vault: Vault,
  id: string,
  version: number,
): Promise<{ credential: Credential; isNew: boolean }> {
  const [row] = await tx
    .select({
      sealed: credentialVersion.sealed,
      isNew: sql<boolean>`${credentialVersion.createdAt} > now() - interval '5 seconds'`,
    })
    .from(credentialVersion)
    .where(and(eq(credentialVersion.connectionId, id), eq(credentialVersion.version, version)));
  if (!row) throw new Problem("vault_unreadable");
  return { credential: readCredential(vault.open(row.sealed, places.credential(id, version))), isNew: row.isNew };
}

/** The versions of a connection's credential that are kept, newest first. */
export function listVersions(tx: Transaction, id: string): Promise<{ version: number; createdAt: Date }[]> {
  return tx
    .select({ version: credentialVersion.version, createdAt: credentialVersion.createdAt })
    .from(credentialVersion)
    .where(eq(credentialVersion.connectionId, id))
    .orderBy(desc(credentialVersion.version));
}

export type Change = Partial<
  Pick<
    typeof connection.$inferInsert,
    | "label"
    | "authMethodId"
    | "metadata"
    | "scopes"
    | "expiresAt"
    | "lifetimeSeconds"
    | "enabled"
    | "isDefault"
    | "status"
    | "statusReason"
    | "provenAt"
    | "leaseOwner"
    | "leaseUntil"
    | "refreshFailures"
    | "retryRefreshAt"
  >
>;

/** Changes a connection; undefined when it is gone. */
export async function changeConnection(tx: Transaction, id: string, change: Change): Promise<boolean> {
  const changed = await tx
    .update(connection)
    .set({ ...change, updatedAt: sql`now()` })
    .where(eq(connection.id, id))
    .returning({ id: connection.id });
  return changed.length > 0;
}

/** The services of these connections answered: what was in trouble is so no more. */
export async function noteAnswers(tx: Transaction, ids: string[]): Promise<void> {
  await tx
    .update(connection)
    .set({ status: "connected", statusReason: null, updatedAt: sql`now()` })
    .where(and(inArray(connection.id, ids), eq(connection.status, "failing")));
}

/**
 * Seals a credential as the connection's next version and forgets the oldest.
 *
 * @param expected  The version it must still have; when it has another, nothing is written.
 * @returns the new version, or undefined.
 */
export async function keepCredential(
  tx: Transaction,
  vault: Vault,
  id: string,
  o: { tenantId: string; expected: number; credential: Credential; change: Change; leaseOwner?: string },
): Promise<number | undefined> {
  const version = o.expected + 1;
  const [moved] = await tx
    .update(connection)
    .set({ ...o.change, credentialVersion: version, leaseOwner: null, leaseUntil: null, updatedAt: sql`now()` })
    .where(
      and(
        eq(connection.id, id),
        eq(connection.credentialVersion, o.expected),
        o.leaseOwner === undefined ? undefined : eq(connection.leaseOwner, o.leaseOwner),
      ),
    )
    .returning({ id: connection.id });
  if (!moved) return undefined;
  const { sealed, keyId } = vault.seal(writeCredential(o.credential), places.credential(id, version));
  await tx.insert(credentialVersion).values({ tenantId: o.tenantId, connectionId: id, version, sealed, keyId });
  await tx
    .delete(credentialVersion)
    .where(and(eq(credentialVersion.connectionId, id), lte(credentialVersion.version, version - versionsKept)));
  return version;
}

/** A new connection with its first credential. The first account of an integration is its default. */
export async function insertConnection(
  tx: Transaction,
  vault: Vault,
  scope: Scope,
  o: { integrationId: string; label: string; credential: Credential; change: Change & { authMethodId: string } },
): Promise<string> {
  const others = await listConnections(tx, scope, o.integrationId);
  const [row] = await tx
    .insert(connection)
    .values({
      ...o.change,
      tenantId: scope.tenantId,
      personId: scope.personId,
      integrationId: o.integrationId,
      label: freeLabel(
        o.label,
        others.map(({ label }) => label),
      ),
      isDefault: others.length === 0,
    })
    .returning({ id: connection.id });
  if (!row) throw new Error("the connection was not inserted");
  await keepCredential(tx, vault, row.id, {
    tenantId: scope.tenantId,
    expected: 0,
    credential: o.credential,
    change: {},
  });
  return row.id;
}

/** Erases a connection and its credentials; another account becomes the default. */
export async function eraseConnection(tx: Transaction, scope: Scope, kept: Kept): Promise<void> {
  await tx.delete(connection).where(eq(connection.id, kept.id));
  if (!kept.isDefault) return;
  const [next] = await listConnections(tx, scope, kept.integrationId);
  if (next) await changeConnection(tx, next.id, { isDefault: true });
}

export async function makeDefault(tx: Transaction, scope: Scope, kept: Kept): Promise<void> {
  await tx
    .update(connection)
    .set({ isDefault: false })
    .where(
      and(
        eq(connection.personId, scope.personId),
        eq(connection.integrationId, kept.integrationId),
        ne(connection.id, kept.id),
      ),
    );
  await changeConnection(tx, kept.id, { isDefault: true });
}

/** Two accounts of one integration never look alike: the second "me@example.com" is "me@example.com (2)". */
export function freeLabel(wanted: string, taken: readonly string[]): string {
  const label = shownLine(wanted).slice(0, 110) || "account";
  let free = label;
  for (let count = 2; taken.includes(free); count += 1) free = `${label} (${count})`;
  return free;
}

/** What leaves the room: no versions, leases, tenants. */
export function toConnection(kept: Kept): Connection {
  return Connection.parse(kept);
}

const Texts = z.record(z.string(), z.string());
const Scopes = z.array(z.string());

async function select(tx: Transaction, where: ReturnType<typeof and>): Promise<Kept[]> {
  const rows = await tx
    .select({ row: connection, slug: customIntegration.slug })
    .from(connection)
    .innerJoin(customIntegration, eq(customIntegration.id, connection.integrationId))
    .where(where)
    .orderBy(desc(connection.isDefault), connection.createdAt, connection.id);
  return rows.map(({ row, slug }) => ({
    id: row.id,
    tenantId: row.tenantId,
    integrationId: row.integrationId,
    slug,
    personId: row.personId,
    label: row.label,
    authMethodId: row.authMethodId,
    metadata: Texts.parse(row.metadata),
    scopes: Scopes.parse(row.scopes),
    expiresAt: row.expiresAt,
    enabled: row.enabled,
    isDefault: row.isDefault,
    status: ConnectionStatus.parse(row.status),
    statusReason: row.statusReason,
    provenAt: row.provenAt,
    createdAt: row.createdAt,
    version: row.credentialVersion,
    lifetimeSeconds: row.lifetimeSeconds,
    retryRefreshAt: row.retryRefreshAt,
    refreshFailures: row.refreshFailures,
  }));
}
