import { and, eq, isNull, lt, ne, or, sql } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { OAuth2Method } from "../contract/auth-method.ts";
import type { Integration } from "../contract/integration.ts";
import { isProblem, Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { audit } from "../database/audit.ts";
import { withinTenant } from "../database/database.ts";
import { customIntegrationCredential as connection } from "../database/tables.ts";
import { getIntegration } from "../integrations/integrations.ts";
import { fittingFacts } from "./check-variables.ts";
import { keepCredential, openCredential, readConnection, toConnection } from "./connection-store.ts";
import type { Kept } from "./connection-store.ts";
import type { Credential } from "./credential.ts";
import { oauthMethodOf, redirectUriOf, variablesOf } from "./inside.ts";
import type { Inside } from "./inside.ts";
import { askTokenEndpoint, tokenTimeoutMs } from "./oauth/ask-token-endpoint.ts";
import type { TokenRequest, Tokens } from "./oauth/ask-token-endpoint.ts";
import { clientOf } from "./oauth/client-of.ts";
import { resolveEndpoints } from "./oauth/endpoints.ts";
import { explainTokenRefusal } from "./oauth/explain-refusal.ts";
import { TokenRefusal } from "./oauth/token-refusal.ts";

export type Renew = (scope: Scope, connectionId: string, seen: number) => Promise<void>;

/**
 * Renews an access token once, however many callers and processes want it.
 *
 * Within a process callers share one attempt. Among processes a lease on the row decides, with its owner's name and a life
 * longer than the slowest answer of a token endpoint; who does not get it does not ask, but waits and reads again. A process
 * that dies with the lease loses it when its time is over.
 *
 * @param seen  The credential version that is old; when the connection has a newer one already, nothing is asked.
 * @throws Problem `sign_in_ended`, `refresh_unavailable` (kept, try later).
 */
export function createRenew(inside: Inside, o: { leaseMs?: number } = {}): Renew {
  const leaseMs = o.leaseMs ?? tokenTimeoutMs * 2;
  const owner = randomUUID();
  const running = new Map<string, Promise<void>>();

  return async (scope, connectionId, seen) => {
    const same = running.get(connectionId);
    if (same) return same;
    const attempt = renewOrWait(scope, connectionId, seen).finally(() => running.delete(connectionId));
    running.set(connectionId, attempt);
    return attempt;
  };

  async function renewOrWait(scope: Scope, id: string, seen: number): Promise<void> {
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
      const lease = await takeLease(scope, id, seen);
      if (lease === "taken") return renewWithLease(scope, id, seen);
      if (lease.version !== seen) return;
      if (lease.status === "sign_in_again") throw new Problem("sign_in_ended", { integration: lease.name });
      if (lease.backingOff) throw new Problem("refresh_unavailable", { integration: lease.name });
      await inside.changedWithin(id, pauseMs);
    }
  }

  /** The database's clock decides, not ours: two machines may differ by minutes. */
  async function takeLease(scope: Scope, id: string, seen: number) {
    return withinTenant(inside.database, scope.tenantId, async (tx) => {
      const taken = await tx
        .update(connection)
        .set({ leaseOwner: owner, leaseUntil: sql`now() + ${leaseMs} * interval '1 millisecond'` })
        .where(
          and(
            eq(connection.id, id),
            eq(connection.credentialVersion, seen),
            ne(connection.status, "sign_in_again"),
            or(isNull(connection.leaseUntil), lt(connection.leaseUntil, sql`now()`)),
            or(isNull(connection.retryRefreshAt), lt(connection.retryRefreshAt, sql`now()`)),
          ),
        )
        .returning({ id: connection.id });
      if (taken.length > 0) return "taken" as const;
      const kept = await readConnection(tx, scope, id);
      const [row] = await tx
        .select({ backingOff: sql<boolean>`coalesce(${connection.retryRefreshAt} >= now(), false)` })
        .from(connection)
        .where(eq(connection.id, id));
      return { version: kept.version, status: kept.status, name: kept.slug, backingOff: row?.backingOff === true };
    });
  }

  async function renewWithLease(scope: Scope, id: string, seen: number): Promise<void> {
    const { kept, credential, integration } = await withinTenant(inside.database, scope.tenantId, async (tx) => {
      const kept = await readConnection(tx, scope, id);
      return {
        kept,
        credential: (await openCredential(tx, inside.vault, id, seen)).credential,
        integration: await getIntegration(tx, { id: kept.integrationId }),
      };
    });
    const method = oauthMethodOf(integration, kept.authMethodId);
    try {
      const { tokens, client } = await ask(scope, kept, credential, integration, method);
      await keepTokens(scope, kept, { ...credential, client }, tokens);
    } catch (error) {
      if (!(error instanceof TokenRefusal) && !isProblem(error)) {
        await release(scope, id);
        throw error;
      }
      await keepFailure(
        scope,
        kept,
        integration,
        error instanceof TokenRefusal
          ? error
          : new TokenRefusal(error.code, { kind: "request", description: error.message }),
      );
    }
  }

  async function ask(scope: Scope, kept: Kept, credential: Credential, integration: Integration, method: OAuth2Method) {
    const variables = variablesOf(integration, method);
    const endpoints = await resolveEndpoints(inside.discover, method, kept.metadata, variables, integration.name);
    const { client, keep } = await withinTenant(inside.database, scope.tenantId, (tx) =>
      clientOf(inside, tx, integration, method, credential, endpoints.authentication),
    );
    const request: TokenRequest =
      method.grant === "client_credentials"
        ? { grant: "client_credentials", scopes: method.scopes }
        : { grant: "refresh_token", refreshToken: refreshTokenOf(credential), scopes: kept.scopes };
    // A later version of the integration may name another server: the refresh token was not made for it.
    if (
      credential.issuedBy !== undefined &&
      endpoints.refresh !== undefined &&
      new URL(endpoints.refresh).host !== credential.issuedBy
    ) {
      throw new TokenRefusal("server_changed", { kind: "ended" });
    }
    const tokens = await askTokenEndpoint(inside, { method, endpoints, client, values: kept.metadata }, request);
    return { tokens: { ...tokens, metadata: fittingFacts(variables, tokens.metadata) }, client: keep };
  }

  async function keepTokens(scope: Scope, kept: Kept, credential: Credential, tokens: Tokens): Promise<void> {
    // Many servers leave out `refresh_token` on refresh; the old one then stays valid (RFC 6749 §6).
    const refreshToken = tokens.refreshToken ?? credential.refreshToken;
    const lifetimeSeconds = tokens.lifetimeSeconds ?? kept.lifetimeSeconds ?? undefined;
    const expiresAt =
      tokens.expiresAt ??
      (lifetimeSeconds === undefined ? undefined : new Date(inside.now().getTime() + lifetimeSeconds * 1000));
    const save = () =>
      withinTenant(inside.database, scope.tenantId, async (tx) => {
        const version = await keepCredential(tx, inside.vault, kept.id, {
          tenantId: scope.tenantId,
          expected: kept.version,
          leaseOwner: owner,
          credential: { ...credential, accessToken: tokens.accessToken, refreshToken },
          change: {
            metadata: { ...kept.metadata, ...tokens.metadata },
            scopes: tokens.scopes ?? kept.scopes,
            expiresAt: expiresAt ?? null,
            lifetimeSeconds: lifetimeSeconds === undefined ? null : Math.round(lifetimeSeconds),
            refreshFailures: 0,
            retryRefreshAt: null,
            ...(kept.status === "failing" ? { status: "connected" as const, statusReason: null } : {}),
          },
        });
        // None: it was disconnected or signed in again meanwhile; what stands there now counts.
        if (version !== undefined)
          await audit(tx, scope, {
            action: "connection.refresh",
            outcome: "ok",
            integrationId: kept.integrationId,
            connectionId: kept.id,
          });
      });
    // The old refresh token may be spent by now: the new one must not be lost to a hiccup of the database.
    for (let attempt = 1; ; attempt += 1) {
      try {
        await save();
        break;
      } catch (error) {
        if (attempt === 4) throw error;
        await wait(attempt * 250);
      }
    }
    await inside.changed(kept.id);
  }

  async function keepFailure(scope: Scope, kept: Kept, integration: Integration, refusal: TokenRefusal): Promise<void> {
    const ended = refusal.kind === "ended";
    const failures = kept.refreshFailures + 1;
    const usable = kept.expiresAt !== null && kept.expiresAt > inside.now();
    const reason = explainTokenRefusal(refusal, {
      integration: integration.name,
      redirectUri: redirectUriOf(inside, integration.slug),
    }).message;
    const status = ended ? "sign_in_again" : usable ? kept.status : "failing";
    const [changed] = await withinTenant(inside.database, scope.tenantId, async (tx) => {
      const rows = await tx
        .update(connection)
        .set({
          status,
          statusReason: status === kept.status ? kept.statusReason : reason,
          refreshFailures: failures,
          retryRefreshAt: ended ? null : sql`now() + ${backOffMs(failures)} * interval '1 millisecond'`,
          leaseOwner: null,
          leaseUntil: null,
        })
        .where(
          and(
            eq(connection.id, kept.id),
            eq(connection.credentialVersion, kept.version),
            eq(connection.leaseOwner, owner),
          ),
        )
        .returning({ id: connection.id });
      await audit(tx, scope, {
        action: "connection.refresh",
        outcome: "failed",
        integrationId: kept.integrationId,
        connectionId: kept.id,
        facts: { code: refusal.code, failures, ended },
      });
      return rows;
    });
    inside.log(`connection ${kept.id} (${kept.slug}) was not renewed: ${refusal.code}, ${failures} in a row`);
    await inside.changed(kept.id);
    if (!changed) return;
    if (ended) inside.signInEnded(scope, toConnection({ ...kept, status: "sign_in_again", statusReason: reason }));
    throw new Problem(ended ? "sign_in_ended" : "refresh_unavailable", { integration: integration.name });
  }

  async function release(scope: Scope, id: string): Promise<void> {
    await withinTenant(inside.database, scope.tenantId, (tx) =>
      tx
        .update(connection)
        .set({ leaseOwner: null, leaseUntil: null })
        .where(and(eq(connection.id, id), eq(connection.leaseOwner, owner))),
    );
  }
}

/** 2 s, 4 s, 8 s … at most half an hour: an outage is over some time, and the connection is kept until then. */
function backOffMs(failures: number): number {
  return Math.min(2 ** Math.min(failures, 12) * 1000, 30 * 60_000);
}

function refreshTokenOf({ refreshToken }: Credential) {
  if (refreshToken === undefined) throw new TokenRefusal("no_refresh_token", { kind: "ended" });
  return refreshToken;
}
