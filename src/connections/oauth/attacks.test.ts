import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeToken } from "../../contract/opaque-token.ts";
import { Secret } from "../../contract/secret.ts";
import { scratchDatabase } from "../../database/testing.ts";
import type { Database } from "../../database/database.ts";
import { openHouse, publicUrl } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { startOddServer } from "../testing/odd-server.ts";
import type { OddServer } from "../testing/odd-server.ts";
import { afterAll, beforeAll } from "vitest";

const mine = "the session of Ada's browser";
const client = (slug: string) => ({ clientId: `client of ${slug}`, clientSecret: new Secret("canary-client-secret") });
let database: Database;
let house: House;
let honest: OddServer;
let evil: OddServer;

beforeAll(async () => {
  database = await scratchDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  honest = await startOddServer();
  evil = await startOddServer();
  house = await openHouse({ database, platformClient: client });
  house.allow(honest.host);
  house.allow(evil.host);
});
afterEach(async () => {
  await house.connections.close();
  await honest.close();
  await evil.close();
});

const methodAt = (url: string, more = {}) => ({
  type: "oauth2",
  id: "browser",
  authorizationEndpoint: `${url}/authorize`,
  tokenEndpoint: `${url}/token`,
  scopes: ["read"],
  ...more,
});
const integrate = async (server: OddServer, slug: string, more = {}) =>
  (await house.integrate({ slug, auth: [methodAt(server.url, more)] })).id;
const begin = async (integrationId: string, o: { returnTo?: string; sessionToken?: string; in?: House } = {}) => {
  const at = o.in ?? house;
  const { url } = await at.connections.startOAuth(at.scope, {
    integrationId,
    methodId: "browser",
    sessionToken: "sessionToken" in o ? o.sessionToken : mine,
    returnTo: o.returnTo ?? "/done",
  });
  return new URL(url);
};
const redirectOf = async (url: URL) =>
  new URL((await fetch(url, { redirect: "manual" })).headers.get("location") ?? "").searchParams;
const finish = (parameters: URLSearchParams, slug: string, sessionToken: string | undefined = mine) =>
  house.connections.finishOAuth({ parameters, slug, sessionToken });
const invalid = { code: "oauth_state_invalid" };

describe("state", () => {
  it("refuses CSRF: an answer nobody asked for", async () => {
    await begin(await integrate(honest, "kanban"));
    for (const state of ["", "guess", makeToken("pbo", house.scope.tenantId).token]) {
      await expect(finish(new URLSearchParams({ code: "the code", state }), "kanban")).rejects.toMatchObject(invalid);
    }
    expect(honest.tokenRequests()).toBe(0);
  });

  it("refuses a replayed state, even when both answers arrive at once", async () => {
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban")));
    const both = await Promise.allSettled([finish(parameters, "kanban"), finish(parameters, "kanban")]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(finish(parameters, "kanban")).rejects.toMatchObject(invalid);
    expect(honest.tokenRequests()).toBe(1);
  });

  it("refuses a state after ten minutes", async () => {
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban")));
    house.pass(10 * 60_000);
    await expect(finish(parameters, "kanban")).rejects.toMatchObject(invalid);
  });

  it("refuses login CSRF: the attacker's answer brought to the victim's browser", async () => {
    const parameters = await redirectOf(
      await begin(await integrate(honest, "kanban"), { sessionToken: "the attacker's session" }),
    );
    await expect(finish(parameters, "kanban")).rejects.toMatchObject(invalid);
    await expect(finish(parameters, "kanban", undefined)).rejects.toMatchObject(invalid);
    // It was not spent by that: the one who asked may still finish.
    await expect(finish(parameters, "kanban", "the attacker's session")).resolves.toMatchObject({ scope: house.scope });
  });

  it("refuses the callback in another person's browser when it was started without a browser", async () => {
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban"), { sessionToken: undefined }));
    const other = { tenantId: house.scope.tenantId, personId: crypto.randomUUID() };
    for (const signedInAs of [undefined, other, { ...house.scope, tenantId: crypto.randomUUID() }]) {
      await expect(
        house.connections.finishOAuth({ parameters, slug: "kanban", sessionToken: mine, signedInAs }),
      ).rejects.toMatchObject(invalid);
    }
    await expect(
      house.connections.finishOAuth({ parameters, slug: "kanban", signedInAs: house.scope }),
    ).resolves.toMatchObject({ scope: house.scope });
  });

  it("refuses a cross-tenant state: a state counts in the tenant it names and no other", async () => {
    const stranger = await openHouse({ database, platformClient: client });
    const state = (await begin(await integrate(honest, "kanban"))).searchParams.get("state") ?? "";
    const [prefix, , random] = state.split("_");
    const forged = [
      prefix,
      Buffer.from(stranger.scope.tenantId.replaceAll("-", ""), "hex").toString("base64url"),
      random,
    ].join("_");
    await expect(finish(new URLSearchParams({ code: "the code", state: forged }), "kanban")).rejects.toMatchObject(
      invalid,
    );
    await stranger.connections.close();
  });

  it("refuses two states in one answer", async () => {
    const integrationId = await integrate(honest, "kanban");
    const parameters = await redirectOf(await begin(integrationId));
    parameters.append("state", (await begin(integrationId)).searchParams.get("state") ?? "");
    await expect(finish(parameters, "kanban")).rejects.toMatchObject(invalid);
  });

  it("holds no secret: neither the verifier nor where to return to can be read off it", async () => {
    const url = await begin(await integrate(honest, "kanban"));
    expect(url.searchParams.get("state")).toMatch(/^pbo_[\w-]{22}_[\w-]{43}$/);
    expect(url.href).not.toContain("canary-client-secret");
    expect([...url.searchParams.keys()].toSorted()).toEqual([
      "client_id",
      "code_challenge",
      "code_challenge_method",
      "redirect_uri",
      "response_type",
      "scope",
      "state",
    ]);
  });
});

describe("open redirect", () => {
  it.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/integrations/../..//evil.example",
    "javascript:alert(1)",
    "",
  ])("refuses to return to %j", async (returnTo) => {
    const integrationId = await integrate(honest, "kanban");
    await expect(begin(integrationId, { returnTo })).rejects.toMatchObject({ code: "input_invalid" });
  });
});

describe("mix-up", () => {
  it("refuses a code of one authorization server at the redirect URI of another", async () => {
    const evilId = await integrate(evil, "evil");
    await integrate(honest, "kanban");
    const { searchParams } = await begin(evilId);
    // The evil server sends the browser on to the honest one, with our client there and the state it was given.
    const fromHonest = new URLSearchParams({
      code: "a code of the honest server",
      state: searchParams.get("state") ?? "",
    });
    await expect(finish(fromHonest, "kanban")).rejects.toMatchObject(invalid);
    expect(evil.tokenRequests()).toBe(0);
  });

  it("gives each integration its own redirect URI", async () => {
    const uris = [await begin(await integrate(honest, "kanban")), await begin(await integrate(evil, "evil"))].map(
      (url) => url.searchParams.get("redirect_uri"),
    );
    expect(uris).toEqual([`${publicUrl}/oauth/callback/kanban`, `${publicUrl}/oauth/callback/evil`]);
  });

  it.each([
    ["another issuer", { iss: "https://evil.example" }],
    ["no issuer, although the server promised one", {}],
  ])("refuses an answer that names %s (RFC 9207)", async (_, iss) => {
    honest.on["/.well-known/oauth-authorization-server"] = () => ({
      body: {
        issuer: honest.url,
        authorization_endpoint: `${honest.url}/authorize`,
        token_endpoint: `${honest.url}/token`,
        response_types_supported: ["code"],
        authorization_response_iss_parameter_supported: true,
      },
    });
    const { id } = await house.integrate({
      slug: "kanban",
      auth: [{ type: "oauth2", id: "browser", issuer: honest.url, scopes: ["read"] }],
    });
    const parameters = await redirectOf(await begin(id));
    for (const [name, value] of Object.entries(iss)) parameters.set(name, value);
    await expect(finish(parameters, "kanban")).rejects.toThrow(
      "the answer came from another sign-in server than the one we asked",
    );
    expect(honest.tokenRequests()).toBe(0);
  });

  it("refuses metadata that names another issuer (RFC 8414 §3.3)", async () => {
    honest.on["/.well-known/oauth-authorization-server"] = () => ({
      body: { issuer: evil.url, authorization_endpoint: `${evil.url}/authorize`, token_endpoint: `${evil.url}/token` },
    });
    const { id } = await house.integrate({
      slug: "kanban",
      auth: [{ type: "oauth2", id: "browser", issuer: honest.url }],
    });
    await expect(begin(id)).rejects.toMatchObject({ code: "oauth_refused" });
  });
});

describe("a sign-in page", () => {
  it.each(["javascript:alert(1)//", "data:text/html,x", "file:///etc/passwd", "vscode://x/y"])(
    "that is no web address is not opened: %s",
    async (authorization_endpoint) => {
      honest.on["/.well-known/oauth-authorization-server"] = () => ({
        body: { issuer: honest.url, authorization_endpoint, token_endpoint: `${honest.url}/token` },
      });
      const { id } = await house.integrate({
        slug: "kanban",
        auth: [{ type: "oauth2", id: "browser", issuer: honest.url }],
      });
      await expect(begin(id)).rejects.toMatchObject({ code: "oauth_refused" });
    },
  );
});

describe("code", () => {
  it("refuses code injection: a stolen code does not fit the verifier of this sign-in", async () => {
    const challenges = new Map<string, string>();
    honest.on["/authorize"] = ({ query }) => {
      const code = `code for ${challenges.size}`;
      challenges.set(code, query.get("code_challenge") ?? "");
      const back = new URL(query.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({ code, state: query.get("state") ?? "" }).toString();
      return { status: 302, headers: { location: back.href } };
    };
    const issue = honest.on["/token"];
    honest.on["/token"] = async (asked) => {
      const sent = new URLSearchParams(asked.body);
      const digest = Buffer.from(
        await crypto.subtle.digest("SHA-256", Buffer.from(sent.get("code_verifier") ?? "")),
      ).toString("base64url");
      return digest === challenges.get(sent.get("code") ?? "") && issue
        ? issue(asked)
        : { status: 400, body: { error: "invalid_grant" } };
    };
    const integrationId = await integrate(honest, "kanban");
    const victim = await redirectOf(await begin(integrationId, { sessionToken: "the victim's session" }));
    const attacker = await redirectOf(await begin(integrationId));
    attacker.set("code", victim.get("code") ?? "");
    await expect(finish(attacker, "kanban")).rejects.toThrow(
      "the sign-in was used already or took too long. Start it again.",
    );
    await expect(finish(victim, "kanban", "the victim's session")).resolves.toMatchObject({
      connection: { slug: "kanban" },
    });
  });

  it("refuses a PKCE downgrade: neither parameters nor metadata of the server turn it off", async () => {
    const parameters = {
      code_challenge: "weak",
      code_challenge_method: "plain",
      state: "known",
      redirect_uri: "https://evil.example",
      client_id: "theirs",
    };
    const url = await begin(
      await integrate(honest, "kanban", {
        authorizationParameters: parameters,
        tokenParameters: { code_verifier: "weak", redirect_uri: "https://evil.example" },
      }),
    );
    expect(url.searchParams.get("code_challenge_method")).toBe("S256");
    expect(url.searchParams.get("code_challenge")).toMatch(/^[\w-]{43}$/);
    expect(url.searchParams.get("redirect_uri")).toBe(`${publicUrl}/oauth/callback/kanban`);
    await finish(await redirectOf(url), "kanban");
    const sent = new URLSearchParams(honest.asked.at(-1)?.body);
    expect(sent.get("code_verifier")).toMatch(/^[\w-]{43}$/);
    expect(sent.get("redirect_uri")).toBe(`${publicUrl}/oauth/callback/kanban`);
  });

  it("uses a verifier and a state of its own for each sign-in", async () => {
    const integrationId = await integrate(honest, "kanban");
    const urls = [await begin(integrationId), await begin(integrationId)];
    for (const name of ["state", "code_challenge"])
      expect(new Set(urls.map((url) => url.searchParams.get(name))).size).toBe(2);
  });

  it("refuses an answer with two codes", async () => {
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban")));
    parameters.append("code", "another");
    await expect(finish(parameters, "kanban")).rejects.toMatchObject({ code: "oauth_refused" });
  });
});

describe("server-side request forgery", () => {
  const inside = "http://169.254.169.254/latest/meta-data";
  it.each([
    ["a token endpoint inside", { tokenEndpoint: inside }],
    ["a token endpoint in disguise", { tokenEndpoint: "https://2852039166/token" }],
    ["a token endpoint by name", { tokenEndpoint: "https://localhost/token" }],
  ])("reaches no %s", async (_, more) => {
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban", more)));
    await expect(finish(parameters, "kanban")).rejects.toMatchObject({ code: "oauth_refused" });
  });

  it.each([
    ["issuer", { issuer: "https://127.0.0.1:1", authorizationEndpoint: undefined, tokenEndpoint: undefined }],
    ["resource", { resource: "http://[::1]:1/mcp", authorizationEndpoint: undefined, tokenEndpoint: undefined }],
  ])("discovers nothing at a private %s", async (_, more) => {
    await expect(begin(await integrate(honest, "kanban", more))).rejects.toMatchObject({
      code: expect.stringMatching(/^(address|scheme)_refused$/),
    });
  });

  it("registers nowhere inside, though the metadata says so", async () => {
    honest.on["/.well-known/oauth-authorization-server"] = () => ({
      body: {
        issuer: honest.url,
        authorization_endpoint: `${honest.url}/authorize`,
        token_endpoint: `${honest.url}/token`,
        registration_endpoint: inside,
      },
    });
    const alone = await openHouse({ database });
    alone.allow(honest.host);
    const { id } = await alone.integrate({
      slug: "kanban",
      auth: [{ type: "oauth2", id: "browser", issuer: honest.url }],
    });
    await expect(begin(id, { in: alone })).rejects.toMatchObject({ code: "scheme_refused" });
    await alone.connections.close();
  });

  it("revokes nowhere inside, and forgets the connection all the same", async () => {
    const { connection } = await finish(
      await redirectOf(await begin(await integrate(honest, "kanban", { revocationEndpoint: inside }))),
      "kanban",
    );
    await house.connections.disconnect(house.scope, connection.id);
    expect(await house.connections.list(house.scope)).toEqual([]);
  });

  it("sends the token to no identity address outside the declared hosts", async () => {
    const integrationId = await integrate(honest, "kanban", { identity: { url: `${evil.url}/me`, label: ["email"] } });
    const { connection } = await finish(await redirectOf(await begin(integrationId)), "kanban");
    expect(connection.label).toBe("kanban");
    expect(evil.asked).toEqual([]);
  });

  it("follows no redirect of the token endpoint, and takes no token out of one", async () => {
    honest.on["/token"] = () => ({
      status: 307,
      headers: { location: `${evil.url}/token` },
      body: { access_token: "bait", token_type: "bearer" },
    });
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban")));
    await expect(finish(parameters, "kanban")).rejects.toThrow(
      "its token endpoint sent us elsewhere, where we did not follow",
    );
    expect(evil.asked).toEqual([]);
  });

  it("follows no redirect of the token endpoint on the same host either", async () => {
    honest.on["/token"] = () => ({ status: 303, headers: { location: "/elsewhere" } });
    honest.on["/elsewhere"] = () => ({ body: { access_token: "bait", token_type: "bearer" } });
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban")));
    await expect(finish(parameters, "kanban")).rejects.toMatchObject({ code: "oauth_refused" });
    expect(honest.asked.some(({ path }) => path === "/elsewhere")).toBe(false);
  });

  it.each([
    "evil.example/",
    "evil.example#",
    "evil.example?",
    "a@evil.example",
    "x.evil.example:443/.",
    "..",
    "a\\b",
    "a.b",
  ])("lets the variable %j not change the host", async (subdomain) => {
    const { id } = await house.integrate({
      slug: "kanban",
      auth: [
        methodAt(honest.url, {
          tokenEndpoint: "https://{subdomain}.example.com/token",
          authorizationEndpoint: "https://{subdomain}.example.com/a",
          variables: [{ name: "subdomain" }],
        }),
      ],
    });
    const start = house.connections.startOAuth(house.scope, {
      integrationId: id,
      methodId: "browser",
      sessionToken: mine,
      returnTo: "/done",
      variables: { subdomain },
    });
    await expect(start).rejects.toMatchObject({ code: "input_invalid" });
  });

  it("takes no token endpoint from the redirect that does not fit its pattern", async () => {
    const more = {
      tokenEndpoint: "{accounts-server}/token",
      redirectMetadata: { "accounts-server": "accounts-server" },
      variables: [
        { name: "accounts-server", from: "redirect", pattern: String.raw`https://accounts\.example\.(com|eu)` },
      ],
    };
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban", more)));
    parameters.set("accounts-server", evil.url);
    await expect(finish(parameters, "kanban")).rejects.toThrow("the address of its token endpoint is not complete");
    expect(evil.asked).toEqual([]);
  });

  it("takes no token endpoint from the redirect that has no pattern at all", async () => {
    const more = { tokenEndpoint: "https://{region}/token", redirectMetadata: { region: "region" } };
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban", more)));
    parameters.set("region", evil.host);
    await expect(finish(parameters, "kanban")).rejects.toMatchObject({ code: "input_invalid" });
    expect(evil.asked).toEqual([]);
  });
});

describe("a later version of an integration", () => {
  it("cannot send the refresh token to another server", async () => {
    const { connection } = await finish(await redirectOf(await begin(await integrate(honest, "kanban"))), "kanban");
    await integrate(evil, "kanban");
    house.pass(3_600_000);
    await expect(house.connections.authorize(house.scope, connection.id)).rejects.toMatchObject({
      code: "sign_in_ended",
    });
    expect(evil.asked).toEqual([]);
  });

  it("cannot send the secret of an OAuth client to another server", async () => {
    const own = await openHouse({ database });
    own.allow(evil.host);
    await own.integrate({ slug: "kanban", auth: [methodAt(honest.url)] });
    await own.connections.clients.save(own.scope, {
      slug: "kanban",
      clientId: "ours",
      clientSecret: new Secret("canary"),
    });
    const { id } = await own.integrate({ slug: "kanban", auth: [methodAt(evil.url)] });
    await expect(begin(id, { in: own })).rejects.toMatchObject({ code: "oauth_client_missing" });
    await own.connections.close();
  });
});

describe("the platform's client", () => {
  const canary = "canaryplatformsecret";
  const withHosts = (hosts: string[]) =>
    openHouse({ database, platformClient: () => ({ clientId: "platform", clientSecret: new Secret(canary), hosts }) });
  const all = (server: OddServer) => JSON.stringify(server.asked.map((one) => [one.headers, one.body, `${one.query}`]));
  const plain = (text: string) =>
    text +
    [...text.matchAll(/basic ([\w+/=]+)/gi)].map(([, code = ""]) => Buffer.from(code, "base64").toString()).join();

  it.each(["tokenEndpoint", "refreshEndpoint", "revocationEndpoint", "deviceAuthorizationEndpoint"])(
    "cannot be taken to a tenant's own %s by the name of a known service",
    async (endpoint) => {
      const victim = await withHosts([honest.host]);
      for (const host of [honest.host, evil.host]) victim.allow(host);
      const auth = [{ ...methodAt(honest.url), [endpoint]: `${evil.url}/token` }];
      const { id: integrationId } = await victim.integrate({ slug: "github", auth });
      const [way] = (await victim.connections.signInCard(victim.scope, integrationId)).methods;
      expect(way?.available).toBe(false);
      await expect(begin(integrationId, { in: victim })).rejects.toMatchObject({ code: "oauth_client_missing" });
      await victim.connections.close();
    },
  );

  it("cannot be taken to another host by a blank in the address, nor in the headers of requests", async () => {
    const victim = await withHosts([honest.host, "*.example.com"]);
    for (const host of [honest.host, evil.host]) victim.allow(host);
    const variables = [{ name: "host", pattern: ".*" }];
    const blank = await victim.integrate({
      slug: "github",
      auth: [{ ...methodAt(honest.url), tokenEndpoint: "{host}/token", variables }],
    });
    await expect(
      victim.connections.startOAuth(victim.scope, {
        integrationId: blank.id,
        methodId: "browser",
        variables: { host: evil.url },
        sessionToken: mine,
        returnTo: "/done",
      }),
    ).rejects.toMatchObject({ code: "oauth_client_missing" });

    const stealing = await victim.integrate({
      slug: "gitlab",
      baseUrl: evil.url,
      hosts: [evil.host],
      auth: [
        methodAt(honest.url, {
          requestHeaders: { "X-Client": "{client_secret}" },
          identity: { url: `${evil.url}/me`, label: ["email"] },
        }),
      ],
    });
    const parameters = await redirectOf(await begin(stealing.id, { in: victim }));
    const { connection } = await victim.connections.finishOAuth({ parameters, slug: "gitlab", sessionToken: mine });
    const { placements } = await victim.connections.authorize(victim.scope, connection.id);
    expect(placements.map(({ secret }) => secret.reveal())).not.toContain(canary);
    expect(plain(all(honest))).toContain(canary);
    expect(evil.asked.length).toBeGreaterThan(0);
    expect(plain(all(evil))).not.toContain(canary);
    await victim.connections.close();
  });
});

describe("what is told", () => {
  it("keeps tokens, codes and secrets out of problems and the log, although the server repeats them", async () => {
    honest.on["/token"] = ({ body, headers }) => ({
      status: 400,
      body: {
        error: "invalid_request",
        error_description: `you sent ${body} ${headers["authorization"]} canary-client-secret`,
        access_token: "canary-token",
      },
    });
    const parameters = await redirectOf(
      await begin(await integrate(honest, "kanban", { clientAuthentication: "client_secret_post" })),
    );
    parameters.set("code", "canary-code");
    const problem: unknown = await finish(parameters, "kanban").catch((error: unknown) => error);
    const all = `${JSON.stringify(problem)} ${(problem as Error).message} ${(problem as Error).stack} ${String((problem as Error).cause)} ${house.lines.join("\n")}`;
    expect(problem).toMatchObject({ code: "oauth_refused" });
    expect(all).not.toMatch(/canary/);
  });

  it("writes nothing of a stranger's on our page", async () => {
    const parameters = await redirectOf(await begin(await integrate(honest, "kanban")));
    parameters.delete("code");
    parameters.set("error", "<script>alert(1)</script>");
    parameters.set("error_description", "call +1 555 0100 to fix your account");
    const problem: unknown = await finish(parameters, "kanban").catch((error: unknown) => error);
    expect((problem as Error).message).not.toMatch(/[<>]|555/);
  });
});
