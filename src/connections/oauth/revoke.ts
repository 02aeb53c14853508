import * as oauth from "oauth4webapi";
import type { OAuth2Method, UrlVariable } from "../../contract/auth-method.ts";
import type { Secret } from "../../contract/secret.ts";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";
import { fillUrl } from "../fill-template.ts";
import type { Values } from "../fill-template.ts";
import { clientAuthentication } from "./client-authentication.ts";
import type { OAuthClient } from "./client-authentication.ts";
import type { Endpoints } from "./endpoints.ts";

/**
 * Revokes a connection's tokens at the service (RFC 7009, or as the data says). The refresh token takes its access tokens along;
 * the access token is revoked too, for servers where it does not.
 *
 * @returns whether the service agreed; `undefined` when it offers no revocation.
 */
export async function revoke(
  needs: { fetch: GuardedFetch },
  o: {
    method: OAuth2Method;
    endpoints: Endpoints;
    client: OAuthClient;
    values: Values;
    variables: readonly UrlVariable[];
    accessToken?: Secret;
    refreshToken?: Secret;
  },
): Promise<boolean | undefined> {
  const { method, endpoints } = o;
  // `{client_id}` may stand in the address, which only now is known.
  const known = { ...o.values, client_id: o.client.clientId };
  const address = method.revocationEndpoint
    ? fillUrl(method.revocationEndpoint, known, o.variables)
    : endpoints.revocation;
  if (address === undefined) return undefined;
  const own = method.revocation;
  const tokens = own
    ? [own.token === "access_token" ? o.accessToken : (o.refreshToken ?? o.accessToken)]
    : [o.refreshToken, o.accessToken];
  let agreed = true;
  for (const token of tokens) {
    if (token === undefined) continue;
    const hint = token === o.refreshToken ? "refresh_token" : "access_token";
    agreed = (await revokeToken(needs, o, address, token, hint)) && agreed;
  }
  return agreed;
}

async function revokeToken(
  needs: { fetch: GuardedFetch },
  {
    method,
    endpoints,
    client,
    accessToken,
  }: { method: OAuth2Method; endpoints: Endpoints; client: OAuthClient; accessToken?: Secret },
  address: string,
  token: Secret,
  hint: string,
): Promise<boolean> {
  const own = method.revocation;
  const server: oauth.AuthorizationServer = {
    issuer: endpoints.issuer ?? new URL(address).origin,
    revocation_endpoint: address,
  };
  const proof =
    own?.authentication === "access_token"
      ? oauth.None()
      : await clientAuthentication(client, address, endpoints.issuer ?? address);
  const response = await oauth.revocationRequest(server, { client_id: client.clientId }, proof, token.reveal(), {
    additionalParameters: { token_type_hint: hint },
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url, { body, headers }) => {
      const parameters = new URLSearchParams(body instanceof URLSearchParams ? body : undefined);
      if (own && own.tokenField !== "token") {
        parameters.delete("token");
        parameters.delete("token_type_hint");
        parameters.set(own.tokenField, token.reveal());
      }
      const sent: Record<string, string> = { ...headers };
      if (own?.authentication === "access_token" && accessToken)
        sent["authorization"] = `Bearer ${accessToken.reveal()}`;
      const send = {
        method: own?.method ?? "POST",
        headers: sent,
        redirects: "refuse" as const,
        maxBytes: 200_000,
        timeoutMs: 10_000,
      };
      if (own?.format === "query" || send.method === "GET") {
        delete sent["content-type"];
        return needs.fetch(`${url}${url.includes("?") ? "&" : "?"}${parameters}`, send);
      }
      if (own?.format === "json") {
        sent["content-type"] = "application/json";
        return needs.fetch(url, { ...send, body: JSON.stringify(Object.fromEntries(parameters)) });
      }
      return needs.fetch(url, { ...send, body: parameters.toString() });
    },
  });
  const { ok } = response;
  await response.body?.cancel();
  return ok;
}
