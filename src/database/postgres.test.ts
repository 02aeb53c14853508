import { createServer } from "node:net";
import postgres from "postgres";
import { expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { openDatabase } from "./open.ts";
import { freshPostgres } from "./testing.ts";

const open = (url: string, ownerUrl?: string) =>
  openDatabase({ url: new Secret(url), ...(ownerUrl ? { ownerUrl: new Secret(ownerUrl) } : {}) });

it("says which setting is wrong, and never the password, when nothing answers", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : 0;
  await new Promise((resolve) => taken.close(resolve));
  const error = await open(`postgres://ann:canary@127.0.0.1:${port}/x`).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "settings_missing", facts: { names: ["DATABASE_URL (nothing answers there)"] } });
  expect(String(error) + JSON.stringify(error)).not.toContain("canary");
});

it("says that there is no such database, or no such login", async () => {
  const url = new URL((await freshPostgres()).reveal());
  const missing = Object.assign(new URL(url), { pathname: "/nowhere" }).href;
  await expect(open(missing)).rejects.toMatchObject({ facts: { names: ["DATABASE_URL (there is no such database)"] } });
  const stranger = Object.assign(new URL(url), { username: "nobody_here" }).href;
  await expect(open(url.href, stranger)).rejects.toMatchObject({
    facts: { names: ["DATABASE_OWNER_URL (the login is not accepted)"] },
  });
});

it("asks for the owner when the login may not make tables", async () => {
  const url = new URL((await freshPostgres()).reveal());
  const admin = postgres(Object.assign(new URL(url), { username: "postgres" }).href, {
    max: 1,
    onnotice: () => undefined,
  });
  await admin.unsafe("do $$ begin if to_regrole('visitor') is null then create role visitor login; end if; end $$");
  await admin.unsafe("create database empty_house owner house");
  await admin.end();
  const visitor = Object.assign(new URL(url), { username: "visitor", pathname: "/empty_house" }).href;
  await expect(open(visitor)).rejects.toMatchObject({
    facts: { names: ["DATABASE_URL (this login may not make tables and roles: name the owner in DATABASE_OWNER_URL)"] },
  });
});

it("lets several servers start at once on an empty database", async () => {
  const url = new URL((await freshPostgres()).reveal());
  const admin = postgres(Object.assign(new URL(url), { username: "postgres" }).href, { max: 1 });
  await admin.unsafe("create database rush owner house");
  await admin.end();
  const rush = Object.assign(new URL(url), { pathname: "/rush" }).href;
  const servers = await Promise.all([open(rush), open(rush), open(rush)]);
  const ann = await servers[0]?.createTenant("A", { name: "Ann" });
  for (const server of servers) expect(await server.tenants()).toEqual([ann?.tenantId]);
  await Promise.all(servers.map((server) => server.close()));
});

it("tells every server what one of them tells", async () => {
  const url = (await freshPostgres()).reveal();
  const [one, two] = [await open(url), await open(url)];
  const heard = new Promise<string>((resolve) => void two.listen("news", resolve));
  while ((await Promise.race([heard, one.notify("news", "hello").then(() => "")])) === "") {
    await new Promise((resolve) => setTimeout(resolve, 10)); // until the other one listens
  }
  expect(await heard).toBe("hello");
  await Promise.all([one.close(), two.close()]);
});
