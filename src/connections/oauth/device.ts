import * as oauth from "oauth4webapi";
import { setTimeout as wait } from "node:timers/promises";
import type { Connection } from "../../contract/connection.ts";
import { Problem } from "../../contract/problem.ts";
import type { Scope } from "../../contract/scope.ts";
import { Secret } from "../../contract/secret.ts";
import { withinTenant } from "../../database/database.ts";
import { getIntegration } from "../../integrations/integrations.ts";
import { checkVariables } from "../check-variables.ts";
import { oauthMethodOf, redirectUriOf, variablesOf } from "../inside.ts";
import type { Inside } from "../inside.ts";
import { keepSignIn } from "../keep-sign-in.ts";
import { askTokenEndpoint } from "./ask-token-endpoint.ts";
import { clientAuthentication } from "./client-authentication.ts";
import { resolveEndpoints } from "./endpoints.ts";
import { explainRefusal, explainTokenRefusal } from "./explain-refusal.ts";
import { clientFor } from "./start.ts";
import { TokenRefusal } from "./token-refusal.ts";

export type StartDevice = {
  integrationId: string;
  methodId: string;
  variables?: Record<string, string>;
  connectionId?: string;
};

export type DeviceSignIn = {
  /** What the person types at `verificationUri`, on any device. */
  userCode: string;
  verificationUri: string;
  verificationUriComplete?: string;
  expiresAt: Date;
  /** Waits until the person has decided. */
  finish(signal: AbortSignal): Promise<Connection>;
};

/** Signs in by a code typed on another device (RFC 8628): for terminals without a browser. */
export async function startDevice(inside: Inside, scope: Scope, o: StartDevice): Promise<DeviceSignIn> {
  const integration = await withinTenant(inside.database, scope.tenantId, (tx) =>
    getIntegration(tx, { id: o.integrationId }),
  );
  const method = oauthMethodOf(integration, o.methodId);
  const variables = variablesOf(integration, method);
  const values = checkVariables(variables, o.variables ?? {});
  const endpoints = await resolveEndpoints(inside.discover, method, values, variables, integration.name);
  const redirectUri = redirectUriOf(inside, integration.slug);
  const explain = { integration: integration.name, redirectUri };
  if (endpoints.device === undefined)
    throw new Problem("oauth_refused", {
      integration: integration.name,
      detail: "it offers no sign-in by code. Use a browser.",
    });
  const client = await clientFor(inside, scope, integration, method, endpoints, redirectUri);

  const server: oauth.AuthorizationServer = {
    issuer: endpoints.issuer ?? new URL(endpoints.device).origin,
    device_authorization_endpoint: endpoints.device,
  };
  const us: oauth.Client = { client_id: client.clientId };
  const proof = await clientAuthentication(client, endpoints.device, endpoints.issuer ?? endpoints.device);
  const asked: Record<string, string> =
    method.scopes.length > 0 ? { scope: method.scopes.join(method.scopeSeparator) } : {};
  const response = await oauth.deviceAuthorizationRequest(server, us, proof, asked, {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url, { method: verb, headers, body }) =>
      inside.fetch(url, {
        method: verb,
        headers,
        body: String(body),
        redirects: "refuse",
        maxBytes: 200_000,
        timeoutMs: 20_000,
      }),
  });
  const code = await oauth.processDeviceAuthorizationResponse(server, us, response).catch((error: unknown) => {
    if (error instanceof oauth.ResponseBodyError)
      throw explainRefusal({ error: error.error, description: error.error_description, ...explain });
    throw new Problem("token_answer_unreadable");
  });
  const deviceCode = new Secret(code.device_code);
  const expiresAt = new Date(inside.now().getTime() + code.expires_in * 1000);

  return {
    userCode: code.user_code,
    verificationUri: code.verification_uri,
    verificationUriComplete: code.verification_uri_complete,
    expiresAt,
    finish: async (signal) => {
      let intervalMs = (code.interval ?? 5) * 1000;
      for (; ; await wait(intervalMs, undefined, { signal })) {
        signal.throwIfAborted();
        if (inside.now() >= expiresAt) throw explainRefusal({ error: "expired_token", ...explain });
        try {
          const tokens = await askTokenEndpoint(
            inside,
            { method, endpoints, client, values },
            { grant: "device_code", deviceCode },
          );
          return await keepSignIn(inside, scope, {
            integration,
            method,
            endpoints,
            client,
            tokens,
            values,
            asked: method.scopes,
            connectionId: o.connectionId,
          });
        } catch (error) {
          if (!(error instanceof TokenRefusal)) throw error;
          // RFC 8628 §3.5: five seconds more, for good, when told so or when the server does not answer.
          if (error.code === "slow_down" || error.kind === "passing") intervalMs += 5000;
          else if (error.code !== "authorization_pending") throw explainTokenRefusal(error, explain);
        }
      }
    },
  };
}
