import * as oauth from "oauth4webapi";
import type { OAuth2 } from "../../contract/auth-method.ts";
import { Problem } from "../../contract/problem.ts";
import { Secret } from "../../contract/secret.ts";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";
import { chooseAuthentication } from "./client-authentication.ts";
import type { AuthenticationMethod, OAuthClient } from "./client-authentication.ts";
import type { Endpoints } from "./endpoints.ts";

const clientName = "Patchbay";

/** Registers us where the server offers it without a form (RFC 7591). */
export async function registerClient(
  needs: { fetch: GuardedFetch },
  o: { method: OAuth2; endpoints: Endpoints; registration: string; redirectUri: string; integration: string },
): Promise<OAuthClient & { endsAt?: Date }> {
  const server: oauth.AuthorizationServer = {
    issuer: o.endpoints.issuer ?? new URL(o.registration).origin,
    registration_endpoint: o.registration,
  };
  const asked =
    o.method.clientAuthentication ?? chooseAuthentication({ offered: o.endpoints.authentication, hasSecret: true });
  const metadata = {
    client_name: clientName,
    redirect_uris: [o.redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: asked,
    ...(o.method.scopes.length > 0 ? { scope: o.method.scopes.join(" ") } : {}),
    ...o.method.registrationParameters,
  };
  const response = await oauth.dynamicClientRegistrationRequest(server, metadata, {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (url, { method, headers, body }) => {
      const answer = await needs.fetch(url, {
        method,
        headers,
        body: String(body),
        redirects: "refuse",
        maxBytes: 1_000_000,
        timeoutMs: 20_000,
      });
      // RFC 7591 says 201; some say 200.
      return answer.status === 200
        ? new Response(await answer.text(), { status: 201, headers: { "content-type": "application/json" } })
        : answer;
    },
  });
  const registered = await oauth.processDynamicClientRegistrationResponse(response).catch(() => {
    throw new Problem("oauth_refused", {
      integration: o.integration,
      detail: "it did not register us by itself. Register an OAuth client there by hand and enter its id and secret.",
    });
  });
  const secret = typeof registered.client_secret === "string" ? new Secret(registered.client_secret) : undefined;
  const ends = registered.client_secret_expires_at;
  return {
    clientId: registered.client_id,
    clientSecret: secret,
    authentication: secret === undefined ? "none" : readMethod(registered.token_endpoint_auth_method, asked),
    endsAt: typeof ends === "number" && ends > 0 ? new Date(ends * 1000) : undefined,
  };
}

/** What a server may read about us at `{publicUrl}/oauth/client.json`, whose address is then our client id. */
export function clientMetadataDocument(publicUrl: string, redirectUris: string[]): Record<string, unknown> {
  return {
    client_id: metadataDocumentUrl(publicUrl),
    client_name: clientName,
    client_uri: publicUrl,
    redirect_uris: redirectUris,
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
}

export const metadataDocumentUrl = (publicUrl: string) => `${publicUrl}/oauth/client.json`;

function readMethod(told: unknown, asked: AuthenticationMethod): AuthenticationMethod {
  return told === "client_secret_basic" || told === "client_secret_post" || told === "none" ? told : asked;
}
