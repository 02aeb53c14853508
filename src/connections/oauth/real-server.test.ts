import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../contract/problem.ts";
import { Secret } from "../../contract/secret.ts";
import { openAsBrowser } from "../testing/browser.ts";
import { openHouse, publicUrl } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { startRealServer } from "../testing/real-server.ts";
import type { RealServer } from "../testing/real-server.ts";

const redirectUri = `${publicUrl}/oauth/callback/kanban`;
const sessionToken = "the session of Ada's browser";
let server: RealServer;
let house: House;
let integrationId: string;

beforeAll(async () => {
  server = await startRealServer({
    clients: [
      {
        client_id: "ours",
        client_secret: "a b+c/%:&=~ secret",
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code", "refresh_token"],
        token_endpoint_auth_method: "client_secret_basic",
      },
      {
        client_id: "machine",
        client_secret: "machine secret",
        redirect_uris: [],
        response_types: [],
        grant_types: ["client_credentials"],
        token_endpoint_auth_method: "client_secret_post",
      },
      {
        client_id: "terminal",
        redirect_uris: [],
        response_types: [],
        grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        token_endpoint_auth_method: "none",
      },
    ],
  });
  house = await openHouse({
    platformClient: (slug) => {
      if (slug === "kanban") return { clientId: "ours", clientSecret: new Secret("a b+c/%:&=~ secret") };
      return slug === "terminal" ? { clientId: "terminal" } : undefined;
    },
  });
  house.allow(server.host);
  const base = { baseUrl: `${server.issuer}/v1`, hosts: [server.host] };
  const oauth2 = {
    type: "oauth2",
    issuer: server.issuer,
    scopes: ["openid", "email", "offline_access", "boards:read"],
    authorizationParameters: { prompt: "consent" },
  };
  const identity = { url: `${server.issuer}/me`, label: ["email"], id: "sub" };
  integrationId = (await house.integrate({ ...base, slug: "kanban", auth: [{ ...oauth2, id: "browser", identity }] }))
    .id;
  await house.integrate({ ...base, slug: "itself", auth: [{ ...oauth2, id: "browser" }] });
});

afterAll(async () => {
  await house.connections.close();
  await house.database.close();
  await server.close();
});

async function signIn(o: { integrationId?: string; connectionId?: string } = {}) {
  const { url } = await house.connections.startOAuth(house.scope, {
    integrationId,
    methodId: "browser",
    sessionToken,
    returnTo: "/done",
    cardId: "card-1",
    ...o,
  });
  const { parameters, slug } = await openAsBrowser(url);
  return house.connections.finishOAuth({ parameters, slug, sessionToken });
}

const bearer = async (connectionId: string, o = {}) => {
  const { placements } = await house.connections.authorize(house.scope, connectionId, o);
  return placements[0]?.secret.reveal() ?? "";
};
const asks = () => server.requests.filter((line) => line === "POST /token").length;
const isAlive = async (token: string) =>
  (await fetch(server.api, { headers: { authorization: `Bearer ${token}` } })).status === 200;

describe("against a real authorization server", () => {
  it("signs in by discovery, code and PKCE, and names the account", async () => {
    const { connection, returnTo, cardId, scope } = await signIn();
    expect({ returnTo, cardId, scope }).toEqual({ returnTo: "/done", cardId: "card-1", scope: house.scope });
    expect(connection).toMatchObject({
      slug: "kanban",
      label: "ada@example.com",
      status: "pending",
      isDefault: true,
      metadata: { account_id: "ada" },
    });
    expect(connection.scopes).toContain("boards:read");
    expect(await isAlive(await bearer(connection.id))).toBe(true);
  });

  it("keeps one connection when the same account signs in twice", async () => {
    const first = await signIn();
    const second = await signIn();
    expect(second.connection.id).toBe(first.connection.id);
    expect(await house.connections.list(house.scope, integrationId)).toHaveLength(1);
  });

  it("answers from memory while the token lives, and renews it with the rotated refresh token each time it ends", async () => {
    const { connection } = await signIn();
    const first = await bearer(connection.id);
    const before = asks();
    expect(await bearer(connection.id)).toBe(first);
    expect(asks()).toBe(before);
    for (let turn = 1; turn <= 3; turn += 1) {
      house.pass(61_000);
      const next = await bearer(connection.id);
      expect(next).not.toBe(first);
      expect(await isAlive(next)).toBe(true);
      expect(asks()).toBe(before + turn);
    }
  });

  it("renews once for a service that refused, and not again for a refusal of the old token", async () => {
    const { connection } = await signIn();
    const { version } = await house.connections.authorize(house.scope, connection.id);
    const before = asks();
    const again = await house.connections.authorize(house.scope, connection.id, { refused: true, version });
    const late = await house.connections.authorize(house.scope, connection.id, { refused: true, version });
    expect(asks()).toBe(before + 1);
    expect(late.version).toBe(again.version);
  });

  it("asks to sign in again when the service has ended the grant, tells the person, and asks no more", async () => {
    const { connection } = await signIn();
    const token = await bearer(connection.id);
    await fetch(`${server.issuer}/token/revocation`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa(`ours:${encodeURIComponent("a b+c/%:&=~ secret").replaceAll("%20", "+").replaceAll("~", "%7E")}`)}`,
      },
      body: new URLSearchParams({ token }),
    });
    // Revoking the access token ends the whole grant at this server.
    house.pass(61_000);
    await expect(bearer(connection.id)).rejects.toMatchObject({ code: "sign_in_ended" });
    expect(await house.connections.get(house.scope, connection.id)).toMatchObject({ status: "sign_in_again" });
    expect(house.ended.at(-1)).toMatchObject({ id: connection.id, status: "sign_in_again" });
    const before = asks();
    await expect(bearer(connection.id)).rejects.toMatchObject({ code: "sign_in_ended" });
    expect(asks()).toBe(before);

    const { connection: back } = await signIn({ connectionId: connection.id });
    expect(back).toMatchObject({ id: connection.id, status: "pending" });
    expect(await isAlive(await bearer(back.id))).toBe(true);
  });

  it("revokes at the service before it forgets", async () => {
    const { connection } = await signIn();
    const token = await bearer(connection.id);
    await house.connections.disconnect(house.scope, connection.id);
    expect(await isAlive(token)).toBe(false);
    await expect(house.connections.get(house.scope, connection.id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("registers itself where the service offers it, once, and signs in with what it got", async () => {
    const itself = (await house.connections.availability(house.scope)).find(({ slug }) => slug === "itself");
    expect(itself).toMatchObject({ available: true, redirectUri: `${publicUrl}/oauth/callback/itself` });
    const integration = await house.integrate({
      slug: "itself-2",
      hosts: [server.host],
      baseUrl: server.issuer,
      auth: [{ type: "oauth2", id: "browser", issuer: server.issuer, scopes: ["openid", "email"] }],
    });
    const registrations = () => server.requests.filter((line) => line === "POST /reg").length;
    const before = registrations();
    const { connection } = await signIn({ integrationId: integration.id });
    await signIn({ integrationId: integration.id });
    expect(registrations()).toBe(before + 1);
    expect(connection.label).toBe("ada@example.com");
    expect(await house.connections.clients.list(house.scope)).toMatchObject([
      { slug: "itself-2", registered: "dynamic" },
    ]);
  });

  it("mints a token for a client that signs in by client credentials, and mints anew instead of refreshing", async () => {
    const machine = await house.integrate({
      slug: "machine",
      hosts: [server.host],
      baseUrl: server.issuer,
      auth: [
        {
          type: "oauth2",
          grant: "client_credentials",
          id: "client",
          issuer: server.issuer,
          clientAuthentication: "client_secret_post",
        },
      ],
    });
    const secrets = { client_id: new Secret("machine"), client_secret: new Secret("machine secret") };
    const connection = await house.connections.connectWithSecrets(house.scope, {
      integrationId: machine.id,
      methodId: "client",
      secrets,
    });
    const first = await bearer(connection.id);
    house.pass(61_000);
    expect(await bearer(connection.id)).not.toBe(first);

    const wrong = { ...secrets, client_secret: new Secret("wrong") };
    await expect(
      house.connections.connectWithSecrets(house.scope, {
        integrationId: machine.id,
        methodId: "client",
        secrets: wrong,
      }),
    ).rejects.toThrow(
      "machine did not complete the sign-in: it does not accept the id and secret of the OAuth client. Enter them again, without blanks around them.",
    );
  });

  it("signs in by a code typed on another device", async () => {
    const terminal = await house.integrate({
      slug: "terminal",
      hosts: [server.host],
      baseUrl: server.issuer,
      auth: [
        {
          type: "oauth2",
          grant: "device_code",
          id: "device",
          issuer: server.issuer,
          scopes: ["openid", "email", "offline_access"],
        },
      ],
    });
    const device = await house.connections.startDevice(house.scope, { integrationId: terminal.id, methodId: "device" });
    expect(device.verificationUri).toBe(`${server.issuer}/device`);
    await server.approveDevice(device.userCode);
    const connection = await device.finish(AbortSignal.timeout(20_000));
    expect(connection).toMatchObject({ slug: "terminal", label: "ada@example.com" });
  });
});

describe("what a person is told", () => {
  it("when they say no", async () => {
    server.consent = "deny";
    const failed = await signIn().catch((error: unknown) => error);
    server.consent = "allow";
    expect(failed).toMatchObject({
      code: "oauth_refused",
      message:
        "kanban did not complete the sign-in: you or an administrator said no. Start again and allow the access, or ask your administrator.",
    });
    expect(house.connections.failedSignIn(failed)).toMatchObject({
      cardId: "card-1",
      returnTo: "/done",
      scope: house.scope,
    });
  });

  it("when there is no client: the redirect URI to register", async () => {
    const bare = await house.integrate({
      slug: "bare",
      auth: [
        {
          type: "oauth2",
          id: "browser",
          authorizationEndpoint: "https://example.com/a",
          tokenEndpoint: "https://example.com/t",
        },
      ],
    });
    const start = house.connections.startOAuth(house.scope, {
      integrationId: bare.id,
      methodId: "browser",
      returnTo: "/done",
    });
    await expect(start).rejects.toEqual(
      new Problem("oauth_client_missing", { integration: "bare", redirectUri: `${publicUrl}/oauth/callback/bare` }),
    );
    await expect(house.connections.signInCard(house.scope, bare.id)).resolves.toMatchObject({
      methods: [{ available: false, redirectUri: `${publicUrl}/oauth/callback/bare` }],
    });
  });
});
