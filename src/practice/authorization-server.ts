import type { IncomingMessage, ServerResponse } from "node:http";
import { InvalidTarget } from "oidc-provider/lib/helpers/errors.js";
import { Provider } from "oidc-provider/lib/provider.js";
import type { ClientMetadata } from "oidc-provider";
import type { Journal } from "./journal.ts";
import type { Derive } from "./keys.ts";
import { masked } from "./log.ts";
import type { PracticeLog } from "./log.ts";
import type { Person } from "./nouns.ts";
import { errorPage, pageHeaders } from "./pages.ts";
import { scopes } from "./sign-in.ts";
import { openTokenStore } from "./token-store.ts";

type Needs = {
  url: string;
  journal: Journal;
  derive: Derive;
  people: readonly Person[];
  clients: ClientMetadata[];
  accessTokenSeconds: number;
  log: PracticeLog;
  onFault(error: Error): void;
};

/** What is asked of a person: which client wants which scopes. */
export type Question = { clientName: string; scopes: string[] };

export type AuthorizationServer = {
  handle(request: IncomingMessage, response: ServerResponse): void;
  findAccessToken(
    token: string,
  ): Promise<{ personId: string; scopes: ReadonlySet<string>; clientId: string } | undefined>;
  /** The question this browser was sent to answer; undefined when it is over or was another browser's. */
  question(request: IncomingMessage, response: ServerResponse): Promise<Question | undefined>;
  /** Writes down the answer; the browser goes on at the returned address. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    answer: { personId: string; allow: boolean },
  ): Promise<string>;
};

const minute = 60;
const day = 24 * 60 * minute;

/** OAuth 2 and OpenID Connect with authorization code and PKCE, rotating refresh tokens, revocation and registration. */
export function createAuthorizationServer(needs: Needs): AuthorizationServer {
  const { url, derive, people, log } = needs;
  const scopeNames = Object.keys(scopes);
  const provider = new Provider(url, {
    adapter: openTokenStore(needs.journal, derive.clientSecret),
    clients: needs.clients,
    clientDefaults: { grant_types: ["authorization_code", "refresh_token"], id_token_signed_response_alg: "ES256" },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    clientBasedCORS: () => false,
    claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
    scopes: ["openid", "offline_access", ...scopeNames],
    cookies: { keys: [derive.cookieKey] },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    jwks: { keys: [derive.signingKey] },
    responseTypes: ["code"],
    pkce: { required: () => true },
    expiresWithSession: () => false,
    issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    // Each authorization is a grant of its own: what goes wrong with one connection leaves the others alone.
    loadExistingGrant: (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : ctx.oidc.provider.Grant.find(grantId);
    },
    async findAccount(_, id) {
      const person = people.find((known) => known.id === id);
      return person && { accountId: id, claims: async () => ({ sub: id, name: person.name, email: person.email }) };
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: { enabled: true, allowedPolicy: async (_, client, token) => token.clientId === client.clientId },
      registration: { enabled: true, ...registrationSecrets(derive) },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_, resource) => {
          if (resource !== `${url}/v1`) throw new InvalidTarget();
          return { scope: scopeNames.join(" "), accessTokenFormat: "opaque", accessTokenTTL: needs.accessTokenSeconds };
        },
      },
    },
    interactions: { url: (_, interaction) => `/oauth/interaction/${interaction.uid}` },
    routes: {
      authorization: "/oauth/authorize",
      token: "/oauth/token",
      revocation: "/oauth/revoke",
      registration: "/oauth/register",
      userinfo: "/oauth/userinfo",
      jwks: "/oauth/jwks",
    },
    discovery: { service_documentation: `${url}/docs/authentication` },
    ttl: {
      AccessToken: needs.accessTokenSeconds,
      AuthorizationCode: minute,
      IdToken: 10 * minute,
      Interaction: 10 * minute,
      Session: 10 * minute,
      RefreshToken: 30 * day,
      Grant: 365 * day,
    },
    renderError(ctx, { error, error_description }) {
      for (const [name, value] of Object.entries(pageHeaders)) ctx.set(name, value);
      ctx.body = errorPage(
        "This sign-in cannot go on",
        `${error_description ?? "The request is not well formed"} (${error}).`,
      );
    },
  });
  provider.on("server_error", (_, error) => needs.onFault(error));

  provider.use(async (ctx, next) => {
    // No sign-in carries over to the next authorization: who connects a second account is asked again who they are.
    const kept = ctx.req.headers.cookie?.split(/; */).filter((cookie) => !cookie.startsWith("_session"));
    if (kept) ctx.req.headers.cookie = kept.join("; ");
    await next();
    const { params, entities } = ctx.oidc ?? {};
    log.add({
      part: "authorization",
      method: ctx.method,
      path: ctx.path,
      query: masked(ctx.URL.searchParams, "authorization"),
      status: ctx.status,
      ...(typeof params?.["grant_type"] === "string" && { grantType: params["grant_type"] }),
      ...(entities?.Client && { clientId: entities.Client.clientId }),
    });
  });

  const handle = provider.callback();
  return {
    handle: (request, response) => void handle(request, response),
    async findAccessToken(value) {
      const token = await provider.AccessToken.find(value);
      if (!token?.clientId) return undefined;
      return { personId: token.accountId, scopes: token.scopes, clientId: token.clientId };
    },
    async question(request, response) {
      const asked = await provider.interactionDetails(request, response).catch(() => undefined);
      if (!asked) return undefined;
      const client = await provider.Client.find(String(asked.params["client_id"]));
      return {
        clientName: client?.clientName ?? client?.clientId ?? "An unnamed client",
        scopes: requested(asked.params),
      };
    },
    async answer(request, response, { personId, allow }) {
      if (!allow)
        return await provider.interactionResult(request, response, {
          error: "access_denied",
          error_description: "The person said no.",
        });
      const { params } = await provider.interactionDetails(request, response);
      const grant = new provider.Grant({ accountId: personId, clientId: String(params["client_id"]) });
      grant.addOIDCScope(requested(params).join(" "));
      for (const resource of [params["resource"]].flat())
        if (typeof resource === "string") grant.addResourceScope(resource, requested(params).join(" "));
      const grantId = await grant.save();
      return await provider.interactionResult(request, response, {
        login: { accountId: personId, remember: false },
        consent: { grantId },
      });
    },
  };
}

const requested = (params: Record<string, unknown>) =>
  String(params["scope"] ?? "")
    .split(" ")
    .filter(Boolean);

/** A registered client's secret follows from its id (see `keys.ts`), so the id is chosen first and remembered for one request. */
function registrationSecrets(derive: Derive) {
  const ids = new WeakMap<object, string>();
  return {
    idFactory(ctx: object) {
      const id = `client_${crypto.randomUUID()}`;
      ids.set(ctx, id);
      return id;
    },
    async secretFactory(ctx: object) {
      const id = ids.get(ctx);
      if (id === undefined) throw new Error("A client's secret was asked for before its id.");
      return derive.clientSecret(id);
    },
  };
}
