import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../contract/connection.ts";
import { Secret } from "../../contract/secret.ts";
import type { Integration } from "../../contract/integration.ts";
import { withinTenant } from "../../database/database.ts";
import { customIntegrationCredential } from "../../database/tables.ts";
import { openAsBrowser } from "../testing/browser.ts";
import { openHouse } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { startOddServer } from "../testing/odd-server.ts";
import type { Asked, OddServer } from "../testing/odd-server.ts";

const secret = " +/%25:&=~";
const pem = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
let house: House;
let server: OddServer;
let count = 0;

beforeAll(async () => {
  house = await openHouse({
    platformClient: (slug) => ({
      clientId: "id of ours",
      clientSecret: slug.startsWith("public") ? undefined : new Secret(slug.startsWith("signed") ? pem : secret),
    }),
  });
  return async () => {
    await house.connections.close();
    await house.database.close();
  };
});
beforeEach(async () => {
  server = await startOddServer();
  house.allow(server.host);
});
afterEach(() => server.close());

async function integrate(quirks: object, o: { kind?: string; more?: object } = {}): Promise<Integration> {
  count += 1;
  const method = {
    type: "oauth2",
    id: "way",
    authorizationEndpoint: `${server.url}/authorize`,
    tokenEndpoint: `${server.url}/token`,
    scopes: ["read", "write"],
    ...quirks,
  };
  return house.integrate({
    slug: `${o.kind ?? "service"}-${count}`,
    baseUrl: server.url,
    hosts: [server.host],
    auth: [method],
    ...o.more,
  });
}

async function signIn(
  quirks: object,
  o: { kind?: string; more?: object; variables?: Record<string, string> } = {},
): Promise<Connection> {
  const { id: integrationId } = await integrate(quirks, o);
  const { url } = await house.connections.startOAuth(house.scope, {
    integrationId,
    methodId: "way",
    sessionToken: "s",
    returnTo: "/done",
    variables: o.variables,
  });
  const { parameters, slug } = await openAsBrowser(url);
  return (await house.connections.finishOAuth({ parameters, slug, sessionToken: "s" })).connection;
}

const authorize = (connection: Connection) => house.connections.authorize(house.scope, connection.id);
const tokenRequests = () => server.asked.filter(({ path }) => path.startsWith("/token"));
const sentAs = ({ body, headers, query }: Asked): Record<string, unknown> => {
  if (headers["content-type"]?.startsWith("application/json")) return JSON.parse(body) as Record<string, unknown>;
  return { ...Object.fromEntries(query), ...Object.fromEntries(new URLSearchParams(body)) };
};
const last = () =>
  tokenRequests().at(-1) ?? { method: "", path: "", query: new URLSearchParams(), headers: {}, body: "" };
const encoded = (text: string) => new URLSearchParams({ a: text }).toString().slice(2);

describe("client authentication", () => {
  it("is Basic where nobody said otherwise, with id and secret encoded as RFC 6749 §2.3.1 wants", async () => {
    await signIn({});
    const [, plain = ""] = (last().headers["authorization"] ?? "").split(" ");
    expect(Buffer.from(plain, "base64").toString("utf8")).toBe(`${encoded("id of ours")}:${encoded(secret)}`);
    expect(sentAs(last())).not.toHaveProperty("client_secret");
  });

  it("stands in the body where the data says so", async () => {
    await signIn({ clientAuthentication: "client_secret_post" });
    expect(last().headers["authorization"]).toBeUndefined();
    expect(sentAs(last())).toMatchObject({ client_id: "id of ours", client_secret: secret });
  });

  it("is the id alone for a public client", async () => {
    await signIn({}, { kind: "public" });
    expect(sentAs(last())).toMatchObject({ client_id: "id of ours" });
    expect(last().headers["authorization"]).toBeUndefined();
  });

  it("is a signed assertion made for the token endpoint (private_key_jwt)", async () => {
    await signIn({ clientAuthentication: "private_key_jwt" }, { kind: "signed" });
    const { client_assertion: assertion = "" } = sentAs(last());
    const claims: unknown = JSON.parse(
      Buffer.from(String(assertion).split(".")[1] ?? "", "base64url").toString("utf8"),
    );
    expect(claims).toMatchObject({ iss: "id of ours", sub: "id of ours", aud: `${server.url}/token` });
  });
});

describe("token requests", () => {
  it("carry extra parameters, headers and other names, and leave out what the service does not want", async () => {
    await signIn(
      {
        clientAuthentication: "client_secret_post",
        tokenParameters: { context: "stores/{store}", absent: "{unknown}" },
        tokenRequestHeaders: { accept: "application/vnd.example+json", "x-version": "2" },
        renameToken: { client_id: "client_key", redirect_uri: "" },
        variables: [{ name: "store" }],
      },
      { variables: { store: "acme" } },
    );
    expect(sentAs(last())).toMatchObject({
      context: "stores/acme",
      client_key: "id of ours",
      code: "the code",
      grant_type: "authorization_code",
    });
    for (const name of ["client_id", "redirect_uri", "absent"]) expect(sentAs(last())).not.toHaveProperty(name);
    expect(last().headers).toMatchObject({ accept: "application/vnd.example+json", "x-version": "2" });
  });

  it.each([
    ["JSON", { tokenRequestFormat: "json" }, "POST", "application/json"],
    ["the query", { tokenRequestFormat: "query" }, "POST", undefined],
    ["GET", { tokenRequestMethod: "GET" }, "GET", undefined],
  ])("go as %s where the data says so", async (_, quirks, method, contentType) => {
    await signIn({ ...quirks, clientAuthentication: "client_secret_post" });
    expect(last()).toMatchObject({ method });
    expect(last().headers["content-type"]).toBe(contentType);
    expect(sentAs(last())).toMatchObject({ code: "the code", client_secret: secret });
  });

  it("send no verifier where PKCE is off, and the plain one where it is plain", async () => {
    await signIn({ pkce: "none" });
    expect(sentAs(last())).not.toHaveProperty("code_verifier");
    await signIn({ pkce: "plain" });
    const challenge = server.asked.findLast(({ path }) => path === "/authorize")?.query.get("code_challenge");
    expect(sentAs(last())["code_verifier"]).toBe(challenge);
  });
});

describe("redirects", () => {
  it("may name code and state otherwise, and bring facts that later addresses need", async () => {
    server.on["/authorize"] = ({ query }) => {
      const back = new URL(query.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({
        oauth_code: "c+/=",
        payload: query.get("state") ?? "",
        realmId: "123",
      }).toString();
      return { status: 302, headers: { location: back.href } };
    };
    const connection = await signIn(
      { codeParameter: "oauth_code", stateParameter: "payload", redirectMetadata: { realmId: "realmId" } },
      { more: { baseUrl: `${server.url}/company/{realmId}` } },
    );
    expect(sentAs(last())).toMatchObject({ code: "c+/=" });
    expect(await house.connections.describe(house.scope, connection.id)).toMatchObject({
      baseUrl: `${server.url}/company/123`,
    });
  });

  it("may come with an id_token beside the code (hybrid flow)", async () => {
    server.on["/authorize"] = ({ query }) => {
      const back = new URL(query.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({
        code: "c",
        state: query.get("state") ?? "",
        id_token: "a.b.c",
        session_state: "x",
      }).toString();
      return { status: 302, headers: { location: back.href } };
    };
    expect(
      await signIn({
        authorizationParameters: { response_type: "code id_token", response_mode: "query", nonce: "{random}" },
      }),
    ).toMatchObject({ status: "pending" });
  });
});

describe("token answers", () => {
  it("may be nested and name the account's own address", async () => {
    server.on["/token"] = () => ({
      body: { ok: true, authed_user: { access_token: "inside", scope: "a,b" }, team: { url: `${server.url}/team` } },
    });
    const connection = await signIn(
      { tokenPath: "authed_user", tokenMetadata: { team_url: "team.url" } },
      { more: { baseUrl: "{team_url}/api", hosts: ["{team_url}"] } },
    );
    expect(connection).toMatchObject({ scopes: ["a", "b"], expiresAt: null });
    expect((await authorize(connection)).placements[0]?.secret.reveal()).toBe("inside");
    expect(await house.connections.describe(house.scope, connection.id)).toMatchObject({
      baseUrl: `${server.url}/team/api`,
      hosts: [server.host],
    });
  });

  it("may name the account in an id_token, which only labels it", async () => {
    const claims = Buffer.from(JSON.stringify({ email: "ada@example.com" })).toString("base64url");
    server.on["/token"] = () => ({ body: { access_token: "a", id_token: `e30.${claims}.x` } });
    expect(await signIn({})).toMatchObject({ label: "ada@example.com" });
  });

  it("may say what was granted; where they do not, what was asked for counts", async () => {
    server.on["/token"] = () => ({ body: { access_token: "a" } });
    expect(await signIn({ scopeSeparator: "," })).toMatchObject({ scopes: ["read", "write"] });
  });

  it("may be asked to name the account by POST, with the token in a header of its own", async () => {
    server.on["/me"] = ({ method, body, headers }) => ({
      body: {
        data: { viewer: { email: `${method} ${headers["x-auth"]} ${(JSON.parse(body) as { query: string }).query}` } },
      },
    });
    const identity = {
      url: `${server.url}/me`,
      method: "POST",
      body: '{"query":"{viewer{email}}"}',
      label: ["data.viewer.email"],
    };
    expect(await signIn({ identity, place: { in: "header", name: "X-Auth" } })).toMatchObject({
      label: "POST access-1 {viewer{email}}",
    });
  });
});

describe("renewing", () => {
  it("goes to an address of its own, with parameters of its own, and names the scopes only where told", async () => {
    server.on["/token/refresh"] = () => ({ body: { access_token: "again", expires_in: 3600 } });
    const connection = await signIn({
      refreshEndpoint: `${server.url}/token/refresh?refresh`,
      refreshParameters: { grant_type: "refresh", type: "web" },
      renameRefresh: { refresh_token: "token" },
      scopeOnRefresh: true,
      scopeSeparator: ",",
    });
    house.pass(3_600_000);
    expect((await authorize(connection)).placements[0]?.secret.reveal()).toBe("again");
    expect(sentAs(last())).toMatchObject({
      refresh: "",
      grant_type: "refresh",
      type: "web",
      token: "refresh-1",
      scope: "read,write",
    });

    const plain = await signIn({});
    house.pass(3_600_000);
    await authorize(plain);
    expect(sentAs(last())).not.toHaveProperty("scope");
  });

  it("waits until shortly before the end where a service refuses to do it earlier", async () => {
    const connection = await signIn({ refreshAhead: 30 });
    house.pass(3_600_000 - 60_000);
    await authorize(connection);
    expect(tokenRequests()).toHaveLength(1);
    house.pass(45_000);
    await authorize(connection);
    expect(tokenRequests()).toHaveLength(2);
  });

  it("takes the lifetime the data tells where the service never does", async () => {
    server.on["/token"] = () => ({ body: { access_token: `untold-${tokenRequests().length}`, refresh_token: "r" } });
    const connection = await signIn({ defaultLifetime: 600 });
    house.pass(599_000);
    expect((await authorize(connection)).placements[0]?.secret.reveal()).toBe("untold-2");
  });

  it("works well with tokens that live a minute: used most of it, renewed before the end", async () => {
    server.on["/token"] = () => ({
      body: { access_token: `short-${tokenRequests().length}`, refresh_token: "r", expires_in: 60 },
    });
    const connection = await signIn({});
    house.pass(50_000);
    expect((await authorize(connection)).placements[0]?.secret.reveal()).toBe("short-1");
    house.pass(5_000);
    expect((await authorize(connection)).placements[0]?.secret.reveal()).toBe("short-2");
  });

  it("asks the person where a token ended and nothing came to renew it with", async () => {
    server.on["/token"] = () => ({ body: { access_token: "only", expires_in: 60 } });
    const connection = await signIn({});
    await authorize(connection);
    house.pass(61_000);
    await expect(authorize(connection)).rejects.toMatchObject({ code: "sign_in_ended" });
    expect(house.ended.at(-1)).toMatchObject({ id: connection.id });
  });

  it("renews idle connections, and one that fails harms no other", async () => {
    const first = await signIn({});
    const second = await signIn({});
    for (const { id } of [first, second]) await house.connections.proven(house.scope, id);
    await withinTenant(house.database, house.scope.tenantId, (tx) =>
      tx.update(customIntegrationCredential).set({ expiresAt: new Date(Date.now() - 8 * 86_400_000) }),
    );
    const seen: string[] = [];
    server.on["/token"] = ({ body }) => {
      seen.push(new URLSearchParams(body).get("refresh_token") ?? "");
      return seen.length === 1 ? { status: 500, text: "" } : { body: { access_token: "a", expires_in: 60 } };
    };
    expect(await house.connections.renewIdle(house.scope.tenantId)).toBe(1);
    expect(seen).toHaveLength(2);
  });
});

describe("client credentials", () => {
  it("take the grant type the data names, and mint anew with the same request", async () => {
    const { id: integrationId } = await integrate({
      grant: "client_credentials",
      tokenParameters: { grant_type: "account_credentials", account_id: "{account}" },
      audience: "https://api.example.com",
      variables: [{ name: "account" }],
    });
    const secrets = { client_id: new Secret("typed"), client_secret: new Secret(secret) };
    const connection = await house.connections.connectWithSecrets(house.scope, {
      integrationId,
      methodId: "way",
      secrets,
      variables: { account: "7" },
    });
    house.pass(3_600_000);
    await authorize(connection);
    const [first, second] = tokenRequests().map(sentAs);
    expect(first).toEqual({
      grant_type: "account_credentials",
      account_id: "7",
      scope: "read write",
      audience: "https://api.example.com",
    });
    expect(second).toEqual(first);
  });
});

describe("revoking", () => {
  it.each([
    ["RFC 7009", {}, ["POST", { token: "refresh-1", token_type_hint: "refresh_token" }]],
    [
      "another field, as JSON, with the client in the address",
      {
        revocationEndpoint: "/apps/{client_id}/grant",
        revocation: { method: "DELETE", tokenField: "access_token", format: "json", token: "access_token" },
      },
      ["DELETE", { access_token: "access-1" }],
    ],
    [
      "the query, shown by the token itself",
      { revocation: { method: "GET", token: "access_token", authentication: "access_token" } },
      ["GET", { token: "access-1" }],
    ],
  ])("follows %s", async (_, quirks, [method, sent]) => {
    const { revocationEndpoint = "/revoke", ...rest } = quirks as { revocationEndpoint?: string };
    const connection = await signIn({ ...rest, revocationEndpoint: `${server.url}${revocationEndpoint}` });
    await house.connections.disconnect(house.scope, connection.id);
    const asked = server.asked.find(({ path }) => path === "/revoke" || path.startsWith("/apps/id%20of%20ours/"));
    expect(asked).toMatchObject({ method });
    expect(asked && sentAs(asked)).toMatchObject(sent as object);
  });
});
