import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type Agent, createAgent } from "../agent/agent.ts";
import { createEvents } from "../agent/events.ts";
import { bashTool } from "../agent/tools/bash.ts";
import { chartTool } from "../agent/tools/chart.ts";
import { choicesTool } from "../agent/tools/choices.ts";
import { connectTool } from "../agent/tools/connect.ts";
import { docsTool } from "../agent/tools/docs.ts";
import { openMending } from "../agent/tools/mend.ts";
import { reviewTool } from "../agent/tools/review.ts";
import { readyToBuild } from "../agent/tools/ready-to-build.ts";
import { writeTool } from "../agent/tools/write-tool.ts";
import { createBuilds } from "./builds.ts";
import { readsTool, updateTool } from "../agent/tools/update.ts";
import { type Builder, createBuilder } from "../builder/build.ts";
import type { Proof } from "../builder/prove.ts";
import { typeChecker } from "../builder/check-types.ts";
import { createConnections } from "../connections/connections.ts";
import type { AuthMethod } from "../contract/auth-method.ts";
import type { ConnectedService } from "../contract/connected-service.ts";
import { isProblem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { Secret } from "../contract/secret.ts";
import { withinTenant } from "../database/database.ts";
import { openDatabase } from "../database/open.ts";
import { guardedFetch } from "../gateway/guarded-fetch.ts";
import { hostPolicy, isListed } from "../gateway/host-policy.ts";
import { serveGateway } from "../gateway/serve.ts";
import { guidedModel } from "../llm/guided/guided.ts";
import { loadCatalogue, signInHosts } from "../integrations/catalogue.ts";
import { listIntegrations } from "../integrations/integrations.ts";
import { knownSandboxes } from "../runs/remembered-sandbox.ts";
import { createRuns, type Runs, type RunsNeeds } from "../runs/runs.ts";
import { localSandbox } from "../sandbox/local.ts";
import { checkVault } from "../vault/check-vault.ts";
import { keysOf } from "../vault/key-file.ts";
import { createVault } from "../vault/vault.ts";
import { createCommunity, type Community } from "./community.ts";
import { home, type Settings } from "./env.ts";
import { createLibrary } from "./library.ts";
import { createModels } from "./models.ts";
import { openPractice } from "./open-practice.ts";
import { createPolicies } from "./policies.ts";
import { createRecords } from "./records.ts";
import type { Log } from "./server/log.ts";
import { createIcons } from "./server/icons.ts";
import { createPeople } from "./server/people.ts";
import { workOnJobs } from "./worker/jobs.ts";

export const version = "0.1.0";

export type House = Awaited<ReturnType<typeof openHouse>>;

/**
 * Builds the real things, once, and ties them together. What a lower room needs from a higher one is handed in as a function
 * here. `close` ends everything in the reverse order.
 */
export async function openHouse(
  settings: Settings,
  log: Log,
  o: { practice: boolean; stage?: ReadonlyMap<string, string> } = { practice: true },
) {
  const line = (room: string) => (text: string) => log({ event: room, text: text.slice(0, 500) });
  const closing: (() => Promise<void> | void)[] = [];
  const closes = <T extends { close(): Promise<void> | void }>(one: T): T => {
    closing.unshift(() => one.close());
    return one;
  };
  const close = async () => {
    for (const end of closing) {
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => log({ event: "bug", error: `while closing: ${String(error)}` }));
    }
  };

  try {
    const database = closes(
      await openDatabase({
        ...(settings.DATABASE_URL ? { url: settings.DATABASE_URL } : { dataDir: settings.DATA_DIR }),
        ownerUrl: settings.DATABASE_OWNER_URL,
        log: line("database"),
      }),
    );
    const vault = createVault({ keys: settings.VAULT_KEYS ?? keysOf(settings.DATA_DIR) });
    await checkVault(database, vault);
    // Tools reach the gateway, the gateway asks the runs, the runs start tools: the last to be made is handed in late.
    const late: { runs?: Runs; agent?: Agent; community?: Community } = {};
    const people = createPeople(database);
    const library = createLibrary(database);
    const builds = createBuilds(database, settings.BUILD_TOKEN_BUDGET);
    const policies = createPolicies(database, async (tenantId) => late.runs?.policiesChanged(tenantId));
    const records = createRecords(database);
    const policy = hostPolicy({
      allowPrivateHosts: settings.ALLOW_PRIVATE_HOSTS,
      ...(o.stage ? { stage: o.stage } : {}),
    });
    const fetch = guardedFetch(policy);
    const isPrivate = (host: string) => isListed(policy, host);
    const icons = createIcons({ fetch, isPrivate, folder: join(settings.DATA_DIR, "icons") });

    const catalogue = await loadCatalogue(join(home, "community/integrations"), line("catalogue"));

    let reached = settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`;
    const publicUrl = () => reached;

    const practice = o.practice
      ? closes(await openPractice(settings, [`${publicUrl()}/oauth/callback/${practiceSlug}`]))
      : undefined;
    if (practice) policy.allow(new URL(practice.url).host);
    const practiceClient = practice && {
      clientId: practice.clients.confidential.clientId,
      clientSecret: new Secret(practice.clients.confidential.clientSecret),
      hosts: [new URL(practice.url).host],
    };

    const connections = closes(
      createConnections({
        database,
        vault,
        fetch,
        isPrivate,
        publicUrl,
        platformClient: (slug) => {
          const set = settings.platformClient(slug);
          if (set) return { ...set, hosts: set.hosts ?? signInHosts(catalogue, slug) };
          return slug === practiceSlug ? practiceClient : undefined;
        },
        log: line("connections"),
        signInEnded: (scope, { id }) => {
          late.agent?.signIns
            .tellEnded(scope, id)
            .catch((error: unknown) => log({ event: "bug", error: `an ended sign-in was not told: ${String(error)}` }));
        },
      }),
    );

    const gatewayNeeds = (): Runs["gatewayNeeds"] => {
      if (!late.runs) throw new Error("the gateway was asked before the house was whole");
      return late.runs.gatewayNeeds;
    };
    const gateway = closes(
      await serveGateway({
        policy,
        openGrant: (token) => gatewayNeeds().openGrant(token),
        authorize: (grant, o) => gatewayNeeds().authorize(grant, o),
        refused: (grant, answer) => gatewayNeeds().refused(grant, answer),
        permit: (grant, asked, signal) => gatewayNeeds().permit(grant, asked, signal),
        record: (grant, requestId, outcome) => gatewayNeeds().record(grant, requestId, outcome),
        log: line("gateway"),
      }),
    );
    const gatewayUrl = () => (settings.SANDBOX === "e2b" ? `${publicUrl()}${gatewayPrefix}` : gateway.url);
    const e2b = settings.E2B_API_KEY && settings.SANDBOX === "e2b" ? await openE2b(settings.E2B_API_KEY) : undefined;
    const sandbox = closes(e2b ?? localSandbox({ gatewayAddress: gateway.address }));
    const events = closes(await createEvents(database));
    const runs = closes(
      createRuns({
        database,
        sandbox,
        connections,
        emit: (scope, conversationId, body) => events.append(scope, conversationId, body),
        signInNeeded,
        gatewayUrl,
        credentialDelivery: settings.CREDENTIAL_DELIVERY,
        filesDir: (conversationId) => join(settings.DATA_DIR, "files", conversationId),
        log: line("runs"),
      }),
    );
    late.runs = runs;

    const maker = createBuilder({
      fetch,
      sandbox,
      types: closes(typeChecker()),
      inCatalogue: (wish) =>
        practice && meansPractice(wish)
          ? { documentUrl: practice.documentUrl, slug: practiceSlug }
          : catalogue.find(wish),
      catalogueDraft: (slug) => catalogue.draft(slug),
      existing: library.existing,
      saveVersion: library.save,
      async toolOf(scope, connectionId) {
        const { integration } = await connections.describe(scope, connectionId);
        return {
          integration,
          tool: await library.tool(scope, integration.versionId),
          run: (argv) => runs.operation(scope, { connectionId, argv, kind: "proof" }),
        };
      },
      async proven(scope, connectionId, integration, { account, ...tried }) {
        if (integration.status === "draft") await library.publish(scope, integration.versionId);
        const before = await connections.get(scope, connectionId);
        await connections.proven(scope, connectionId);
        // Wherever it was signed in: what still asks for it in a conversation is answered.
        if (before.status !== "connected") {
          const { slug, label } = before;
          await late.agent?.signIns.close(scope, { connectionId, slug, label });
        }
        // A name the person gave, or the sign-in told, is kept.
        const { label } = await connections.get(scope, connectionId);
        if (account && label.startsWith(integration.name)) await connections.rename(scope, connectionId, account);
        await late.community?.proven(scope, integration, tried);
      },
      tried: (scope, versionId, { trials }) => library.tried(scope, versionId, trials),
      async refused(scope, connectionId, status) {
        await connections.refused(scope, connectionId, status);
      },
    });
    const builder: Builder = {
      ...maker,
      build: (scope, wish, options) => records.wish(scope, wish, () => maker.build(scope, wish, options)),
    };
    const prove = (scope: Scope, connectionId: string) => builder.prove(scope, connectionId);
    const models = createModels({ database, vault, policy, settings, guided: guidedModel });

    async function signInNeeded(
      scope: Scope,
      { connectionId, conversationId, why }: Parameters<NonNullable<RunsNeeds["signInNeeded"]>>[1],
    ): Promise<{ worksOtherwise: boolean }> {
      // A read that works anyway shows that only this request was refused; one that is refused too, ends the sign-in.
      if (why === "refused" && (await checkOnce(scope, connectionId)).ok) return { worksOtherwise: true };
      if (conversationId !== null) await late.agent?.signIns.ask(scope, conversationId, connectionId);
      return { worksOtherwise: false };
    }

    const checking = new Map<string, Promise<Proof>>();
    /** One live read, however many requests were refused at once. */
    function checkOnce(scope: Scope, connectionId: string): Promise<Proof> {
      const same = checking.get(connectionId);
      if (same) return same;
      const check = prove(scope, connectionId).finally(() => checking.delete(connectionId));
      checking.set(connectionId, check);
      return check;
    }

    const community = closes(
      await createCommunity({
        database,
        settings,
        fetch,
        catalogue,
        secretsOf,
        saveFromCatalogue: (scope, slug) => maker.fromCatalogue(scope, slug, { onStep: () => undefined }),
        modelName: async (scope) => (await models.describe(scope)).name,
        patchbay: version,
        log: line("community"),
      }),
    );
    late.community = community;

    type Place = { scope: Scope; conversationId: string };
    const readFile = async ({ scope, conversationId }: Place, path: string) =>
      new TextDecoder().decode(await runs.files.read(scope, conversationId, path));
    const writeFile = ({ scope, conversationId }: Place, path: string, text: string) =>
      runs.files.write(scope, conversationId, path, new TextEncoder().encode(text));

    const signInCard = (scope: Scope, integrationId: string, reason?: string) =>
      connections.signInCard(scope, integrationId, reason === undefined ? {} : { reason });
    const mendNeeds = {
      integration: (scope: Scope, slug: string) => library.get(scope, { slug }),
      behind: builds.behind,
      sections: builds.sections,
      faults: library.faults,
      build: maker.build,
      updateTo: library.updateTo,
      open: builds.open,
    };
    const agent = closes(
      createAgent({
        database,
        events,
        serverId: randomUUID(),
        model: models.forScope,
        services: (scope) => connectedServices(scope),
        tools: [
          connectTool({
            build: builder.build,
            updateTo: library.updateTo,
            prove,
            connections: connections.list,
            signInCard,
            askSignIn: async ({ scope, conversationId }, id) => late.agent?.signIns.ask(scope, conversationId, id),
            connectWithSecrets: connections.connectWithSecrets,
            readFile,
            openBuild: builds.open,
            asksSharing: (scope) => community.asksSharing(scope),
          }),
          bashTool({
            shell: ({ scope, conversationId, turnId, signal }, command, onOutput) =>
              runs.shell(scope, { conversationId, turnId, command, signal, onOutput }),
            writeFile,
            section: builds.sectionBehind,
          }),
          docsTool({ build: builds.of, sections: builds.sections, readPage: builder.readPage, add: builds.add }),
          readyToBuild({
            build: builds.of,
            ask: builds.ask,
            redirectUri: connections.redirectUri,
            existing: async (scope, slug) => (await library.existing(scope, slug))?.integration,
          }),
          writeTool({
            build: builds.of,
            sections: builds.sections,
            keep: builds.keep,
            saved: builds.saved,
            draft: builder.draft,
            save: builder.save,
            instructions: async (scope, slug) => (await library.existing(scope, slug))?.instructions,
            updateTo: library.updateTo,
            signInCard,
          }),
          updateTool({
            update: async (scope, slug, from, options) =>
              library.updateTo(scope, await builder.update(scope, slug, from, options)),
            integration: (scope, slug) => library.get(scope, { slug }),
            mend: (slug, call) => openMending(mendNeeds, slug, call),
            readFile,
          }),
          readsTool({ integration: (scope, slug) => library.get(scope, { slug }) }),
          reviewTool({
            async offered(scope, slug) {
              const offer = await community.offerOf(scope, slug);
              if (!offer) return undefined;
              const { cliCode, instructions } = await library.draft(scope, slug);
              return { offer, files: { "cli.ts": cliCode, "instructions.md": instructions } };
            },
            revise: async (scope, slug, files, options) =>
              builder.revise(
                scope,
                {
                  ...(await library.draft(scope, slug)),
                  cliCode: files["cli.ts"],
                  instructions: files["instructions.md"],
                },
                options,
              ),
            refusals: async (scope, { versionId }) => (await community.preview(scope, { versionId })).refusals,
            updateTo: library.updateTo,
            readFile: (call, path) =>
              readFile(call, path).catch((error: unknown) => {
                if (isProblem(error, "not_found")) return undefined;
                throw error;
              }),
            writeFile,
          }),
          choicesTool(),
          chartTool(),
        ],
        builds,
        requestsOf: (scope, turnId) => runs.requestsOf(scope, { turnId }),
        isInside: isPrivate,
        prove,
        asksSharing: (scope) => community.asksSharing(scope),
        connection: (scope, id) => connections.get(scope, id),
        signInCardAgain: async (scope, id) => {
          const { integrationId } = await connections.get(scope, id);
          return connections.signInCard(scope, integrationId, { connectionId: id });
        },
        writeFile: (scope, conversationId, path, text) => writeFile({ scope, conversationId }, path, text),
        async agree(scope, { integration: { slug }, about }) {
          if (about.kind === "update") await useNewer(scope, slug, about.versionId);
          else await library.confirmReads(scope, slug, { operations: about.operations });
          await runs.policiesChanged(scope.tenantId);
        },
        endConversation: runs.endConversation,
        log: line("agent"),
      }),
    );

    late.agent = agent;

    /**
     * A person's yes to a newer version: from now on it is used. Live reads prove it, which is what offers it where tools are
     * shared; when they fail the yes holds all the same.
     */
    async function useNewer(scope: Scope, slug: string, versionId: string): Promise<void> {
      const { id } = await library.publishNewer(scope, slug, versionId);
      const own = (await connections.list(scope, id)).find((one) => one.enabled && one.status === "connected");
      if (!own) return;
      await builder
        .prove(scope, own.id, { isChanged: true })
        .catch((error: unknown) => log({ event: "bug", error: `a newer version was not proven: ${String(error)}` }));
    }

    /** Loaded only where it is used: its SDK is large. */
    async function openE2b(apiKey: Secret) {
      const { e2bSandbox } = await import("../sandbox/e2b.ts");
      return e2bSandbox({
        apiKey,
        apiUrl: settings.E2B_API_URL,
        sandboxUrl: settings.E2B_SANDBOX_URL,
        template: settings.E2B_TEMPLATE,
        installation: async () => (await people.owner()).tenantId,
        gatewayAddress: () => (settings.CREDENTIAL_DELIVERY === "env" ? undefined : addressOf(publicUrl())),
        log: line("sandbox"),
      });
    }

    async function connectedServices(scope: Scope): Promise<ConnectedService[]> {
      const [all, accounts] = await Promise.all([library.list(scope), connections.list(scope)]);
      return all.flatMap(({ id, slug, name, permissions }) => {
        const own = accounts.filter((one) => one.integrationId === id && one.status !== "pending");
        if (own.length === 0) return [];
        return {
          slug,
          name,
          reads: permissions.readOps.length,
          writes: permissions.writeOps.length,
          accounts: own.map((one) => ({
            label: one.label,
            state: !one.enabled ? "paused" : one.status === "sign_in_again" ? "sign in again" : "connected",
          })),
        };
      });
    }

    /** The secrets in use with an integration: what must stand in nothing that is shared. */
    async function secretsOf(scope: Scope, integrationId: string): Promise<Secret[]> {
      const own = await connections.list(scope, integrationId);
      const found = await Promise.allSettled(own.map(({ id }) => connections.authorize(scope, id)));
      return found.flatMap((one) =>
        one.status === "fulfilled" ? one.value.placements.map(({ secret }) => secret) : [],
      );
    }

    return {
      settings,
      database,
      people,
      library,
      policies,
      records,
      connections,
      runs,
      catalogue,
      builder,
      prove,
      useNewer,
      agent,
      models,
      practice,
      community,
      gateway,
      /** Where on this server a sandbox elsewhere finds the gateway; undefined when none needs to. */
      gatewayPrefix: e2b && settings.CREDENTIAL_DELIVERY === "gateway" ? gatewayPrefix : undefined,
      publicUrl,
      /** The icon of an integration that is here, or that the catalogue knows. */
      async icon(scope: Scope, slug: string) {
        const own = await library.find(scope, slug);
        const meant = own ?? catalogue.entries.find((entry) => entry.slug === slug);
        return meant && icons.get(meant);
      },
      /** Once it listens: where people reach it. */
      reachedAt(url: string) {
        reached = url;
      },
      /** Who we are to services that take the address of a document as client id. Open to all, so it names no more than it must. */
      async clientMetadata() {
        const slugs = new Set<string>();
        for (const tenantId of await database.tenants()) {
          const all = await withinTenant(database, tenantId, listIntegrations);
          for (const one of all) if (one.auth.some(isKnownByDocument)) slugs.add(one.slug);
        }
        return connections.clientMetadata([...slugs].map((slug) => connections.redirectUri(slug)));
      },
      /** Takes up what an earlier server left in the middle. */
      async begin() {
        await runs.recover();
        await agent.resume();
      },
      async workOnJobs() {
        const hasRepository = settings.COMMUNITY_REPO !== undefined;
        const endStrays =
          e2b && (async () => void (await e2b.endStrays((ids: string[]) => knownSandboxes(database, ids))));
        closes(
          await workOnJobs({
            database,
            connections,
            runs,
            vault,
            community,
            hasRepository,
            endStrays,
            log: line("jobs"),
          }),
        );
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const isKnownByDocument = (method: AuthMethod) =>
  method.type === "oauth2" && method.clientRegistration === "metadata_document";

const gatewayPrefix = "/gateway";

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) };
}

/** What the practice service is called as a tool. */
const practiceSlug = "practice";
const meansPractice = (wish: string) => /\bpractice\b|\bkanban\b/i.test(wish);
