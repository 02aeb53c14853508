import { and, eq, lt, sql } from "drizzle-orm";
import type { Connection } from "../contract/connection.ts";
import { shownLine } from "../contract/marked-data.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import type { Secret } from "../contract/secret.ts";
import { audit } from "../database/audit.ts";
import { withinTenant } from "../database/database.ts";
import type { Database } from "../database/database.ts";
import { oauthState } from "../database/tables.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import { getIntegration, listIntegrations } from "../integrations/integrations.ts";
import type { Vault } from "../vault/vault.ts";
import { createAuthorize } from "./authorize.ts";
import { openChanges } from "./changes.ts";
import { connectWithSecrets } from "./connect-with-secrets.ts";
import {
  changeConnection,
  keepCredential,
  listConnections,
  listVersions,
  makeDefault,
  openCredential,
  readConnection,
  toConnection,
} from "./connection-store.ts";
import type { Change, Kept } from "./connection-store.ts";
import { describe } from "./describe.ts";
import { disconnect } from "./disconnect.ts";
import { redirectUriOf } from "./inside.ts";
import type { Inside } from "./inside.ts";
import { createOAuthClients, serverOf } from "./oauth-clients.ts";
import type { PlatformClient } from "./oauth-clients.ts";
import { startDevice } from "./oauth/device.ts";
import { createDiscovery } from "./oauth/discovery.ts";
import { failedSignIn, finishOAuth } from "./oauth/finish.ts";
import { clientMetadataDocument } from "./oauth/registration.ts";
import { startOAuth } from "./oauth/start.ts";
import { renewIdle } from "./renew-idle.ts";
import { createRenew } from "./renew.ts";
import { noteScopeGap } from "./scope-gap.ts";
import { canStart, signInCard } from "./sign-in-card.ts";

export type ConnectionsNeeds = {
  database: Database;
  vault: Vault;
  fetch: GuardedFetch;
  /** True for hosts of one's own networks that were listed. */
  isPrivate: (host: string) => boolean;
  /** Where people reach this server: redirect URIs begin with it. */
  publicUrl: () => string;
  platformClient(slug: string): PlatformClient | undefined;
  now?: () => Date;
  log?: (line: string) => void;
  /** A sign-in ended for good: tell the person, with a link to connect again. */
  signInEnded?(scope: Scope, connection: Connection): void;
  /** Longer than the slowest answer of a token endpoint; for tests. */
  leaseMs?: number;
};

export type Connections = ReturnType<typeof createConnections>;

/** Accounts at services: connect, authorize each request, renew, disconnect. Made once by a server; call `close` at its end. */
export function createConnections(needs: ConnectionsNeeds) {
  const { database, vault, fetch, publicUrl } = needs;
  const now = needs.now ?? (() => new Date());
  const within = <T>(scope: Scope, work: Parameters<typeof withinTenant<T>>[2]) =>
    withinTenant(database, scope.tenantId, work);
  const inside: Inside = {
    database,
    vault,
    fetch,
    publicUrl,
    now,
    log: needs.log ?? (() => undefined),
    clients: createOAuthClients(needs),
    discover: createDiscovery({ fetch, isPrivate: needs.isPrivate, now }),
    changed: (id) => changes.changed(id),
    changedWithin: (id, ms) => changes.changedWithin(id, ms),
    signInEnded: (scope, connection) => {
      const { id: connectionId, integrationId } = connection;
      within(scope, (tx) =>
        audit(tx, scope, { action: "connection.sign_in_ended", outcome: "failed", integrationId, connectionId }),
      ).catch(() => inside.log(`the end of the sign-in ${connectionId} is not in the audit`));
      needs.signInEnded?.(scope, connection);
    },
  };
  const renew = createRenew(inside, { leaseMs: needs.leaseMs });
  const { authorize, forget } = createAuthorize(inside, renew);
  const changes = openChanges(database, forget, inside.log);

  /** One change of one connection, written down. */
  async function change(scope: Scope, id: string, action: string, how: (kept: Kept) => Change): Promise<Connection> {
    const kept = await within(scope, async (tx) => {
      const before = await readConnection(tx, scope, id);
      await changeConnection(tx, id, how(before));
      await audit(tx, scope, {
        action: `connection.${action}`,
        outcome: "ok",
        integrationId: before.integrationId,
        connectionId: id,
      });
      return readConnection(tx, scope, id);
    });
    await inside.changed(id);
    return toConnection(kept);
  }

  return {
    signInCard: (scope: Scope, integrationId: string, o?: Parameters<typeof signInCard>[3]) =>
      signInCard(inside, scope, integrationId, o),
    connectWithSecrets: (scope: Scope, o: Parameters<typeof connectWithSecrets>[2]) =>
      connectWithSecrets(inside, scope, o),
    startOAuth: (scope: Scope, o: Parameters<typeof startOAuth>[2]) => startOAuth(inside, scope, o),
    finishOAuth: (o: Parameters<typeof finishOAuth>[1]) => finishOAuth(inside, o),
    failedSignIn,
    startDevice: (scope: Scope, o: Parameters<typeof startDevice>[2]) => startDevice(inside, scope, o),
    authorize,
    describe: (scope: Scope, connectionId: string) => describe(inside, scope, connectionId),
    disconnect: (scope: Scope, connectionId: string) => disconnect(inside, scope, connectionId),

    /** My connections, defaults first. */
    list: (scope: Scope, integrationId?: string): Promise<Connection[]> =>
      within(scope, async (tx) => (await listConnections(tx, scope, integrationId)).map(toConnection)),
    get: (scope: Scope, id: string): Promise<Connection> =>
      within(scope, async (tx) => toConnection(await readConnection(tx, scope, id))),

    pause: (scope: Scope, id: string) => change(scope, id, "pause", () => ({ enabled: false })),
    resume: (scope: Scope, id: string) => change(scope, id, "resume", () => ({ enabled: true })),
    rename: (scope: Scope, id: string, label: string) => {
      const tidy = shownLine(label).slice(0, 120);
      if (tidy === "") throw new Problem("input_invalid", { detail: "the account needs a name" });
      return change(scope, id, "rename", () => ({ label: tidy }));
    },
    /** The account used when none is named. */
    setDefault: (scope: Scope, id: string): Promise<Connection> =>
      within(scope, async (tx) => {
        const kept = await readConnection(tx, scope, id);
        await makeDefault(tx, scope, kept);
        await audit(tx, scope, {
          action: "connection.default",
          outcome: "ok",
          integrationId: kept.integrationId,
          connectionId: id,
        });
        return toConnection(await readConnection(tx, scope, id));
      }),

    /** The server made a live read that worked: the only way to `connected`. */
    proven: (scope: Scope, id: string) =>
      change(scope, id, "proven", () => ({ status: "connected", statusReason: null, provenAt: now() })),
    /** A live read was refused: 401 means the credential is wrong, 403 that it may too little, anything else that the service is in trouble. */
    refused: async (scope: Scope, id: string, status: number): Promise<Connection> => {
      let ends = false;
      const connection = await change(
        scope,
        id,
        status === 401 || status === 403 ? "refused" : "unreachable",
        ({ provenAt, status: before }) => {
          // Of a sign-in that never worked the person hears where they entered it.
          ends = status === 401 && (before === "connected" || before === "failing");
          return readRefusal(status, provenAt !== null);
        },
      );
      if (ends) inside.signInEnded(scope, connection);
      return connection;
    },

    noteScopeGap: (scope: Scope, id: string, answer: Parameters<typeof noteScopeGap>[3]) =>
      noteScopeGap(inside, scope, id, answer),

    /** Credential versions that are kept, newest first; after a mistake one can go back to an older one. */
    versions: (scope: Scope, id: string) =>
      within(scope, async (tx) => listVersions(tx, (await readConnection(tx, scope, id)).id)),
    /** `as`: how the connection was then; left out, it is pending until a live read has proven it. */
    goBack: async (scope: Scope, id: string, version: number, as?: Connection): Promise<Connection> => {
      const kept = await within(scope, async (tx) => {
        const current = await readConnection(tx, scope, id);
        const isKept = (await listVersions(tx, id)).some((one) => one.version === version);
        if (!isKept) throw new Problem("not_found", { what: "version of this sign-in" });
        const { credential } = await openCredential(tx, vault, id, version);
        const change: Change = as
          ? {
              authMethodId: as.authMethodId,
              label: as.label,
              metadata: as.metadata,
              scopes: as.scopes,
              expiresAt: as.expiresAt,
              enabled: as.enabled,
              status: as.status,
              statusReason: as.statusReason,
            }
          : { authMethodId: credential.methodId, expiresAt: null, status: "pending", statusReason: null };
        await keepCredential(tx, vault, id, {
          tenantId: scope.tenantId,
          expected: current.version,
          credential,
          change,
        });
        await audit(tx, scope, {
          action: "connection.go_back",
          outcome: "ok",
          integrationId: current.integrationId,
          connectionId: id,
          facts: { version },
        });
        return readConnection(tx, scope, id);
      });
      await inside.changed(id);
      return toConnection(kept);
    },

    /** Renews what nobody used for so long that its refresh token may lapse; for a daily job. */
    renewIdle: (tenantId: string) => renewIdle(inside, renew, tenantId),
    /** Forgets sign-ins that were never finished; for a daily job. */
    sweep: (tenantId: string): Promise<void> =>
      withinTenant(database, tenantId, async (tx) => {
        await tx.delete(oauthState).where(and(lt(oauthState.expiresAt, sql`now()`), eq(oauthState.tenantId, tenantId)));
      }),

    redirectUri: (slug: string) => redirectUriOf(inside, slug),
    /** The document behind a client id that is an address: served at `{publicUrl}/oauth/client.json`, open to all. */
    clientMetadata: (redirectUris: string[]) => clientMetadataDocument(publicUrl(), redirectUris),

    /** Which services can be signed in to now, and the redirect URI the others need registered. */
    availability: (scope: Scope) =>
      within(scope, async (tx) => {
        const found = [];
        for (const integration of await listIntegrations(tx)) {
          for (const method of integration.auth) {
            if (method.type !== "oauth2") continue;
            const { slug, name } = integration;
            found.push({
              slug,
              name,
              methodId: method.id,
              available: await canStart(inside, tx, integration, method),
              redirectUri: redirectUriOf(inside, slug),
            });
          }
        }
        return found;
      }),

    /** The tenant's own OAuth clients; they go before those the server was started with. */
    clients: {
      list: (scope: Scope) => within(scope, (tx) => inside.clients.list(tx)),
      save: (scope: Scope, o: { slug: string; clientId: string; clientSecret?: Secret }) =>
        within(scope, async (tx) => {
          const integration = (await listIntegrations(tx)).find(({ slug }) => slug === o.slug);
          const method = integration?.auth.find((each) => each.type === "oauth2");
          return inside.clients.save(tx, scope, {
            ...o,
            server: method?.type === "oauth2" ? serverOf(method) : undefined,
          });
        }),
      remove: (scope: Scope, slug: string) => within(scope, (tx) => inside.clients.remove(tx, scope, slug)),
      /** How to register one: the service's page, the steps, the redirect URI to copy. */
      setup: (scope: Scope, slug: string) =>
        within(scope, async (tx) => {
          const integration = await getIntegration(tx, { slug });
          const method = integration.auth.find((each) => each.type === "oauth2");
          if (method?.type !== "oauth2") throw new Problem("not_found", { what: "OAuth2 sign-in of that service" });
          const configured = (await inside.clients.find(tx, integration, method)) !== undefined;
          const redirectUri = redirectUriOf(inside, slug);
          const steps = method.setup?.steps.length
            ? method.setup.steps
            : [
                `Register an OAuth client at ${integration.name}.`,
                `Enter ${redirectUri} as its redirect URI.`,
                "Copy its id and secret here.",
              ];
          return { slug, name: integration.name, redirectUri, createUrl: method.setup?.createUrl, steps, configured };
        }),
    },

    close: (): Promise<void> => changes.close(),
  };
}

function readRefusal(status: number, wasProven: boolean): Change {
  if (status === 401)
    return {
      status: "sign_in_again",
      statusReason: "The service did not accept this sign-in (status 401). Check it and enter it again.",
    };
  if (status === 403)
    return {
      status: wasProven ? "connected" : "pending",
      statusReason:
        "The service knows this account but does not allow the read (status 403). Give it more permissions.",
    };
  return {
    status: wasProven ? "failing" : "pending",
    statusReason: `The service could not be reached or is in trouble (status ${status}). The sign-in is kept.`,
  };
}
