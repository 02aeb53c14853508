import type { OAuth2Method } from "../../contract/auth-method.ts";
import type { Integration } from "../../contract/integration.ts";
import { Problem } from "../../contract/problem.ts";
import type { Transaction } from "../../database/database.ts";
import type { Credential } from "../credential.ts";
import { redirectUriOf } from "../inside.ts";
import type { Inside } from "../inside.ts";
import { chooseAuthentication } from "./client-authentication.ts";
import type { AuthenticationMethod, OAuthClient } from "./client-authentication.ts";

/**
 * The client a credential's tokens belong to (RFC 6749 §6 binds refresh tokens to it): typed with the credential, else ours of
 * that id with today's secret, else as it was when it signed in. `keep` is what the credential should remember of it.
 */
export async function clientOf(
  inside: Inside,
  tx: Transaction,
  integration: Integration,
  method: OAuth2Method,
  credential: Credential,
  offered?: string[],
): Promise<{ client: OAuthClient; keep: NonNullable<Credential["client"]> }> {
  const { client_id: typedId, client_secret: typedSecret } = credential.secrets;
  if (typedId !== undefined) {
    const hasSecret = typedSecret !== undefined;
    const authentication = chooseAuthentication({ told: method.clientAuthentication, offered, hasSecret });
    const clientId = typedId.reveal();
    return { client: { clientId, clientSecret: typedSecret, authentication }, keep: { clientId } };
  }
  const before = credential.client;
  const ours = await inside.clients.find(tx, integration, method, { offered });
  if (ours && (before === undefined || ours.clientId === before.clientId)) {
    const clientSecret = ours.source === "dynamic" ? ours.clientSecret : undefined;
    return { client: ours, keep: { clientId: ours.clientId, authentication: ours.authentication, clientSecret } };
  }
  if (before === undefined)
    throw new Problem("oauth_client_missing", {
      integration: integration.name,
      redirectUri: redirectUriOf(inside, integration.slug),
    });
  const authentication =
    (before.authentication as AuthenticationMethod | undefined) ??
    chooseAuthentication({ hasSecret: before.clientSecret !== undefined });
  return { client: { ...before, authentication }, keep: before };
}
