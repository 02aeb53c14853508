import { createHash, randomUUID } from "node:crypto";
import * as oauth from "oauth4webapi";
import { makeToken } from "../../contract/opaque-token.ts";
import { Problem } from "../../contract/problem.ts";
import { ReturnTo } from "../../contract/procedures/connections.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Integration } from "../../contract/integration.ts";
import type { OAuth2Method } from "../../contract/auth-method.ts";
import { withinTenant } from "../../database/database.ts";
import { oauthState } from "../../database/tables.ts";
import { getIntegration } from "../../integrations/integrations.ts";
import { places } from "../../vault/places.ts";
import { checkVariables } from "../check-variables.ts";
import { readConnection } from "../connection-store.ts";
import { gapOf } from "../scope-gap.ts";
import { oauthMethodOf, redirectUriOf, variablesOf } from "../inside.ts";
import type { Inside } from "../inside.ts";
import { serverOf } from "../oauth-clients.ts";
import type { FoundClient } from "../oauth-clients.ts";
import { authorizationUrl } from "./authorization-url.ts";
import { resolveEndpoints } from "./endpoints.ts";
import type { Endpoints } from "./endpoints.ts";
import { metadataDocumentUrl, registerClient } from "./registration.ts";
import type { StateDetails } from "./finish.ts";

export type StartOAuth = {
  integrationId: string;
  methodId: string;
  variables?: Record<string, string>;
  /** The browser session that may finish; without one, only the same person may (`finishOAuth`, `signedInAs`). */
  sessionToken?: string;
  returnTo: string;
  cardId?: string;
  conversationId?: string;
  /** Sign this connection in again: its label, policies and place as default stay. */
  connectionId?: string;
  /** Asked for beside the method's own: what a refused request said it needs. */
  moreScopes?: string[];
};

const stateLivesMs = 10 * 60_000;

/**
 * Begins a sign-in by authorization code: keeps state and code verifier on the server and gives the address to open.
 *
 * @throws Problem `oauth_client_missing` with the redirect URI to register; `credential_incomplete`, `input_invalid`,
 *   `oauth_refused` when the service cannot be found out or does not register us.
 */
export async function startOAuth(inside: Inside, scope: Scope, o: StartOAuth): Promise<{ url: string }> {
  const returnTo = ReturnTo.safeParse(o.returnTo);
  if (!returnTo.success) throw new Problem("input_invalid", { detail: "a sign-in cannot return to that address" });
  const { integration, before } = await withinTenant(inside.database, scope.tenantId, async (tx) => ({
    integration: await getIntegration(tx, { id: o.integrationId }),
    before: o.connectionId === undefined ? undefined : await readConnection(tx, scope, o.connectionId),
  }));
  if (before && before.integrationId !== integration.id) throw new Problem("not_found", { what: "connection" });
  const method = oauthMethodOf(integration, o.methodId);
  if (method.grant !== "authorization_code")
    throw new Problem("input_invalid", { detail: "this way to sign in needs no browser" });

  const variables = variablesOf(integration, method);
  const values = checkVariables(variables, { ...before?.metadata, ...o.variables });
  const redirectUri = redirectUriOf(inside, integration.slug);
  const endpoints = await resolveEndpoints(inside.discover, method, values, variables, integration.name);
  const client = await clientFor(inside, scope, integration, method, endpoints, redirectUri);
  const kept = before?.authMethodId === method.id ? before : undefined;
  const lacking = kept ? gapOf(kept) : [];
  const scopes = [...new Set([...method.scopes, ...(kept?.scopes ?? []), ...lacking, ...(o.moreScopes ?? [])])];

  const { token: state, hash } = makeToken("pbo", scope.tenantId);
  const verifier = method.pkce === "none" ? undefined : oauth.generateRandomCodeVerifier();
  const id = randomUUID();
  const seal = verifier === undefined ? undefined : inside.vault.seal(verifier, places.oauthState(id));
  const details: StateDetails = {
    versionId: integration.versionId,
    variables: values,
    scopes,
    clientId: client.clientId,
    redirectUri,
    issuer: endpoints.issuer,
    cardId: o.cardId,
    conversationId: o.conversationId,
  };
  await withinTenant(inside.database, scope.tenantId, (tx) =>
    tx.insert(oauthState).values({
      id,
      tenantId: scope.tenantId,
      personId: scope.personId,
      hash,
      sessionHash: o.sessionToken === undefined ? null : sessionHash(o.sessionToken),
      integrationId: integration.id,
      authMethodId: method.id,
      connectionId: before?.id ?? null,
      sealedVerifier: seal?.sealed ?? null,
      keyId: seal?.keyId ?? null,
      details,
      returnTo: returnTo.data,
      expiresAt: new Date(inside.now().getTime() + stateLivesMs),
    }),
  );

  const endpoint = endpoints.authorization;
  if (endpoint === undefined)
    throw new Problem("oauth_refused", { integration: integration.name, detail: "it has no sign-in page we know of." });
  // Metadata of a stranger may say anything; this address is opened as it is, in a browser or by the system.
  if (!/^https?:\/\//i.test(endpoint))
    throw new Problem("oauth_refused", {
      integration: integration.name,
      detail: "its sign-in page is no web address.",
    });
  const challenge =
    verifier === undefined
      ? undefined
      : method.pkce === "plain"
        ? { value: verifier, method: "plain" as const }
        : { value: await oauth.calculatePKCECodeChallenge(verifier), method: "S256" as const };
  return {
    url: authorizationUrl(method, {
      endpoint,
      clientId: client.clientId,
      redirectUri,
      scopes,
      state,
      challenge,
      resource: endpoints.resource,
      values,
    }),
  };
}

export const sessionHash = (token: string) => createHash("sha256").update(token).digest("base64url");

/** The client for a sign-in; where the service offers it, one registers itself. */
export async function clientFor(
  inside: Inside,
  scope: Scope,
  integration: Integration,
  method: OAuth2Method,
  endpoints: Endpoints,
  redirectUri: string,
): Promise<FoundClient> {
  const found = await withinTenant(inside.database, scope.tenantId, (tx) =>
    inside.clients.find(tx, integration, method, { offered: endpoints.authentication, redirectUri }),
  );
  if (found) return found;
  const publicUrl = inside.publicUrl();
  if (endpoints.metadataDocuments && publicUrl.startsWith("https://") && method.clientRegistration !== "dynamic") {
    return { clientId: metadataDocumentUrl(publicUrl), authentication: "none", source: "dynamic" };
  }
  if (endpoints.registration === undefined || method.clientRegistration === "by_hand") {
    throw new Problem("oauth_client_missing", { integration: integration.name, redirectUri });
  }
  const client = await registerClient(inside, {
    method,
    endpoints,
    registration: endpoints.registration,
    redirectUri,
    integration: integration.name,
  });
  await withinTenant(inside.database, scope.tenantId, (tx) =>
    inside.clients.keepDynamic(tx, scope, integration.slug, client, { server: serverOf(method), redirectUri }),
  );
  return { ...client, source: "dynamic" };
}
