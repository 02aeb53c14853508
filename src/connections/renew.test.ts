import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { openDatabase } from "../database/open.ts";
import { eachEngine, freshPostgres } from "../database/testing.ts";
import { openHouse } from "./testing/house.ts";
import type { House } from "./testing/house.ts";
import { startOddServer } from "./testing/odd-server.ts";
import type { OddServer } from "./testing/odd-server.ts";

const client = () => ({ clientId: "ours", clientSecret: new Secret("secret") });
const methodOf = (url: string) => ({
  type: "oauth2",
  id: "browser",
  authorizationEndpoint: `${url}/authorize`,
  tokenEndpoint: `${url}/token`,
  scopes: ["read"],
});

async function signIn(house: House, server: OddServer, slug: string): Promise<string> {
  const { id: integrationId } = await house.integrate({ slug, auth: [methodOf(server.url)] });
  return signInTo(house, integrationId, slug);
}

async function signInTo(house: House, integrationId: string, slug: string): Promise<string> {
  const { url } = await house.connections.startOAuth(house.scope, {
    integrationId,
    methodId: "browser",
    sessionToken: "s",
    returnTo: "/done",
  });
  const answer = await fetch(url, { redirect: "manual" });
  const parameters = new URL(answer.headers.get("location") ?? "").searchParams;
  return (await house.connections.finishOAuth({ parameters, slug, sessionToken: "s" })).connection.id;
}

const tokenOf = async (house: House, id: string, connections = house.connections) =>
  (await connections.authorize(house.scope, id)).placements[0]?.secret.reveal();
const hour = 3_600_000;

eachEngine((open) => {
  let server: OddServer;
  let house: House;
  let turn = 0;

  beforeAll(async () => {
    house = await openHouse({ database: await open(), platformClient: client, leaseMs: 1500 });
  });
  afterAll(() => house.connections.close());
  afterEach(() => server.close());
  const connect = async () => {
    server = await startOddServer();
    house.allow(server.host);
    turn += 1;
    return signIn(house, server, `service-${turn}`);
  };

  it("asks the token endpoint once for two hundred callers of two servers", async () => {
    const id = await connect();
    const other = house.another();
    house.pass(hour);
    const issue = server.on["/token"];
    server.on["/token"] = async (asked) => ({ ...(await issue?.(asked)), afterMs: 150 });
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, index) => tokenOf(house, id, index % 2 ? other : house.connections)),
    );
    expect(new Set(tokens)).toEqual(new Set(["access-2"]));
    expect(server.tokenRequests()).toBe(2);
    await other.close();
  });

  it("keeps the old refresh token when the answer brings none", async () => {
    const id = await connect();
    const sent: (string | null)[] = [];
    server.on["/token"] = ({ body }) => {
      sent.push(new URLSearchParams(body).get("refresh_token"));
      return { body: { access_token: `again-${sent.length}`, token_type: "bearer", expires_in: 3600 } };
    };
    for (const expected of ["again-1", "again-2"]) {
      house.pass(hour);
      expect(await tokenOf(house, id)).toBe(expected);
    }
    expect(sent).toEqual(["refresh-1", "refresh-1"]);
  });

  it("takes the last lifetime when the answer names none", async () => {
    const id = await connect();
    server.on["/token"] = () => ({ body: { access_token: "again", token_type: "bearer" } });
    house.pass(hour);
    await tokenOf(house, id);
    const { expiresAt } = await house.connections.get(house.scope, id);
    expect(Math.round(((expiresAt?.getTime() ?? 0) - Date.now()) / hour)).toBe(turnsPassed(house));
  });

  it.each([
    ["an error of its own", () => ({ status: 500, text: "oops" })],
    ["HTML", () => ({ text: "<html>Just a moment…</html>" })],
    ["a 200 with an error inside that passes", () => ({ body: { error: "temporarily_unavailable" } })],
    ["nothing at all", () => ({ text: "" })],
    ["a request to slow down", () => ({ status: 429, body: { error: "rate_limited" } })],
  ])("keeps the connection when the token endpoint answers %s, and does not ask again at once", async (_, answer) => {
    const id = await connect();
    server.on["/token"] = answer;
    house.pass(hour);
    await expect(tokenOf(house, id)).rejects.toMatchObject({ code: "refresh_unavailable" });
    await expect(tokenOf(house, id)).rejects.toMatchObject({ code: "refresh_unavailable" });
    expect(server.tokenRequests()).toBe(2);
    expect(await house.connections.get(house.scope, id)).toMatchObject({ status: "failing" });
  });

  it("is connected again as soon as the outage is over", async () => {
    const id = await connect();
    const issue = server.on["/token"] ?? (() => ({}));
    server.on["/token"] = () => ({ status: 502, text: "" });
    house.pass(hour);
    await expect(tokenOf(house, id)).rejects.toMatchObject({ code: "refresh_unavailable" });
    server.on["/token"] = issue;
    await later(house, id);
    expect(await tokenOf(house, id)).toBe("access-2");
    expect(await house.connections.get(house.scope, id)).toMatchObject({ status: "connected", statusReason: null });
  });

  it("keeps using a token that still lives while the token endpoint is down", async () => {
    const id = await connect();
    server.on["/token"] = () => ({ status: 503, text: "" });
    house.pass(hour - 120_000);
    expect(await tokenOf(house, id)).toBe("access-1");
    expect(await house.connections.get(house.scope, id)).toMatchObject({ status: "pending" });
  });

  it.each(["invalid_grant", "invalid_refresh_token", "token_revoked", "invalid_rapt"])(
    "asks to sign in again on %s",
    async (error) => {
      const id = await connect();
      server.on["/token"] = () => ({ status: 400, body: { error } });
      house.pass(hour);
      await expect(tokenOf(house, id)).rejects.toMatchObject({ code: "sign_in_ended" });
      expect(house.ended.at(-1)).toMatchObject({ id, status: "sign_in_again" });
    },
  );

  it("keeps the connection when only our client is not accepted, for it can be entered again", async () => {
    const id = await connect();
    server.on["/token"] = () => ({
      status: 401,
      body: { error: "invalid_client" },
      headers: { "www-authenticate": "Basic" },
    });
    house.pass(hour);
    await expect(tokenOf(house, id)).rejects.toMatchObject({ code: "refresh_unavailable" });
    expect((await house.connections.get(house.scope, id)).statusReason).toContain(
      "it does not accept the id and secret of the OAuth client",
    );
  });

  it("keeps the last five credential versions", async () => {
    const id = await connect();
    for (let count = 0; count < 7; count += 1) {
      house.pass(hour);
      await tokenOf(house, id);
    }
    const kept = await house.connections.versions(house.scope, id);
    expect(kept.map(({ version }) => version)).toEqual([8, 7, 6, 5, 4]);
    await house.connections.goBack(house.scope, id, 6);
    expect(await tokenOf(house, id)).toBe("access-6");
  });

  it("renews nothing when the connection was disconnected meanwhile", async () => {
    const id = await connect();
    house.pass(hour);
    server.on["/token"] = async () => {
      await house.connections.disconnect(house.scope, id);
      return { body: { access_token: "late", token_type: "bearer", expires_in: 60 } };
    };
    await expect(tokenOf(house, id)).rejects.toMatchObject({ code: "not_found" });
    expect(await house.connections.list(house.scope)).not.toContainEqual(expect.objectContaining({ id }));
  });
});

const turnsPassed = (house: House) => Math.round((house.now().getTime() - Date.now()) / hour) + 1;

/** Back-off is counted by the database's clock: two seconds after the first failure. */
async function later(house: House, id: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (
      await tokenOf(house, id).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe("several processes on one Postgres", () => {
  const keys = `test:${randomBytes(32).toString("base64")}`;
  const children: ChildProcessWithoutNullStreams[] = [];
  let databaseUrl: Secret;
  let house: House;
  let server: OddServer;

  beforeAll(async () => {
    databaseUrl = await freshPostgres();
    house = await openHouse({ database: await openDatabase({ url: databaseUrl }), keys, platformClient: client });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await server.close();
  });
  afterAll(async () => {
    await house.connections.close();
    await house.database.close();
  });

  async function start(connectionIds: string[], more: { clockAheadMs?: number; leaseMs?: number } = {}) {
    const child = spawn(process.execPath, [join(import.meta.dirname, "testing/another-process.ts")], { stdio: "pipe" });
    children.push(child);
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.write(
      `${JSON.stringify({ databaseUrl: databaseUrl.reveal(), keys, host: server.host, scope: house.scope, connectionIds, ...more })}\n`,
    );
    expect((await lines.next()).value).toBe("ready");
    return {
      ask: async (count: number): Promise<unknown> => {
        child.stdin.write(`${count}\n`);
        return JSON.parse((await lines.next()).value ?? "null");
      },
      kill: () => child.kill("SIGKILL"),
    };
  }

  it("ask once for an expired token, although their clocks differ by ten minutes", async () => {
    server = await startOddServer();
    house.allow(server.host);
    const id = await signIn(house, server, "one");
    const processes = await Promise.all([
      start([id], { clockAheadMs: hour }),
      start([id], { clockAheadMs: hour + 600_000 }),
    ]);
    const issue = server.on["/token"];
    server.on["/token"] = async (asked) => ({ ...(await issue?.(asked)), afterMs: 200 });
    expect(await Promise.all(processes.map(({ ask }) => ask(50)))).toEqual([["access-2"], ["access-2"]]);
    expect(server.tokenRequests()).toBe(2);
  });

  it("ask once for each of many expired tokens", async () => {
    server = await startOddServer();
    house.allow(server.host);
    const spent: string[] = [];
    let issued = 0;
    server.on["/token"] = ({ body }) => {
      spent.push(new URLSearchParams(body).get("refresh_token") ?? "none");
      issued += 1;
      const tokens = {
        access_token: `access-${issued}`,
        refresh_token: `refresh-${issued}`,
        token_type: "bearer",
        expires_in: 3600,
      };
      return { body: tokens, afterMs: 30 };
    };
    const { id: integrationId } = await house.integrate({ slug: "many", auth: [methodOf(server.url)] });
    const ids: string[] = [];
    for (let count = 0; count < 25; count += 1) ids.push(await signInTo(house, integrationId, "many"));
    const processes = await Promise.all([1, 2].map(() => start(ids, { clockAheadMs: hour })));
    spent.length = 0;
    const [one, other] = await Promise.all(processes.map(({ ask }) => ask(100)));
    expect(one).toEqual(expect.arrayContaining(other as unknown[]));
    expect(spent.toSorted()).toEqual(ids.map((_, index) => `refresh-${index + 1}`).toSorted());
  });

  it("take over when the one that asks is killed, and nobody is signed out", async () => {
    server = await startOddServer();
    house.allow(server.host);
    const id = await signIn(house, server, "killed");
    const [first, second] = await Promise.all([
      start([id], { clockAheadMs: hour, leaseMs: 1000 }),
      start([id], { clockAheadMs: hour, leaseMs: 1000 }),
    ]);
    const issue = server.on["/token"];
    let arrived: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    server.on["/token"] = () => {
      arrived();
      return { never: true };
    };
    void first.ask(1).catch(() => undefined);
    await asked;
    first.kill();
    server.on["/token"] = issue ?? (() => ({}));
    expect(await second.ask(20)).toEqual(["access-2"]);
    expect(await house.connections.get(house.scope, id)).toMatchObject({ status: "pending" });
  });
});
