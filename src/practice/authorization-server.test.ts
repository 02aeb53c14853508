import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { consentLikeABrowser } from "./consent.ts";
import { startPractice } from "./start.ts";
import type { PracticeService } from "./start.ts";

const redirectUri = "http://127.0.0.1:4321/oauth/callback";
let service: PracticeService;
beforeAll(async () => void (service = await startPractice({ redirectUris: ["http://127.0.0.1/oauth/callback"] })));
afterAll(() => service.close());

const TokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.number(),
  refresh_token: z.string(),
  scope: z.string(),
  id_token: z.string().optional(),
});
type Client = { clientId: string; clientSecret?: string };

function begin(client: Client, { scope = "boards:read boards:write", ...more }: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString("base64url");
  const parameters = {
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: redirectUri,
    state: "state-7",
    scope,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...more,
  };
  return { verifier, url: `${service.issuer}/oauth/authorize?${new URLSearchParams(parameters)}` };
}

function tokenRequest({ clientId, clientSecret }: Client, form: Record<string, string>, path = "token") {
  const headers = { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` };
  return fetch(`${service.issuer}/oauth/${path}`, {
    method: "POST",
    ...(clientSecret !== undefined && { headers }),
    body: new URLSearchParams({ ...form, ...(clientSecret === undefined && { client_id: clientId }) }),
  });
}

async function signIn(
  client: Client,
  { person = "ana" as "ana" | "ben", ...more }: Record<string, string> & { person?: "ana" | "ben" } = {},
) {
  const { verifier, url } = begin(client, more);
  const code = new URL(await consentLikeABrowser(url, { person, allow: true })).searchParams.get("code") ?? "";
  const trade = (changed: Record<string, string> = {}) =>
    tokenRequest(client, {
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...changed,
    });
  return { code, trade };
}

const connect = async (...args: Parameters<typeof signIn>) =>
  TokenAnswer.parse(await (await (await signIn(...args)).trade()).json());
const refresh = (client: Client, refresh_token: string) =>
  tokenRequest(client, { grant_type: "refresh_token", refresh_token });
const me = (accessToken: string) =>
  fetch(`${service.url}/v1/me`, { headers: { authorization: `Bearer ${accessToken}` } });

describe("the metadata", () => {
  it("is found by RFC 8414, and from the API by RFC 9728", async () => {
    const refused = await fetch(`${service.url}/v1/me`);
    const address = refused.headers.get("www-authenticate")?.match(/resource_metadata="([^"]+)"/)?.[1] ?? "";
    const resource = z
      .object({ resource: z.string(), authorization_servers: z.tuple([z.string()]) })
      .parse(await (await fetch(address)).json());
    expect(resource).toEqual({ resource: `${service.url}/v1`, authorization_servers: [service.issuer] });
    const metadata = await (
      await fetch(`${resource.authorization_servers[0]}/.well-known/oauth-authorization-server`)
    ).json();
    expect(metadata).toMatchObject({
      issuer: service.issuer,
      authorization_endpoint: `${service.issuer}/oauth/authorize`,
      token_endpoint: `${service.issuer}/oauth/token`,
      revocation_endpoint: `${service.issuer}/oauth/revoke`,
      registration_endpoint: `${service.issuer}/oauth/register`,
      userinfo_endpoint: `${service.issuer}/oauth/userinfo`,
      code_challenge_methods_supported: ["S256"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      scopes_supported: expect.arrayContaining(["boards:read", "boards:write"]),
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
    });
  });
});

describe("signing in", () => {
  it.each(["confidential", "public"] as const)("works for the %s client, on any loopback port", async (kind) => {
    const tokens = await connect(service.clients[kind], { person: "ben" });
    expect(tokens).toMatchObject({ expires_in: 60, scope: "boards:read boards:write" });
    expect(await (await me(tokens.access_token)).json()).toMatchObject({ id: "ben" });
    expect(service.log().at(-1)).toMatchObject({
      signIn: "oauth2",
      account: "ben",
      clientId: service.clients[kind].clientId,
    });
  });

  it("works for a client that registers itself, also with its secret in the form", async () => {
    const registration = await fetch(`${service.issuer}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_name: "Newcomer <b>", redirect_uris: [redirectUri] }),
    });
    const { client_id: clientId, client_secret: clientSecret } = z
      .object({ client_id: z.string(), client_secret: z.string() })
      .parse(await registration.json());
    const { trade } = await signIn({ clientId, clientSecret });
    expect((await trade()).status).toBe(200);
    const { trade: again } = await signIn({ clientId });
    expect((await again({ client_secret: clientSecret, client_id: clientId })).status).toBe(200);
  });

  it("names the person at the userinfo endpoint, and gives an identity token, when openid is asked for", async () => {
    const tokens = await connect(service.clients.public, { scope: "openid boards:read" });
    expect(tokens.id_token?.split(".")).toHaveLength(3);
    const userinfo = await fetch(`${service.issuer}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(await userinfo.json()).toMatchObject({ sub: "ana" });
  });

  it("gives tokens for the API when it is named as resource (RFC 8707)", async () => {
    const tokens = await connect(service.clients.public, { resource: `${service.url}/v1` });
    expect((await me(tokens.access_token)).status).toBe(200);
  });

  it("asks anew who one is each time, so that two accounts can be connected in one browser", async () => {
    const cookies = new Map<string, string>();
    for (const person of ["ana", "ben"] as const) {
      const { verifier, url } = begin(service.clients.public);
      const code =
        new URL(await consentLikeABrowser(url, { person, allow: true }, cookies)).searchParams.get("code") ?? "";
      const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier };
      const { access_token } = TokenAnswer.parse(await (await tokenRequest(service.clients.public, form)).json());
      expect(await (await me(access_token)).json()).toMatchObject({ id: person });
    }
    expect([...cookies.keys()]).toContain("_session");
  });

  it("comes back with access_denied, and the state, when the person says no", async () => {
    const back = new URL(await consentLikeABrowser(begin(service.clients.public).url, { person: "ana", allow: false }));
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      error: "access_denied",
      state: "state-7",
      iss: service.issuer,
    });
    expect(back.searchParams.has("code")).toBe(false);
  });

  it("shows who asks for what before consent, with the name of the client as text", async () => {
    const registration = await fetch(`${service.issuer}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        client_name: `<script>alert("x")</script>`,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: "none",
      }),
    });
    const { client_id: clientId } = z.object({ client_id: z.string() }).parse(await registration.json());
    const start = await fetch(begin({ clientId }, { scope: "boards:read" }).url, { redirect: "manual" });
    const cookie = start.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    const page = await fetch(new URL(start.headers.get("location") ?? "", service.url), {
      method: "POST",
      headers: { cookie },
      body: new URLSearchParams({ step: "person", person: "ana" }),
    });
    const text = await page.text();
    expect(text).toContain("May &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; use your boards?");
    expect(text).toContain("boards:read");
    expect(text).not.toContain("boards:write");
    expect(text).not.toContain("<script");
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  });
});

describe("scopes", () => {
  it("let read and not write with boards:read alone, as RFC 6750 says it", async () => {
    const { access_token } = await connect(service.clients.public, { scope: "boards:read" });
    const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
    expect((await fetch(`${service.url}/v1/boards`, { headers })).status).toBe(200);
    const refused = await fetch(`${service.url}/v1/boards`, { method: "POST", headers, body: `{"name":"No"}` });
    expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: "insufficient_scope" } }]);
    expect(refused.headers.get("www-authenticate")).toBe(
      `Bearer realm="Practice Boards", error="insufficient_scope", scope="boards:write"`,
    );
  });

  it("let write and not read with boards:write alone", async () => {
    const { access_token } = await connect(service.clients.public, { scope: "boards:write" });
    expect((await me(access_token)).status).toBe(403);
  });

  it("cannot be widened on refresh", async () => {
    const { refresh_token } = await connect(service.clients.public, { scope: "boards:read" });
    const answer = await tokenRequest(service.clients.public, {
      grant_type: "refresh_token",
      refresh_token,
      scope: "boards:read boards:write",
    });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: "invalid_scope" }]);
  });
});

describe("tokens", () => {
  it("rotate: each refresh gives new ones and ends the refresh token that was used", async () => {
    const first = await connect(service.clients.confidential);
    const second = TokenAnswer.parse(await (await refresh(service.clients.confidential, first.refresh_token)).json());
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect((await me(second.access_token)).status).toBe(200);
    expect((await refresh(service.clients.confidential, second.refresh_token)).status).toBe(200);
  });

  it("all end when a used refresh token comes again (stolen refresh token)", async () => {
    const first = await connect(service.clients.public);
    const other = await connect(service.clients.public);
    const second = TokenAnswer.parse(await (await refresh(service.clients.public, first.refresh_token)).json());
    const stolen = await refresh(service.clients.public, first.refresh_token);
    expect([stolen.status, await stolen.json()]).toMatchObject([400, { error: "invalid_grant" }]);
    expect((await refresh(service.clients.public, second.refresh_token)).status).toBe(400);
    expect((await me(second.access_token)).status).toBe(401);
    expect((await me(other.access_token)).status).toBe(200);
  });

  it("are given to one of many that refresh at the same moment", async () => {
    const { refresh_token } = await connect(service.clients.public);
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(service.clients.public, refresh_token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("end after their time", async () => {
    const brief = await startPractice({ accessTokenSeconds: 1, redirectUris: [redirectUri] });
    const keep = service;
    service = brief;
    try {
      const { access_token, refresh_token, expires_in } = await connect(brief.clients.public);
      expect(expires_in).toBe(1);
      await expect.poll(async () => (await me(access_token)).status, { timeout: 5_000 }).toBe(401);
      const answer = await me(access_token);
      expect(answer.headers.get("www-authenticate")).toContain(`error="invalid_token"`);
      const renewed = TokenAnswer.parse(await (await refresh(brief.clients.public, refresh_token)).json());
      expect((await me(renewed.access_token)).status).toBe(200);
    } finally {
      service = keep;
      await brief.close();
    }
  });

  it("end when they are revoked", async () => {
    const { access_token, refresh_token } = await connect(service.clients.public);
    expect((await tokenRequest(service.clients.public, { token: refresh_token }, "revoke")).status).toBe(200);
    expect((await refresh(service.clients.public, refresh_token)).status).toBe(400);
    expect((await me(access_token)).status).toBe(401);
  });
});

describe("the log of the authorization server", () => {
  it("tells refreshes and codes apart, and holds no code, token, verifier or state", async () => {
    const { code, trade } = await signIn(service.clients.public);
    const tokens = TokenAnswer.parse(await (await trade()).json());
    const renewed = TokenAnswer.parse(await (await refresh(service.clients.public, tokens.refresh_token)).json());
    await refresh(service.clients.public, tokens.refresh_token);
    const entries = service.log().filter(({ path }) => path === "/oauth/token");
    expect(entries.slice(-3)).toMatchObject([
      {
        part: "authorization",
        method: "POST",
        status: 200,
        grantType: "authorization_code",
        clientId: "practice-public",
      },
      { status: 200, grantType: "refresh_token" },
      { status: 400, grantType: "refresh_token" },
    ]);
    const start = service.log().findLast(({ path }) => path === "/oauth/authorize");
    expect(start?.query).toMatchObject({
      client_id: "practice-public",
      scope: "boards:read boards:write",
      state: "[masked]",
    });
    const text = JSON.stringify(service.log());
    const secrets = [
      code,
      tokens.access_token,
      tokens.refresh_token,
      renewed.access_token,
      renewed.refresh_token,
      "state-7",
    ];
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });
});

describe("attacks", () => {
  it("a code used twice gets nothing, and ends what the first use got", async () => {
    const { trade } = await signIn(service.clients.public);
    const { access_token } = TokenAnswer.parse(await (await trade()).json());
    const second = await trade();
    expect([second.status, await second.json()]).toMatchObject([400, { error: "invalid_grant" }]);
    expect((await me(access_token)).status).toBe(401);
  });

  it("an intercepted code is worth nothing without its verifier", async () => {
    const { trade } = await signIn(service.clients.public);
    expect((await trade({ code_verifier: randomBytes(32).toString("base64url") })).status).toBe(400);
  });

  it("a code is worth nothing to another client", async () => {
    const { code, trade } = await signIn(service.clients.public);
    const { clientId, clientSecret } = service.clients.confidential;
    const stolen = await tokenRequest(
      { clientId, clientSecret },
      { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: "x".repeat(43) },
    );
    expect(stolen.status).toBe(400);
    expect((await trade({ redirect_uri: "http://127.0.0.1:9/other" })).status).toBe(400);
  });

  it("a wrong client secret gets no token", async () => {
    const { trade } = await signIn({ ...service.clients.confidential, clientSecret: "guess" });
    const answer = await trade();
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: "invalid_client" }]);
  });

  it.each([
    ["an address that is not registered", { redirect_uri: "http://127.0.0.1.evil.example/oauth/callback" }],
    ["a path that is not registered", { redirect_uri: "http://127.0.0.1:4321/elsewhere" }],
  ])("%s gets an error page, not a redirect (open redirect)", async (_, changed) => {
    const answer = await fetch(begin(service.clients.public, changed).url, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
    await expect(
      consentLikeABrowser(begin(service.clients.public, changed).url, { person: "ana", allow: true }),
    ).rejects.toThrow("answered 400");
  });

  it("tokens for another resource than the API are refused (RFC 8707)", async () => {
    const { url } = begin(service.clients.public, { resource: "https://other.example/v1" });
    const back = new URL(await consentLikeABrowser(url, { person: "ana", allow: true }));
    expect([back.searchParams.get("error"), back.searchParams.has("code")]).toEqual(["invalid_target", false]);
  });

  it("an authorization without PKCE is refused", async () => {
    const back = await consentLikeABrowser(
      begin(service.clients.confidential, { code_challenge: "", code_challenge_method: "" }).url,
      { person: "ana", allow: true },
    );
    expect(new URL(back).searchParams.get("error")).toBe("invalid_request");
  });

  it("another browser cannot answer a sign-in it did not begin", async () => {
    const start = await fetch(begin(service.clients.public).url, { redirect: "manual" });
    const page = new URL(start.headers.get("location") ?? "", service.url);
    const forged = await fetch(page, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ step: "decision", person: "ana", decision: "allow" }),
    });
    expect([forged.status, await forged.text()]).toEqual([400, expect.stringContaining("This sign-in is over")]);
    const guessed = await fetch(page, { headers: { cookie: `_interaction=${page.pathname.split("/").at(-1)}` } });
    expect(guessed.status).toBe(400);
  });

  it("a client cannot end another's tokens", async () => {
    const { access_token, refresh_token } = await connect(service.clients.confidential);
    await tokenRequest(service.clients.public, { token: refresh_token }, "revoke");
    expect((await me(access_token)).status).toBe(200);
  });
});
