import type { OAuth2Method } from "../contract/auth-method.ts";
import type { Connection } from "../contract/connection.ts";
import type { Integration } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import type { Secret } from "../contract/secret.ts";
import { audit } from "../database/audit.ts";
import { withinTenant } from "../database/database.ts";
import { fittingFacts } from "./check-variables.ts";
import { insertConnection, keepCredential, listConnections, readConnection, toConnection } from "./connection-store.ts";
import type { Change } from "./connection-store.ts";
import type { Credential } from "./credential.ts";
import { resolveHosts } from "./describe.ts";
import { variablesOf } from "./inside.ts";
import type { Inside } from "./inside.ts";
import type { FoundClient } from "./oauth-clients.ts";
import type { Tokens } from "./oauth/ask-token-endpoint.ts";
import type { Endpoints } from "./oauth/endpoints.ts";
import { forHosts } from "./oauth/client-authentication.ts";
import { askIdentity } from "./oauth/identity.ts";
import { placementsOf } from "./placements.ts";

/**
 * Makes a connection of the tokens of a sign-in: names the account, seals the tokens. Signing in to an account that is already
 * connected renews that connection; its policies and its place as default stay.
 */
export async function keepSignIn(
  inside: Inside,
  scope: Scope,
  o: {
    integration: Integration;
    method: OAuth2Method;
    endpoints: Endpoints;
    client: FoundClient;
    tokens: Tokens;
    values: Record<string, string>;
    asked: string[];
    connectionId?: string;
    label?: string;
    /** What the person typed: the client of a service that signs in by client credentials. */
    secrets?: Record<string, Secret>;
  },
): Promise<Connection> {
  const { integration, method, endpoints, client, tokens } = o;
  const variables = variablesOf(integration, method);
  const metadata: Record<string, string> = { ...o.values, ...fittingFacts(variables, tokens.metadata) };
  const credential: Credential = {
    methodId: method.id,
    secrets: o.secrets ?? {},
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    client: {
      clientId: client.clientId,
      authentication: client.authentication,
      clientSecret: client.source === "dynamic" ? client.clientSecret : undefined,
    },
    issuedBy: endpoints.refresh && new URL(endpoints.refresh).host,
    hosts: integration.hosts,
  };
  const addresses = [endpoints.authorization, endpoints.token].flatMap((url) =>
    url === undefined ? [] : new URL(url).host,
  );
  const hosts = new Set([...resolveHosts(integration, metadata, method), ...addresses]);
  const { clientId, clientSecret } = forHosts(client, hosts);
  const account = await askIdentity(inside, method, {
    userinfo: endpoints.userinfo,
    values: metadata,
    variables,
    placements: placementsOf(
      method,
      { ...credential, client: { ...credential.client, clientId, clientSecret } },
      metadata,
    ),
    hosts,
  });
  if (account.id !== undefined) metadata["account_id"] = account.id;
  const label = o.label ?? account.label ?? tokens.account;

  const lifetime = tokens.lifetimeSeconds ?? method.defaultLifetime;
  const change: Change & { authMethodId: string } = {
    authMethodId: method.id,
    metadata,
    scopes: tokens.scopes ?? o.asked,
    expiresAt: tokens.expiresAt ?? (lifetime === undefined ? null : new Date(inside.now().getTime() + lifetime * 1000)),
    lifetimeSeconds: lifetime === undefined ? null : Math.round(lifetime),
    enabled: true,
    status: "pending",
    statusReason: null,
    refreshFailures: 0,
    retryRefreshAt: null,
  };

  const kept = await withinTenant(inside.database, scope.tenantId, async (tx) => {
    const others = await listConnections(tx, scope, integration.id);
    const same = others.find((each) =>
      o.connectionId === undefined
        ? each.authMethodId === method.id &&
          (account.id === undefined
            ? label !== undefined && each.label === label
            : each.metadata["account_id"] === account.id)
        : each.id === o.connectionId,
    );
    let id: string;
    if (same) {
      id = same.id;
      await keepCredential(tx, inside.vault, id, {
        tenantId: scope.tenantId,
        expected: same.version,
        credential,
        change,
      });
    } else {
      id = await insertConnection(tx, inside.vault, scope, {
        integrationId: integration.id,
        label: label ?? integration.name,
        credential,
        change,
      });
    }
    await audit(tx, scope, {
      action: same ? "connection.sign_in_again" : "connection.connect",
      outcome: "ok",
      integrationId: integration.id,
      connectionId: id,
      facts: { method: method.id },
    });
    return readConnection(tx, scope, id);
  });
  await inside.changed(kept.id);
  return toConnection(kept);
}
