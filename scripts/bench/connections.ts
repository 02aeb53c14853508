import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { Secret } from "../../src/contract/secret.ts";
import { openHouse } from "../../src/connections/testing/house.ts";
import type { House } from "../../src/connections/testing/house.ts";
import { startOddServer } from "../../src/connections/testing/odd-server.ts";
import type { OddServer } from "../../src/connections/testing/odd-server.ts";
import { withinTenant } from "../../src/database/database.ts";
import { openDatabase } from "../../src/database/open.ts";
import { freshPostgres } from "../../src/database/testing.ts";
import { median } from "./figures.ts";
import type { Bench, Row } from "./main.ts";

const hour = 3_600_000;
const measured = 100;
/** The embedded database takes many minutes to insert two hundred thousand. */
const mostOn = { PGlite: 20_000, Postgres: 200_000 };
/** The embedded database belongs to one server. */
const serversOn = { PGlite: 1, Postgres: 4 };

/** What a request costs before it is sent, that a token is renewed once, and what the credential costs the gateway. */
export const bench: Bench = async () => {
  const rows: Row[] = [];
  for (const engine of ["PGlite", "Postgres"] as const) rows.push(...(await onEngine(engine)));
  return { title: "Connections", rows: [...rows, ...(await gatewayRows())] };
};

async function onEngine(engine: "PGlite" | "Postgres"): Promise<Row[]> {
  const server = await startOddServer();
  const many = mostOn[engine];
  const database = await openDatabase(engine === "PGlite" ? {} : { url: await freshPostgres() });
  const house = await openHouse({
    database,
    platformClient: () => ({ clientId: "ours", clientSecret: new Secret("secret") }),
  });
  house.allow(server.host);
  try {
    const ids = await signIn(house, server, measured);
    const few = await authorizeTimes(house, ids);
    await addOthers(house, ids[0] ?? "", many - measured);
    const lots = await authorizeTimes(house, ids);
    const rows = [
      { name: `authorize, remembered, ${measured} connections`, value: few.remembered, unit: "µs p50" },
      {
        name: `authorize, remembered, ${many} connections`,
        value: lots.remembered,
        unit: "µs p50",
        ratio: lots.remembered / few.remembered,
        aim: "1.2",
      },
      { name: `authorize, opened anew, ${measured} connections`, value: few.anew, unit: "µs p50" },
      {
        name: `authorize, opened anew, ${many} connections`,
        value: lots.anew,
        unit: "µs p50",
        ratio: lots.anew / few.anew,
        aim: "1.2",
      },
      await contention(house, server, ids.slice(0, 1), { servers: serversOn[engine], callers: 50 }),
      await contention(house, server, ids, { servers: serversOn[engine], callers: 2 * measured }),
    ];
    return rows.map((row) => ({ ...row, name: `${engine}: ${row.name}` }));
  } finally {
    await house.connections.close();
    await house.database.close();
    await server.close();
  }
}

/** Requests per second of the whole gateway: without a credential, with one that is sealed, and with one opened for each request. */
async function gatewayRows(): Promise<Row[]> {
  const children: ChildProcess[] = [];
  const start = (file: string, ...given: string[]) =>
    new Promise<{ child: ChildProcess; ready: Ready }>((resolve, reject) => {
      const child = fork(join(import.meta.dirname, "gateway", file), given);
      children.push(child);
      child.once("message", (ready) => resolve({ child, ready: ready as Ready }));
      child.once("exit", () => reject(new Error(`${file} ended before it was ready`)));
    });
  try {
    const target = `127.0.0.1:${(await start("service.ts")).ready.port}`;
    const kinds = ["none", "sealed", "opened for each request"];
    const gateways: Ready[] = [];
    for (const kind of kinds) gateways.push((await start("whole-gateway.ts", target, kind)).ready);
    const { child: client } = await start("load.ts");
    const load = (peer: Ready, ms: number) =>
      new Promise<number>((resolve) => {
        client.once("message", (load) => resolve((load as { perSecond: number }).perSecond));
        client.send({ ...peer, connections: 32, ms });
      });
    for (const peer of gateways) await load(peer, 500);
    const perSecond = kinds.map((): number[] => []);
    for (let round = 0; round < 8; round += 1)
      for (const [at, peer] of gateways.entries()) perSecond[at]?.push(await load(peer, 700));
    const without = perSecond[0] ?? [];
    return kinds.map((kind, at) => ({
      name: `gateway, 32 connections, credential: ${kind}`,
      value: median(perSecond[at] ?? []),
      unit: "requests/s",
      ratio: median((perSecond[at] ?? []).map((each, round) => each / (without[round] ?? Number.NaN))),
    }));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

type Ready = { port: number; path: string; token?: string };

async function signIn(house: House, server: OddServer, count: number): Promise<string[]> {
  let issued = 0;
  server.on["/token"] = () => {
    issued += 1;
    return {
      body: {
        access_token: `access-${issued}`,
        refresh_token: `refresh-${issued}`,
        token_type: "bearer",
        expires_in: 3600,
      },
      afterMs: 20,
    };
  };
  const method = {
    type: "oauth2",
    id: "browser",
    authorizationEndpoint: `${server.url}/authorize`,
    tokenEndpoint: `${server.url}/token`,
  };
  const { id: integrationId } = await house.integrate({ slug: "bench", auth: [method] });
  const ids: string[] = [];
  for (let each = 0; each < count; each += 1) {
    const start = await house.connections.startOAuth(house.scope, {
      integrationId,
      methodId: "browser",
      sessionToken: "s",
      returnTo: "/done",
    });
    const answer = await fetch(start.url, { redirect: "manual" });
    const parameters = new URL(answer.headers.get("location") ?? "").searchParams;
    ids.push((await house.connections.finishOAuth({ parameters, slug: "bench", sessionToken: "s" })).connection.id);
  }
  return ids;
}

/** Rows like the first connection's, so that the tables are as large as those of a busy house. */
async function addOthers(house: House, like: string, count: number): Promise<void> {
  // In pieces: one statement for all would keep the embedded database from answering for minutes.
  for (let rest = count; rest > 0; rest -= 20_000) await addSome(house, like, Math.min(rest, 20_000), rest);
  await withinTenant(house.database, house.scope.tenantId, async (tx) => {
    await tx.execute(sql`analyze custom_integration_credential, credential_version`).catch(() => undefined);
  });
}

async function addSome(house: House, like: string, count: number, from: number): Promise<void> {
  await withinTenant(house.database, house.scope.tenantId, async (tx) => {
    await tx.execute(sql`
      with added as (
        insert into custom_integration_credential (tenant_id, person_id, integration_id, label, auth_method_id, credential_version, status)
        select tenant_id, person_id, integration_id, 'account ' || (${from}::int - n), auth_method_id, 1, 'connected'
        from custom_integration_credential, generate_series(1, ${count}) n where id = ${like} returning id, tenant_id
      )
      insert into credential_version (tenant_id, connection_id, version, sealed, key_id)
      select added.tenant_id, added.id, 1, v.sealed, v.key_id from added, credential_version v where v.connection_id = ${like}`);
  });
}

async function authorizeTimes(house: House, ids: string[]): Promise<{ remembered: number; anew: number }> {
  const p50 = async (turns: number, connections: House["connections"]) => {
    const times: number[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      const startedAt = performance.now();
      await connections.authorize(house.scope, ids[turn % ids.length] ?? "");
      times.push(performance.now() - startedAt);
    }
    return (times.toSorted((a, b) => a - b)[turns >> 1] ?? 0) * 1000;
  };
  // A server that remembers nothing yet.
  const fresh = house.another();
  const anew = await p50(ids.length, fresh);
  await fresh.close();
  await p50(2000, house.connections);
  return { remembered: await p50(50_000, house.connections), anew };
}

async function contention(
  house: House,
  server: OddServer,
  ids: string[],
  { servers, callers }: { servers: number; callers: number },
): Promise<Row> {
  house.pass(hour);
  const before = server.tokenRequests();
  const others = Array.from({ length: servers - 1 }, () => house.another());
  const all = [house.connections, ...others];
  await Promise.all(
    all.flatMap((connections) =>
      Array.from({ length: callers }, (_, each) => connections.authorize(house.scope, ids[each % ids.length] ?? "")),
    ),
  );
  for (const other of others) await other.close();
  const asked = server.tokenRequests() - before;
  return {
    name: `token requests, ${servers} servers × ${callers} callers, ${ids.length} expired`,
    value: asked,
    unit: "requests",
    ratio: asked / ids.length,
    aim: "1",
  };
}
