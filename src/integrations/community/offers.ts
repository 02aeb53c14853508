import { randomUUID } from "node:crypto";
import { and, eq, gt, lt, or } from "drizzle-orm";
import { contentHash } from "../../../community/scripts/review.ts";
import type { Rules } from "../../../community/scripts/validate.ts";
import { type CommunityFile, communityFiles } from "../../contract/community.ts";
import { isProblem } from "../../contract/problem.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Secret } from "../../contract/secret.ts";
import { audit } from "../../database/audit.ts";
import { type Database, outsideTenants, type Transaction, withinTenant } from "../../database/database.ts";
import { communityLock, communityPush } from "../../database/tables.ts";
import { offerOf } from "../offer.ts";
import { GitHubBusy, GitHubRefused, type Octokit, type Repository, troubleOf } from "./github.ts";
import { type OfferRow, offersToLookAt, readOffer, sharingOf, writeOffer } from "./offer-rows.ts";
import { type Files, plan } from "./plan.ts";
import { type Base, putOffer, readBase, readFiles } from "./put-offer.ts";
import { readRegistry, sameService } from "./registry.ts";
import { verdictOf } from "./verdict.ts";

export type OffersNeeds = {
  database: Database;
  octokit: Octokit;
  repository: Repository;
  rules: Rules;
  /** Secrets in use with an integration: none may stand in what is shared. */
  secretsOf(scope: Scope, integrationId: string): Promise<Secret[]>;
  /** Looks at an offer again after this many seconds. */
  lookAgain(job: OfferJob, afterSeconds: number): Promise<void>;
  patchbay: string;
  log(line: string): void;
  now?: () => Date;
  limits?: Partial<Limits>;
};

export type OfferJob = { tenantId: string; integrationId: string };

/** How many offers go out in a day (24 hours): one person's, for one service, and all of this server's. */
export type Limits = { person: number; service: number; all: number };
const usualLimits: Limits = { person: 5, service: 6, all: 30 };

/**
 * Offers proven integrations to the community repository and follows what becomes of them. A job may be killed at any point, come
 * again, and run on several servers at once: what is true stands in its row and at GitHub.
 */
export function createOffers(needs: OffersNeeds) {
  const { database, octokit, now = () => new Date() } = needs;
  const limits = { ...usualLimits, ...needs.limits };
  const within = <T>({ tenantId }: OfferJob, work: (tx: Transaction) => Promise<T>) =>
    withinTenant(database, tenantId, work);

  return {
    /** Brings one offer a step further: makes or renews its pull request, or reads what maintainers said. */
    async work(job: OfferJob): Promise<void> {
      const row = await within(job, (tx) => readOffer(tx, job.integrationId));
      if (!row || row.status === "held") return;
      const isDue = row.notBefore === null || row.notBefore <= now();
      if (row.status === "waiting" && isDue) {
        // Whatever asked for it: nothing leaves without the owner's yes as it stands now.
        if (!(await isShared(job))) return write(job, row, { status: "held" });
        await guarded(job, row, () => offer(job, row));
      }
      if (["offered", "in_review", "changes_requested"].includes(row.status))
        await guarded(job, row, () => look(job, row));
    },

    /** Every offer of a tenant that waits or is under review: for the schedule, and after a start. */
    toLookAt: (tenantId: string) =>
      withinTenant(database, tenantId, (tx) => offersToLookAt(tx, now())).then((ids) =>
        ids.map((integrationId): OfferJob => ({ tenantId, integrationId })),
      ),
  };

  async function guarded(job: OfferJob, row: OfferRow, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isProblem(error, "not_found")) return; // the integration was removed meanwhile
      const trouble = troubleOf(error, now());
      const isKnown = trouble instanceof GitHubBusy || trouble instanceof GitHubRefused;
      if (!isKnown) throw trouble;
      const seconds = trouble instanceof GitHubBusy ? trouble.seconds : 3600;
      needs.log(`offer waits ${seconds} s: ${trouble.message}`);
      const notBefore = new Date(now().getTime() + seconds * 1000);
      await within(job, (tx) =>
        writeOffer(tx, row, { notBefore, ...(row.status === "waiting" ? { reasons: [trouble.message] } : {}) }),
      );
      await needs.lookAgain(job, seconds);
    }
  }

  async function offer(job: OfferJob, row: OfferRow): Promise<void> {
    const scope = { tenantId: job.tenantId, personId: row.personId };
    const secrets = await needs.secretsOf(scope, job.integrationId);
    const offered = await within(job, (tx) => offerOf(tx, row.versionId, { secrets }));
    if (offered.refusals.length > 0) return refuse(job, row, offered.refusals);

    await locked(offered.slug, async () => {
      const base = await readBase(octokit, needs.repository);
      const there = await readThere(base, offered);
      if (there && there !== "another" && there.files === undefined)
        return refuse(job, row, [`the integration "${there.slug}" that is there is not whole`]);
      if (there === "another")
        return refuse(job, row, [`another service is called "${offered.slug}" there: give this one another name`]);
      const planned = await plan(
        {
          slug: offered.slug,
          name: offered.name,
          files: offered.files,
          takesPlace:
            offered.fromCatalogue || (there !== undefined && contentHash(there.files as Files) === row.contentHash),
          proof: row.proof,
          patchbay: needs.patchbay,
        },
        there && { slug: there.slug, files: there.files as Files },
        needs.rules,
      );
      if (planned.kind === "refused") return refuse(job, row, planned.reasons);
      if (planned.kind === "already_there")
        return write(job, row, { status: "already_there", reasons: [], notBefore: null });
      if (
        row.contentHash === planned.contentHash &&
        row.words !== null &&
        row.pullRequest !== null &&
        (await isRejected(base, row))
      )
        return write(job, row, { status: "rejected", notBefore: null });

      await withinLimits(planned.slug, row);
      const put = await putOffer(octokit, base, {
        slug: planned.slug,
        files: new Map(communityFiles.map((name) => [`integrations/${planned.slug}/${name}`, planned.files[name]])),
        title: planned.title,
        body: planned.body,
        from: row.integrationId.slice(0, 13),
        contentHash: planned.contentHash,
        at: new Date(row.proof.at),
      });
      if (row.contentHash !== planned.contentHash || put.isNew) {
        await outsideTenants(database, (tx) =>
          tx.insert(communityPush).values({ slug: planned.slug, personId: row.personId }),
        );
      }
      await write(job, row, {
        status: "offered",
        reasons: [],
        words: null,
        repository: `${base.owner}/${base.name}`,
        pullRequest: put.number,
        pullRequestUrl: put.url,
        contentHash: planned.contentHash,
        offeredAt: now(),
        notBefore: null,
      });
      await within(job, (tx) =>
        audit(tx, scope, {
          action: "community.offer",
          outcome: "ok",
          integrationId: row.integrationId,
          facts: { pullRequest: put.url, kind: planned.kind },
        }),
      );
    });
  }

  async function look(job: OfferJob, row: OfferRow): Promise<void> {
    if (row.pullRequest === null) return;
    const [owner = needs.repository.owner, repo = needs.repository.name] = (row.repository ?? "").split("/");
    const verdict = await verdictOf(octokit, {
      owner,
      repo,
      number: row.pullRequest,
      since: row.offeredAt ?? row.createdAt,
    });
    // Somebody changed the same files on the other side: the same offer, made anew on what is there now.
    if (verdict.hasConflict && (await isShared(job))) {
      await write(job, row, { status: "waiting" });
      return needs.lookAgain(job, 1);
    }
    if (verdict.status === row.status && verdict.words === row.words) return;
    await write(job, row, { status: verdict.status, words: verdict.words, notBefore: null });
    await within(job, (tx) =>
      audit(
        tx,
        { tenantId: job.tenantId, personId: row.personId },
        {
          action: "community.verdict",
          outcome: "ok",
          integrationId: row.integrationId,
          facts: { pullRequest: row.pullRequestUrl, status: verdict.status },
        },
      ),
    );
  }

  async function isShared(job: OfferJob): Promise<boolean> {
    return (await within(job, (tx) => sharingOf(tx, job.integrationId))) === "on";
  }

  async function write(job: OfferJob, row: OfferRow, change: Parameters<typeof writeOffer>[2]): Promise<void> {
    const isCurrent = await within(job, (tx) => writeOffer(tx, row, change));
    if (!isCurrent) await needs.lookAgain(job, 1); // a newer version was proven meanwhile
  }

  async function refuse(job: OfferJob, row: OfferRow, reasons: string[]): Promise<void> {
    await write(job, row, { status: "refused", reasons: reasons.slice(0, 30), notBefore: null });
  }

  /** What the repository has for this service: under its own name or another's. "another": its name belongs to someone else. */
  async function readThere(base: Base, offered: { slug: string; baseUrl: string; docsUrl?: string; hosts: string[] }) {
    const list = (await readFiles(octokit, base, base.tree, "registry.json")).get("registry.json");
    const registry = list === undefined ? undefined : readRegistry(list);
    // Without the list nobody can tell whether the service is there under another name.
    if (list !== undefined && !registry) throw new GitHubBusy(3600, "the community's registry.json cannot be read");
    const entry = registry && sameService(registry, offered);
    const slug = entry?.slug ?? offered.slug;
    const found = await readFiles(octokit, base, base.tree, `integrations/${slug}`);
    if (found.size === 0) return undefined;
    const files = Object.fromEntries(communityFiles.map((name) => [name, found.get(`integrations/${slug}/${name}`)]));
    const isWhole = communityFiles.every((name) => files[name] !== undefined);
    // Merged but not yet listed: its own description says what it is.
    if (!entry && !offered.hosts.some((host) => files["config.json"]?.includes(JSON.stringify(host))))
      return "another" as const;
    return { slug, files: isWhole ? (files as Record<CommunityFile, string>) : undefined };
  }

  async function isRejected(base: Base, row: OfferRow): Promise<boolean> {
    const { data } = await octokit.pulls.get({ owner: base.owner, repo: base.name, pull_number: row.pullRequest ?? 0 });
    return data.state === "closed" && !data.merged;
  }

  /** @throws GitHubBusy naming the limit, until the oldest offer of the day is a day old. */
  async function withinLimits(slug: string, row: OfferRow): Promise<void> {
    const dayAgo = new Date(now().getTime() - 86_400_000);
    const recent = await outsideTenants(database, (tx) =>
      tx.select().from(communityPush).where(gt(communityPush.createdAt, dayAgo)).orderBy(communityPush.createdAt),
    );
    const counted: [typeof recent, number, string][] = [
      [
        recent.filter(({ personId }) => personId === row.personId),
        limits.person,
        `${limits.person} offers a day for one person`,
      ],
      [recent.filter((one) => one.slug === slug), limits.service, `${limits.service} offers a day for one service`],
      [recent, limits.all, `${limits.all} offers a day for this server`],
    ];
    for (const [some, most, why] of counted) {
      const first = some[some.length - most];
      if (!first) continue;
      const seconds = Math.ceil((first.createdAt.getTime() - dayAgo.getTime()) / 1000);
      throw new GitHubBusy(Math.max(60, seconds), `the limit is reached: ${why}`);
    }
  }

  /** One worker at a time for a service, on all servers of this database. A dead one's lock ends by itself. */
  async function locked<T>(slug: string, work: () => Promise<T>): Promise<T> {
    const owner = randomUUID();
    const until = new Date(now().getTime() + 120_000);
    const taken = await outsideTenants(database, (tx) =>
      tx
        .insert(communityLock)
        .values({ slug, owner, until })
        .onConflictDoUpdate({
          target: communityLock.slug,
          set: { owner, until },
          setWhere: or(lt(communityLock.until, now()), eq(communityLock.owner, owner)),
        })
        .returning({ slug: communityLock.slug }),
    );
    if (taken.length === 0) throw new GitHubBusy(5, "another offer for this service is being made");
    try {
      return await work();
    } finally {
      await outsideTenants(database, (tx) =>
        tx.delete(communityLock).where(and(eq(communityLock.slug, slug), eq(communityLock.owner, owner))),
      );
    }
  }
}

export type Offers = ReturnType<typeof createOffers>;
