import { afterAll, beforeAll, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { openAsBrowser } from "./testing/browser.ts";
import { openHouse } from "./testing/house.ts";
import type { House } from "./testing/house.ts";
import { startOddServer } from "./testing/odd-server.ts";
import type { OddServer } from "./testing/odd-server.ts";
import { readScopeGap } from "./scope-gap.ts";

const read = (status: number, headers: Record<string, string>, body?: string) =>
  readScopeGap({ status, headers: new Headers(headers), body });

it.each([
  [
    "RFC 6750",
    403,
    { "www-authenticate": 'Bearer realm="x", error="insufficient_scope", scope="boards:write files:read"' },
    undefined,
    ["boards:write", "files:read"],
  ],
  [
    "a body that names what is needed",
    403,
    {},
    '{"ok":false,"error":"missing_scope","needed":"chat:write,files:write"}',
    ["chat:write", "files:write"],
  ],
  ["words without a name", 403, {}, '{"error":{"message":"Request had insufficient authentication scopes."}}', []],
  [
    "headers that list what would do",
    403,
    { "x-accepted-oauth-scopes": "repo, admin:org", "x-oauth-scopes": "gist" },
    '{"message":"insufficient_scope"}',
    ["repo"],
  ],
  [
    "another refusal",
    403,
    { "www-authenticate": 'Bearer error="invalid_token"' },
    '{"message":"rate limit"}',
    undefined,
  ],
  ["a server in trouble", 500, {}, '"insufficient_scope"', undefined],
  [
    "names that are no scopes",
    403,
    { "www-authenticate": 'Bearer error="insufficient_scope", scope="a\\b ok"' },
    undefined,
    ["ok"],
  ],
])("reads %s", (_, status, headers, body, expected) => {
  expect(read(status, headers as Record<string, string>, body)).toEqual(expected);
});

let house: House;
let server: OddServer;
beforeAll(async () => {
  server = await startOddServer();
  house = await openHouse({ platformClient: () => ({ clientId: "ours", clientSecret: new Secret("secret") }) });
  house.allow(server.host);
});
afterAll(async () => {
  await house.connections.close();
  await house.database.close();
  await server.close();
});

it("keeps what is lacking, and asks for it beside the old scopes when the person signs in again", async () => {
  const method = {
    type: "oauth2",
    id: "browser",
    authorizationEndpoint: `${server.url}/authorize`,
    tokenEndpoint: `${server.url}/token`,
    scopes: ["read"],
  };
  const { id: integrationId } = await house.integrate({ slug: "kanban", auth: [method] });
  const signIn = async (connectionId?: string) => {
    const { url } = await house.connections.startOAuth(house.scope, {
      integrationId,
      methodId: "browser",
      sessionToken: "s",
      returnTo: "/done",
      connectionId,
    });
    const { parameters, slug } = await openAsBrowser(url);
    return {
      asked: new URL(url).searchParams.get("scope"),
      ...(await house.connections.finishOAuth({ parameters, slug, sessionToken: "s" })),
    };
  };
  const { connection } = await signIn();
  const headers = new Headers({ "www-authenticate": 'Bearer error="insufficient_scope", scope="write"' });
  const noted = await house.connections.noteScopeGap(house.scope, connection.id, { status: 403, headers });
  expect(noted).toEqual({ scopes: ["write"], isKey: false });
  expect(await house.connections.get(house.scope, connection.id)).toMatchObject({
    metadata: { scope_gap: "write" },
    statusReason: "kanban needs more than this sign-in allows. Sign in again with write added.",
  });
  // It has that one: no sign-in could add it.
  expect(
    await house.connections.noteScopeGap(house.scope, connection.id, {
      status: 403,
      headers: new Headers({ "www-authenticate": 'Bearer error="insufficient_scope", scope="read"' }),
    }),
  ).toBeUndefined();
  expect(
    await house.connections.noteScopeGap(house.scope, connection.id, { status: 403, headers: new Headers() }),
  ).toBeUndefined();

  const again = await signIn(connection.id);
  expect(again.asked).toBe("read write");
  expect(again.connection).toMatchObject({ id: connection.id, scopes: ["read", "write"], statusReason: null });
  expect(again.connection.metadata).not.toHaveProperty("scope_gap");
});
