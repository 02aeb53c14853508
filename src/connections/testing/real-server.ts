import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { generateKeyPairSync } from "node:crypto";
import type { Configuration } from "oidc-provider";
// The package's index only adds a warning about Node releases without long-term support; what it offers lies here.
import { Provider } from "oidc-provider/lib/provider.js";

export type RealServer = {
  issuer: string;
  host: string;
  /** Requests that arrived: `POST /token` … */
  requests: string[];
  /** What the person on the consent page does next. */
  consent: "allow" | "deny";
  /** A protected resource: 200 for a living access token. */
  api: string;
  /** Types the code of a device sign-in and allows it. */
  approveDevice(userCode: string): Promise<void>;
  close(): Promise<void>;
};

/** A real authorization server (oidc-provider) on loopback, whose person signs in and decides without a page. */
export async function startRealServer(change: Configuration = {}): Promise<RealServer> {
  const http = createServer();
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
    cookies: { keys: ["for tests"] },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    claims: { openid: ["sub"], email: ["email"] },
    scopes: ["openid", "offline_access", "boards:read", "boards:write"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, email: "ada@example.com" }) }),
    interactions: { url: (_, { uid }) => `/decide/${uid}` },
    ttl: {
      AccessToken: 60,
      RefreshToken: 3600,
      AuthorizationCode: 60,
      Interaction: 600,
      Session: 600,
      Grant: 3600,
      IdToken: 600,
      ClientCredentials: 60,
      DeviceCode: 600,
    },
    ...change,
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: async () => true },
      registration: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: false },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form) => void (ctx.body = form),
        userCodeConfirmSource: (ctx, form) => void (ctx.body = form),
        successSource: (ctx) => void (ctx.body = "done"),
      },
      ...change.features,
    },
  });
  const server: RealServer = {
    issuer,
    host: issuer.slice("http://".length),
    requests: [],
    consent: "allow",
    api: `${issuer}/me`,
    approveDevice: (userCode) => approve(issuer, userCode),
    close: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  http.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.split("?", 1)[0] ?? "/";
    server.requests.push(`${request.method} ${path}`);
    if (path.startsWith("/decide/")) void decide(provider, server, request, response);
    else provider.callback()(request, response);
  });
  return server;
}

async function decide(
  provider: Provider,
  server: RealServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (server.consent === "deny") {
    return provider.interactionFinished(request, response, {
      error: "access_denied",
      error_description: "the person said no",
    });
  }
  if (prompt.name === "login") return provider.interactionFinished(request, response, { login: { accountId: "ada" } });
  const grant = new provider.Grant({ accountId: session?.accountId ?? "ada", clientId: String(params["client_id"]) });
  grant.addOIDCScope(String(params["scope"] ?? "openid"));
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

/** The pages of the device flow, as a person with a browser goes through them. */
async function approve(issuer: string, userCode: string): Promise<void> {
  const cookies = new Map<string, string>();
  const go = async (url: string, form?: Record<string, string>): Promise<string> => {
    const answer = await fetch(new URL(url, issuer), {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    const text = await answer.text();
    return location === null ? text : go(location);
  };
  const xsrf = (page: string) => /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const form = await go("/device");
  const confirm = await go("/device", { xsrf: xsrf(form), user_code: userCode });
  await go("/device", { xsrf: xsrf(confirm), user_code: userCode, confirm: "yes" });
}
