import { and, eq, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { type Offer, OfferStatus, Sharing } from "../../contract/offer.ts";
import type { Scope } from "../../contract/scope.ts";
import { audit } from "../../database/audit.ts";
import type { Transaction } from "../../database/database.ts";
import { communityOffer, customIntegration, integrationVersion, tenant } from "../../database/tables.ts";

/** What is known of the server's own live read. Shapes, never data. */
export const Proven = z.object({
  operation: z.string().optional(),
  shape: z.string().optional(),
  at: z.iso.datetime(),
  /** What wrote the tool: our compiler, or a language model by its name. */
  madeBy: z.string(),
  source: z.string(),
  /** Of what it was written; shown only as far as it is public. */
  sourceUrl: z.string().optional(),
  /** Where its writer found each operation. */
  documented: z.record(z.string(), z.object({ url: z.string(), heading: z.string() })).optional(),
});
export type Proven = z.infer<typeof Proven>;

const Settings = z.looseObject({ sharing: Sharing.exclude(["ask"]).optional(), sharingAsked: z.boolean().optional() });

/** What the tenant decided for all its tools; `ask` until somebody did. */
export async function sharingDefault(tx: Transaction): Promise<Sharing> {
  const [row] = await tx.select({ settings: tenant.settings }).from(tenant);
  return Settings.parse(row?.settings ?? {}).sharing ?? "ask";
}

/** True once: when a tool waits for a decision nobody made or was asked for yet. From then on it counts as asked. */
export async function isToBeAsked(tx: Transaction): Promise<boolean> {
  const [row] = await tx.select({ settings: tenant.settings }).from(tenant).for("update");
  const { sharing, sharingAsked } = Settings.parse(row?.settings ?? {});
  if (sharing !== undefined || sharingAsked) return false;
  const held = await tx
    .select({ id: communityOffer.integrationId })
    .from(communityOffer)
    .where(eq(communityOffer.status, "held"))
    .limit(1);
  if (held.length === 0) return false;
  await tx.update(tenant).set({ settings: sql`${tenant.settings} || '{"sharingAsked":true}'::jsonb` });
  return true;
}

/** Decides for all, or for one integration alone (null: as for all). Gives the integrations whose offer a job should now look at. */
export async function setSharing(
  tx: Transaction,
  scope: Scope,
  o: { sharing: "on" | "off" } | { sharing: "on" | "off" | null; integrationId: string },
): Promise<string[]> {
  if ("integrationId" in o) {
    await tx.update(customIntegration).set({ sharing: o.sharing }).where(eq(customIntegration.id, o.integrationId));
  } else {
    const change = JSON.stringify({ sharing: o.sharing });
    await tx.update(tenant).set({ settings: sql`${tenant.settings} || ${change}::jsonb` });
  }
  const facts = { sharing: o.sharing };
  const about = "integrationId" in o ? { integrationId: o.integrationId } : {};
  await audit(tx, scope, { action: "community.sharing", outcome: "ok", ...about, facts });
  const all = await sharingDefault(tx);
  const rows = await tx
    .select({ id: customIntegration.id, own: customIntegration.sharing })
    .from(communityOffer)
    .innerJoin(customIntegration, eq(customIntegration.id, communityOffer.integrationId))
    .where(inArray(communityOffer.status, ["held", "waiting"]));
  const shared = rows.filter(({ own }) => (own ?? all) === "on").map(({ id }) => id);
  const held = rows.filter(({ id }) => !shared.includes(id)).map(({ id }) => id);
  await setStatus(tx, shared, "waiting");
  await setStatus(tx, held, "held");
  return shared;
}

async function setStatus(tx: Transaction, ids: string[], status: OfferStatus): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(communityOffer)
    .set({ status, updatedAt: sql`now()` })
    .where(inArray(communityOffer.integrationId, ids));
}

/** Whether an integration is shared: what was said of it alone, else of all. */
export async function sharingOf(tx: Transaction, integrationId: string): Promise<Sharing> {
  const [one] = await tx
    .select({ own: customIntegration.sharing })
    .from(customIntegration)
    .where(eq(customIntegration.id, integrationId));
  const own = Sharing.exclude(["ask"])
    .nullable()
    .parse(one?.own ?? null);
  return own ?? sharingDefault(tx);
}

/** Notes that a version was proven; true when a job should offer it. The same version again changes nothing. */
export async function noteProof(
  tx: Transaction,
  scope: Scope,
  o: { integrationId: string; versionId: string; proof: Proven },
): Promise<boolean> {
  const isShared = (await sharingOf(tx, o.integrationId)) === "on";
  const status: OfferStatus = isShared ? "waiting" : "held";
  const values = { versionId: o.versionId, proof: o.proof, status, reasons: [], notBefore: null };
  const [changed] = await tx
    .insert(communityOffer)
    .values({ tenantId: scope.tenantId, personId: scope.personId, integrationId: o.integrationId, ...values })
    .onConflictDoUpdate({
      target: communityOffer.integrationId,
      set: { ...values, updatedAt: sql`now()` },
      setWhere: or(sql`${communityOffer.versionId} <> ${o.versionId}`, eq(communityOffer.status, "held")),
    })
    .returning({ id: communityOffer.integrationId });
  return isShared && changed !== undefined;
}

/** Asks for the job once more, whatever came of it before. */
export async function askAgain(tx: Transaction, integrationId: string): Promise<boolean> {
  const rows = await tx
    .update(communityOffer)
    .set({ status: "waiting", reasons: [], notBefore: null, updatedAt: sql`now()` })
    .where(eq(communityOffer.integrationId, integrationId))
    .returning({ id: communityOffer.integrationId });
  return rows.length > 0;
}

export type OfferRow = Omit<typeof communityOffer.$inferSelect, "proof" | "status"> & {
  proof: Proven;
  status: OfferStatus;
};

export async function readOffer(tx: Transaction, integrationId: string): Promise<OfferRow | undefined> {
  const [row] = await tx.select().from(communityOffer).where(eq(communityOffer.integrationId, integrationId));
  return row && { ...row, proof: Proven.parse(row.proof), status: OfferStatus.parse(row.status) };
}

type Change = Partial<
  Pick<
    OfferRow,
    "status" | "words" | "pullRequest" | "pullRequestUrl" | "repository" | "contentHash" | "offeredAt" | "notBefore"
  >
> & { reasons?: string[] };

/** True when the row is still about this version: a job that is late writes nothing over a newer one's. */
export async function writeOffer(
  tx: Transaction,
  row: Pick<OfferRow, "integrationId" | "versionId">,
  change: Change,
): Promise<boolean> {
  const rows = await tx
    .update(communityOffer)
    .set({ ...change, updatedAt: sql`now()` })
    .where(and(eq(communityOffer.integrationId, row.integrationId), eq(communityOffer.versionId, row.versionId)))
    .returning({ id: communityOffer.integrationId });
  return rows.length > 0;
}

/** Offers a job should look at: waiting ones whose time has come, and pull requests that are not decided. */
export async function offersToLookAt(tx: Transaction, now: Date): Promise<string[]> {
  const rows = await tx
    .select({ id: communityOffer.integrationId })
    .from(communityOffer)
    .where(
      and(
        inArray(communityOffer.status, ["waiting", "offered", "in_review", "changes_requested"]),
        or(isNull(communityOffer.notBefore), lt(communityOffer.notBefore, now)),
      ),
    );
  return rows.map(({ id }) => id);
}

/** The offers that stand in a pull request. */
export async function offersOf(tx: Transaction, pullRequest: number): Promise<string[]> {
  const rows = await tx
    .select({ id: communityOffer.integrationId })
    .from(communityOffer)
    .where(eq(communityOffer.pullRequest, pullRequest));
  return rows.map(({ id }) => id);
}

/** All offers for people to see, by name. */
export async function listOffers(tx: Transaction): Promise<Offer[]> {
  const rows = await tx
    .select({
      slug: customIntegration.slug,
      name: integrationVersion.name,
      sharing: customIntegration.sharing,
      status: communityOffer.status,
      reasons: communityOffer.reasons,
      words: communityOffer.words,
      number: communityOffer.pullRequest,
      url: communityOffer.pullRequestUrl,
      updatedAt: communityOffer.updatedAt,
    })
    .from(communityOffer)
    .innerJoin(customIntegration, eq(customIntegration.id, communityOffer.integrationId))
    .innerJoin(integrationVersion, eq(integrationVersion.id, communityOffer.versionId));
  return rows
    .map(({ number, url, sharing, reasons, status, ...row }) => ({
      ...row,
      status: OfferStatus.parse(status),
      sharing: Sharing.exclude(["ask"]).nullable().parse(sharing),
      reasons: z.array(z.string()).parse(reasons),
      pullRequest: number === null || url === null ? null : { number, url },
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name, "en"));
}
