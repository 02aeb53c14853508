import * as oauth from "oauth4webapi";
import type { OAuth2 } from "../../contract/auth-method.ts";
import { isProblem, Problem } from "../../contract/problem.ts";
import { Secret } from "../../contract/secret.ts";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";
import { fill } from "../fill-template.ts";
import type { Values } from "../fill-template.ts";
import { clientAuthentication } from "./client-authentication.ts";
import type { OAuthClient } from "./client-authentication.ts";
import type { Endpoints } from "./endpoints.ts";
import { accountHint, readMetadata } from "./read-metadata.ts";
import { readTokenAnswer } from "./read-token-answer.ts";
import { TokenRefusal } from "./token-refusal.ts";

/** The slowest answer we wait for. A refresh lease is longer than this (`renew.ts`). */
export const tokenTimeoutMs = 20_000;

export type TokenRequest =
  /** `answer` comes from `oauth.validateAuthResponse`, which checked state and issuer. */
  | { grant: "authorization_code"; answer: URLSearchParams; redirectUri: string; verifier?: Secret }
  | { grant: "refresh_token"; refreshToken: Secret; scopes: readonly string[] }
  | { grant: "client_credentials"; scopes: readonly string[] }
  | { grant: "device_code"; deviceCode: Secret };

export type Tokens = {
  accessToken: Secret;
  refreshToken?: Secret;
  /** Counted from when we asked, so that the time on the way shortens it. */
  expiresAt?: Date;
  lifetimeSeconds?: number;
  /** Absent when the server says nothing: then what was asked for was granted (RFC 6749 §5.1). */
  scopes?: string[];
  metadata: Record<string, string>;
  /** Who signed in, when the answer says so (`id_token`); a label, never an identity to trust. */
  account?: string;
};

export type TokenNeeds = { fetch: GuardedFetch; now: () => Date };

/**
 * Asks the token endpoint by oauth4webapi; what a service does differently is bent on the way out and straightened on the way
 * back, as the data says.
 *
 * @throws TokenRefusal
 */
export async function askTokenEndpoint(
  needs: TokenNeeds,
  at: { method: OAuth2; endpoints: Endpoints; client: OAuthClient; values: Values },
  request: TokenRequest,
): Promise<Tokens> {
  const { method, endpoints, client } = at;
  const askedAt = needs.now();
  const endpoint = request.grant === "refresh_token" ? endpoints.refresh : endpoints.token;
  if (endpoint === undefined) throw new TokenRefusal("no_token_endpoint", { kind: "request" });
  const server: oauth.AuthorizationServer = {
    issuer: endpoints.issuer ?? new URL(endpoint).origin,
    token_endpoint: endpoint,
  };
  const audience = endpoints.issuer ?? endpoint;
  let whole: unknown;

  const options = {
    // The guarded fetch decides about schemes and addresses, private ones included.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (
      url: string,
      o: { body?: unknown; headers: Record<string, string>; signal?: AbortSignal },
    ) => {
      const sent = bend(at, request, url, o);
      const answer = await send(needs.fetch, sent, o.signal);
      const plain = readTokenAnswer(method, answer.status, answer.text);
      if (!plain) throw new TokenRefusal("answer_unreadable", { kind: "passing" });
      whole = plain.whole;
      return new Response(JSON.stringify(redact(plain.body, sent.secrets)), {
        status: plain.status,
        headers: { "content-type": "application/json" },
      });
    },
  };
  const us: oauth.Client = { client_id: client.clientId };

  try {
    const proof = await clientAuthentication(client, endpoint, audience);
    const answer = await ask(server, us, proof, request, method, options);
    return {
      accessToken: new Secret(answer.access_token),
      refreshToken: answer.refresh_token === undefined ? undefined : new Secret(answer.refresh_token),
      expiresAt: answer.expires_in === undefined ? undefined : new Date(askedAt.getTime() + answer.expires_in * 1000),
      lifetimeSeconds: answer.expires_in,
      scopes: answer.scope === undefined ? undefined : answer.scope.split(/[\s,]+/).filter(Boolean),
      metadata: readMetadata(method.tokenMetadata, whole),
      account: accountHint(whole),
    };
  } catch (error) {
    throw asRefusal(error);
  }
}

async function ask(
  server: oauth.AuthorizationServer,
  us: oauth.Client,
  proof: oauth.ClientAuth,
  request: TokenRequest,
  method: OAuth2,
  options: oauth.TokenEndpointRequestOptions,
): Promise<oauth.TokenEndpointResponse> {
  switch (request.grant) {
    case "authorization_code": {
      const verifier = request.verifier?.reveal() ?? oauth.nopkce;
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        us,
        proof,
        request.answer,
        request.redirectUri,
        verifier,
        options,
      );
      return oauth.processAuthorizationCodeResponse(server, us, response);
    }
    case "refresh_token": {
      const scope: Record<string, string> =
        method.scopeOnRefresh && request.scopes.length > 0 ? { scope: request.scopes.join(method.scopeSeparator) } : {};
      const response = await oauth.refreshTokenGrantRequest(server, us, proof, request.refreshToken.reveal(), {
        ...options,
        additionalParameters: scope,
      });
      return oauth.processRefreshTokenResponse(server, us, response);
    }
    case "client_credentials": {
      const scope: Record<string, string> =
        request.scopes.length > 0 ? { scope: request.scopes.join(method.scopeSeparator) } : {};
      return oauth.processClientCredentialsResponse(
        server,
        us,
        await oauth.clientCredentialsGrantRequest(server, us, proof, scope, options),
      );
    }
    case "device_code":
      return oauth.processDeviceCodeResponse(
        server,
        us,
        await oauth.deviceCodeGrantRequest(server, us, proof, request.deviceCode.reveal(), options),
      );
  }
}

type Sent = { url: string; method: string; headers: Record<string, string>; body?: string; secrets: string[] };

/** Gives the standard request the shape this service wants. */
function bend(
  { method, client, values }: { method: OAuth2; client: OAuthClient; values: Values },
  request: TokenRequest,
  url: string,
  o: { body?: unknown; headers: Record<string, string> },
): Sent {
  const parameters = new URLSearchParams(o.body instanceof URLSearchParams ? o.body : undefined);
  const refreshing = request.grant === "refresh_token";
  const extra: Record<string, string | undefined> = {
    resource: method.resource,
    audience: request.grant === "client_credentials" ? method.audience : undefined,
    ...(refreshing ? method.refreshParameters : method.tokenParameters),
  };
  const known = { ...values, client_id: client.clientId };
  for (const [name, template] of Object.entries(extra)) {
    const value = template === undefined ? undefined : fill(template, known);
    if (value !== undefined && !guarded.has(name)) parameters.set(name, value);
  }
  const secrets = [
    "client_secret",
    "code",
    "code_verifier",
    "refresh_token",
    "client_assertion",
    "device_code",
  ].flatMap((name) => parameters.getAll(name));
  if (client.clientSecret) secrets.push(client.clientSecret.reveal());

  const renames = refreshing ? method.renameRefresh : method.renameToken;
  const pairs = [...parameters].flatMap(([standard, value]) => {
    const name = renames?.[standard] ?? standard;
    return name === "" ? [] : [[name, value] as const];
  });
  const headers: Record<string, string> = { ...o.headers, accept: "application/json" };
  for (const [name, template] of Object.entries(method.tokenRequestHeaders ?? {})) {
    const value = fill(template, known);
    if (value !== undefined) headers[name.toLowerCase()] = value;
  }

  if (method.tokenRequestFormat === "query" || method.tokenRequestMethod === "GET") {
    delete headers["content-type"];
    const query = new URLSearchParams(pairs.map((pair) => [...pair])).toString();
    return {
      url: `${url}${url.includes("?") ? "&" : "?"}${query}`,
      method: method.tokenRequestMethod,
      headers,
      secrets,
    };
  }
  if (method.tokenRequestFormat === "json") {
    headers["content-type"] = "application/json";
    return { url, method: "POST", headers, body: JSON.stringify(Object.fromEntries(pairs)), secrets };
  }
  headers["content-type"] = "application/x-www-form-urlencoded";
  return {
    url,
    method: "POST",
    headers,
    body: new URLSearchParams(pairs.map((pair) => [...pair])).toString(),
    secrets,
  };
}

/** What belongs to this one sign-in is never the data's to say. */
const guarded = new Set([
  "code",
  "code_verifier",
  "refresh_token",
  "client_id",
  "client_secret",
  "client_assertion",
  "redirect_uri",
]);

async function send(
  fetch: GuardedFetch,
  sent: Sent,
  signal: AbortSignal | undefined,
): Promise<{ status: number; text: string }> {
  const { url, method, headers, body } = sent;
  // A refresh token counts once: it is not sent down an old connection that the server may be closing.
  const response = await fetch(url, {
    method,
    headers: { ...headers, connection: "close" },
    body,
    signal,
    redirects: "refuse",
    maxBytes: 1_000_000,
    timeoutMs: tokenTimeoutMs,
  });
  // A redirect would carry the client's secret to another place, or let another place make the answer.
  if (response.status >= 300 && response.status < 400) throw new TokenRefusal("redirected", { kind: "passing" });
  const text = await response.text();
  if (response.status >= 500 || response.status === 429 || response.status === 408) {
    throw new TokenRefusal(`status_${response.status}`, { kind: "passing" });
  }
  return { status: response.status, text };
}

/** A server may repeat in its error what we sent: it must not reach a log or a person. */
function redact(body: Record<string, unknown>, secrets: string[]): Record<string, unknown> {
  if (typeof body["error_description"] !== "string") return body;
  const clean = secrets
    .filter((each) => each.length > 3)
    .reduce((text, each) => text.replaceAll(each, "[secret]"), body["error_description"]);
  return { ...body, error_description: clean };
}

function asRefusal(error: unknown): Error {
  if (error instanceof TokenRefusal) return error;
  if (error instanceof oauth.ResponseBodyError) {
    return new TokenRefusal(error.error, { description: error.error_description });
  }
  if (isProblem(error))
    return error.code === "input_invalid"
      ? error
      : new TokenRefusal(error.code, { kind: "passing", description: unreachable(error) });
  // An error of oauth4webapi may carry the answer as its cause: its code is all that leaves.
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    return new TokenRefusal("answer_unreadable", { kind: "passing" });
  }
  return error instanceof Error ? error : new TokenRefusal("answer_unreadable", { kind: "passing" });
}

const unreachable = (problem: Problem) => problem.message;
