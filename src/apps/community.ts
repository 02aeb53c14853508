import { join } from "node:path";
import { verify } from "@octokit/webhooks-methods";
import { z } from "zod";
import { isPrivateHost } from "../../community/scripts/checks/private-host.ts";
import { operationsOf } from "../../community/scripts/page/operations.ts";
import { readRules } from "../../community/scripts/validate.ts";
import type { Integration } from "../contract/integration.ts";
import type { Offer } from "../contract/offer.ts";
import { Problem } from "../contract/problem.ts";
import type { News } from "../contract/procedures/community.ts";
import type { Scope } from "../contract/scope.ts";
import type { Secret } from "../contract/secret.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import type { Catalogue } from "../integrations/catalogue.ts";
import { openGitHub, troubleOf } from "../integrations/community/github.ts";
import {
  askAgain,
  isToBeAsked,
  listOffers,
  noteProof,
  offersOf,
  type Proven,
  readOffer,
  setSharing,
  sharingDefault,
  sharingOf,
} from "../integrations/community/offer-rows.ts";
import { createOffers, type OfferJob } from "../integrations/community/offers.ts";
import { plan } from "../integrations/community/plan.ts";
import { install, installed, newest, pull, rollback } from "../integrations/community/snapshots.ts";
import { person } from "../database/tables.ts";
import { getIntegration, type IntegrationRef, listIntegrations } from "../integrations/integrations.ts";
import { offerOf } from "../integrations/offer.ts";
import { publish } from "../integrations/publish.ts";
import { sourceOf } from "../integrations/source-of.ts";
import { getToolFile } from "../integrations/tool-file.ts";
import { home, type Settings } from "./env.ts";

type Needs = {
  database: Database;
  settings: Settings;
  fetch: GuardedFetch;
  catalogue: Catalogue;
  secretsOf(scope: Scope, integrationId: string): Promise<Secret[]>;
  /** Checks the catalogue's entry and saves it as a version; nobody uses it yet. */
  saveFromCatalogue(scope: Scope, slug: string): Promise<Integration>;
  /** What writes tools for this person when there is only documentation. */
  modelName(scope: Scope): Promise<string>;
  patchbay: string;
  log(line: string): void;
};

/** How background work is sent; absent where nobody works on jobs, and the next server that does finds it. */
type Send = (job: OfferJob, afterSeconds: number) => Promise<void>;

/** The community repository: what is offered to it, and what is taken from it. Off without `COMMUNITY_REPO`. */
export async function createCommunity(needs: Needs) {
  const { database, settings, catalogue } = needs;
  const repository = settings.COMMUNITY_REPO;
  const rules = await readRules(join(home, "community"));
  const within = <T>(scope: { tenantId: string }, work: (tx: Transaction) => Promise<T>) =>
    withinTenant(database, scope.tenantId, work);
  const octokit = openGitHub({
    baseUrl: settings.COMMUNITY_GITHUB_URL,
    fetch: (url, init) => needs.fetch(url, init),
    ...(settings.COMMUNITY_GITHUB_TOKEN ? { token: settings.COMMUNITY_GITHUB_TOKEN } : {}),
  });
  let send: Send | undefined;
  const heard = new Set<string>();
  const sendNow = async (job: OfferJob) => send?.(job, 0);
  const offers =
    repository && settings.COMMUNITY_GITHUB_TOKEN
      ? createOffers({
          database,
          octokit,
          repository,
          rules,
          secretsOf: needs.secretsOf,
          lookAgain: async (job, seconds) => send?.(job, seconds),
          patchbay: needs.patchbay,
          log: needs.log,
        })
      : undefined;

  const refresh = async () => catalogue.use((await installed(database))?.files ?? new Map());
  await refresh();
  const unlisten = await database.listen(channel, () => {
    refresh().catch((error: unknown) => needs.log(`the catalogue was not read again: ${String(error)}`));
  });
  const changed = async () => {
    await refresh();
    await database.notify(channel, "");
  };

  const mustHaveRepository = () => {
    if (!repository) throw new Problem("community_missing");
    return repository;
  };
  const mustRunServer = async (scope: Scope) => {
    const [first] = await database.tenants();
    if (first !== scope.tenantId) throw new Problem("community_not_yours");
  };

  return {
    sharesHere: offers !== undefined,

    async get(scope: Scope) {
      const [last, current] = [await newest(database), await installed(database)];
      return within(scope, async (tx) => ({
        repository: repository
          ? { name: `${repository.owner}/${repository.name}`, offers: offers !== undefined }
          : null,
        sharing: await sharingDefault(tx),
        offers: await listOffers(tx),
        registry: last
          ? { commit: last.commit, pulledAt: last.pulledAt, installed: last.commit === current?.commit }
          : null,
      }));
    },

    async setSharing(scope: Scope, { sharing, slug }: { sharing: "on" | "off" | null; slug?: string }) {
      const ids = await within(scope, async (tx) => {
        if (slug !== undefined)
          return setSharing(tx, scope, { sharing, integrationId: (await getIntegration(tx, { slug })).id });
        return sharing === null ? [] : setSharing(tx, scope, { sharing });
      });
      for (const integrationId of ids) await sendNow({ tenantId: scope.tenantId, integrationId });
    },

    /** Notes what was proven; a job offers it where the owner shares. What lies at a private address is nobody else's. */
    async proven(scope: Scope, integration: Integration, tried: { operation?: string; shape?: string }): Promise<void> {
      if (!offers || integration.hosts.some(isPrivateHost)) return;
      const source = await within(scope, (tx) => sourceOf(tx, integration.versionId));
      if (source.kind === "catalogue") return;
      const madeBy = source.kind === "docs" ? await needs.modelName(scope) : `Patchbay's compiler (${needs.patchbay})`;
      const proof: Proven = {
        ...tried,
        at: new Date().toISOString(),
        madeBy,
        source: source.kind,
        ...(source.url === undefined ? {} : { sourceUrl: source.url }),
        ...(source.operations === undefined ? {} : { documented: source.operations }),
      };
      const { id: integrationId, versionId } = integration;
      const isDue = await within(scope, (tx) => noteProof(tx, scope, { integrationId, versionId, proof }));
      if (isDue) await sendNow({ tenantId: scope.tenantId, integrationId });
    },

    /** The repository to ask about, once in a house, when a tool could be shared and nobody has decided. */
    async asksSharing(scope: Scope): Promise<string | undefined> {
      if (!offers || !repository || !(await within(scope, isToBeAsked))) return undefined;
      return `${repository.owner}/${repository.name}`;
    },

    /** What would be shared of a version, as it would be there; the files of the catalogue stand for the repository's. */
    async preview(scope: Scope, ref: IntegrationRef) {
      const { id, slug, versionId } = await within(scope, (tx) => getIntegration(tx, ref));
      const secrets = await needs.secretsOf(scope, id);
      const offered = await within(scope, (tx) => offerOf(tx, versionId, { secrets }));
      const there = await catalogue.files(slug);
      const at = new Date().toISOString();
      const proof: Proven = { at, madeBy: "Patchbay", source: offered.fromCatalogue ? "catalogue" : "openapi" };
      const planned = await plan(
        { ...offered, takesPlace: offered.fromCatalogue, proof, patchbay: needs.patchbay },
        there && { slug, files: there },
        rules,
      );
      const files = planned.kind === "refused" || planned.kind === "already_there" ? offered.files : planned.files;
      return {
        files,
        there,
        refusals: [...new Set([...offered.refusals, ...(planned.kind === "refused" ? planned.reasons : [])])],
      };
    },

    /** What this person offered of an integration, as it stands; undefined when it was somebody else, or nobody. */
    offerOf: (scope: Scope, slug: string): Promise<Offer | undefined> =>
      within(scope, async (tx) => {
        const offer = (await listOffers(tx)).find((one) => one.slug === slug);
        if (!offer) return undefined;
        const row = await readOffer(tx, (await getIntegration(tx, { slug })).id);
        return row?.personId === scope.personId ? offer : undefined;
      }),

    async offer(scope: Scope, slug: string): Promise<Offer> {
      mustHaveRepository();
      if (!offers) throw new Problem("community_missing");
      const asked = await within(scope, async (tx) => {
        const { id } = await getIntegration(tx, { slug });
        const sharing = await sharingOf(tx, id);
        if (sharing === "off") throw new Problem("offer_kept_private", { slug });
        if (!(await askAgain(tx, id))) return undefined;
        // Nobody has decided for all: this is a yes to this one.
        if (sharing === "ask") await setSharing(tx, scope, { sharing: "on", integrationId: id });
        return id;
      });
      if (asked === undefined) throw new Problem("offer_not_proven", { slug });
      const job = { tenantId: scope.tenantId, integrationId: asked };
      if (send) await sendNow(job);
      else await offers.work(job);
      const offer = (await within(scope, listOffers)).find((one) => one.slug === slug);
      if (!offer) throw new Problem("not_found", { what: "offer" });
      return offer;
    },

    async news(scope: Scope): Promise<News[]> {
      mustHaveRepository();
      const current = await installed(database);
      if (!current) return [];
      const own = await within(scope, async (tx) => {
        const all = await listIntegrations(tx);
        return Promise.all(
          all.map(async (one) => ({
            ...one,
            cliCode: (await getToolFile(tx, one.versionId)).cliCode,
            isBuiltIn: (await sourceOf(tx, one.versionId)).kind === "catalogue",
          })),
        );
      });
      const found: News[] = [];
      for (const [slug, files] of current.files) {
        const mine = own.find((one) => one.slug === slug);
        const along = await catalogue.along(slug);
        const before = mine?.cliCode ?? along?.["cli.ts"];
        if (before === files["cli.ts"] && (!mine || mine.isBuiltIn)) continue;
        const was = new Set(before === undefined ? [] : (await operationsOf(before)).map(({ name }) => name));
        const { name, hosts } = await catalogue.draft(slug);
        const here = !mine ? "available" : !mine.isBuiltIn ? "kept" : before === files["cli.ts"] ? "current" : "asks";
        found.push({
          slug,
          name,
          change: before === undefined ? "new" : "changed",
          added: (await operationsOf(files["cli.ts"])).flatMap((one) => (was.has(one.name) ? [] : [one.name])),
          hosts: hosts.filter((host) => mine !== undefined && !mine.hosts.includes(host)),
          here,
        });
      }
      return found;
    },

    /** Looks at the repository; what was approved there since becomes the catalogue, and the versions of those who took them from it. */
    async pull(scope?: Scope): Promise<{ commit: string; isNew: boolean }> {
      const from = mustHaveRepository();
      if (scope) await mustRunServer(scope);
      const pulled = await pull({
        database,
        octokit,
        repository: from,
        rules,
        known: (slug) => catalogue.files(slug),
        log: needs.log,
      }).catch((error: unknown) => {
        const trouble = troubleOf(error, new Date());
        throw trouble.name.startsWith("GitHub")
          ? new Problem("community_unreachable", { detail: trouble.message })
          : trouble;
      });
      if (pulled.isNew) {
        await install(database, pulled.commit);
        await changed();
        await renewEverywhere();
      }
      return pulled;
    },

    async install(scope: Scope, slug: string): Promise<{ version: number }> {
      mustHaveRepository();
      const saved = await needs.saveFromCatalogue(scope, slug);
      const { version } = await within(scope, (tx) => publish(tx, scope, saved.versionId));
      return { version };
    },

    async rollback(scope: Scope): Promise<{ commit: string | null }> {
      mustHaveRepository();
      await mustRunServer(scope);
      const commit = await rollback(database);
      await changed();
      return { commit: commit ?? null };
    },

    /**
     * A delivery of the repository's webhook: pull requests are looked at again, each by asking GitHub itself. The same again is
     * heard once, told by its signature: the id of a delivery is not signed, so who replays one could change it.
     *
     * @returns False for one without the right signature, and where no secret is set.
     */
    async hear(body: string, signature: string): Promise<boolean> {
      const secret = settings.COMMUNITY_WEBHOOK_SECRET;
      if (!secret || !signature || !(await verify(secret.reveal(), body, signature).catch(() => false))) return false;
      const number = pullRequestOf(body);
      if (number === undefined || !offers || heard.has(signature)) return true;
      for (const tenantId of await database.tenants()) {
        const ids = await within({ tenantId }, (tx) => offersOf(tx, number));
        for (const integrationId of ids) await sendNow({ tenantId, integrationId });
      }
      heard.add(signature);
      for (const oldest of heard) {
        if (heard.size <= mostHeard) break;
        heard.delete(oldest);
      }
      return true;
    },

    /** For jobs. */
    work: async (job: OfferJob) => offers?.work(job),
    toLookAt: async (tenantId: string) => (offers ? offers.toLookAt(tenantId) : []),
    sendsWith(given: Send) {
      send = given;
    },
    close: unlisten,
  };

  /**
   * Who took an integration from the catalogue and changed nothing gets the newer one, unless it could do more than before without
   * anybody asking: new hosts, another sign-in, a write that now calls itself a read. Then it stays a draft that waits for a yes.
   */
  async function renewEverywhere(): Promise<void> {
    for (const tenantId of await database.tenants()) {
      const all = await within({ tenantId }, listIntegrations);
      for (const one of all) {
        const files = await catalogue.files(one.slug);
        if (!files || one.status !== "ready") continue;
        const [source, tool] = await within(
          { tenantId },
          async (tx) => [await sourceOf(tx, one.versionId), await getToolFile(tx, one.versionId)] as const,
        );
        if (source.kind !== "catalogue" || tool.cliCode === files["cli.ts"]) continue;
        await renew({ tenantId, personId: await ownerOf(tenantId) }, one).catch((error: unknown) =>
          needs.log(`${one.slug} was not renewed: ${error instanceof Error ? error.name : "unknown"}`),
        );
      }
    }
  }

  async function ownerOf(tenantId: string): Promise<string> {
    const [first] = await within({ tenantId }, (tx) =>
      tx.select({ id: person.id }).from(person).orderBy(person.createdAt).limit(1),
    );
    if (!first) throw new Error("the tenant has no person");
    return first.id;
  }

  async function renew(scope: Scope, before: Integration): Promise<void> {
    const next = await needs.saveFromCatalogue(scope, before.slug);
    const softer = next.permissions.readOps.filter((name) => before.permissions.writeOps.includes(name));
    const wider = next.hosts.some((host) => !before.hosts.includes(host));
    const signsOtherwise = JSON.stringify(next.auth) !== JSON.stringify(before.auth);
    if (softer.length > 0 || wider || signsOtherwise) return;
    await within(scope, (tx) => publish(tx, scope, next.versionId));
  }
}

export type Community = Awaited<ReturnType<typeof createCommunity>>;

/** Signatures of deliveries that are kept, to know them again. */
const mostHeard = 10_000;

/** GitHub tells of reviews and of lines with the pull request itself, of comments below it with the issue it also is. */
const Delivery = z.object({
  pull_request: z.object({ number: z.number().int() }).optional(),
  issue: z.object({ number: z.number().int() }).optional(),
});

function pullRequestOf(body: string): number | undefined {
  try {
    const { pull_request: pull, issue } = Delivery.parse(JSON.parse(body));
    return (pull ?? issue)?.number;
  } catch {
    return undefined;
  }
}

const channel = "community_catalogue";
