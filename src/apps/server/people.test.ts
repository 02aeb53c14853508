import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../database/database.ts";
import { scratchDatabase } from "../../database/testing.ts";
import { createPeople } from "./people.ts";

let database: Database;
beforeAll(async () => void (database = await scratchDatabase()));
afterAll(() => database.close());

const start = new Date("2026-01-01T00:00:00Z");
function at(time: { now: Date }) {
  return createPeople(database, () => time.now);
}

describe("sessions, links and keys", () => {
  it("a link is good for an hour", async () => {
    const time = { now: start };
    const people = at(time);
    const { token } = await people.makeLink(await people.owner());
    time.now = new Date(start.getTime() + 61 * 60_000);
    await expect(people.redeemLink(token)).rejects.toMatchObject({ code: "sign_in_link_spent" });
  });

  it("a session is good for thirty days", async () => {
    const time = { now: start };
    const people = at(time);
    const { token } = await people.makeLink(await people.owner());
    const { sessionToken } = await people.redeemLink(token);
    expect(await people.recognise(sessionToken)).toMatchObject({ by: "session" });
    time.now = new Date(start.getTime() + 31 * 86_400_000);
    expect(await people.recognise(sessionToken)).toBeUndefined();
  });

  it("of twenty browsers that open one link at once, one gets in", async () => {
    const people = at({ now: start });
    const { token } = await people.makeLink(await people.owner());
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => people.redeemLink(token)));
    expect(tries.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  });

  it.each(["pbl_", "pbs_", "pbk_"])("a link is no session and no key, also when it calls itself %s", async (prefix) => {
    const people = at({ now: start });
    const { token } = await people.makeLink(await people.owner());
    expect(await people.recognise(token.replace("pbl_", prefix))).toBeUndefined();
  });

  it("a session is no link, and a key no session, whatever they call themselves", async () => {
    const people = at({ now: start });
    const owner = await people.owner();
    const { sessionToken } = await people.redeemLink((await people.makeLink(owner)).token);
    await expect(people.redeemLink(sessionToken.replace("pbs_", "pbl_"))).rejects.toThrow("sign-in link");
    const { key } = await people.makeKey(owner, "x");
    expect(await people.recognise(key.replace("pbk_", "pbs_"))).toBeUndefined();
  });

  it("a token that names another tenant finds nothing there", async () => {
    const people = at({ now: start });
    const { key } = await people.makeKey(await people.owner(), "mine");
    const other = await database.createTenant("Other", { name: "Otto" });
    const named = Buffer.from(other.tenantId.replaceAll("-", ""), "hex").toString("base64url");
    expect(await people.recognise(key.replace(/^(pbk_)[\w-]{22}/, `$1${named}`))).toBeUndefined();
  });

  it("somebody else's key is neither listed nor revoked", async () => {
    const people = at({ now: start });
    const other = await database.createTenant("Third", { name: "Tina" });
    const { id } = await people.makeKey(other, "theirs");
    const owner = await people.owner();
    expect((await people.keys(owner)).map((key) => key.id)).not.toContain(id);
    await expect(people.revokeKey(owner, id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("what a key opened ends where it is revoked: links, and sessions they led to", async () => {
    const people = at({ now: start });
    const owner = await people.owner();
    const { id, key } = await people.makeKey(owner, "lost");
    const caller = await people.recognise(key);
    if (!caller) throw new Error("the key is not known");
    const { sessionToken } = await people.redeemLink((await people.makeLink(caller)).token);
    const { token: waiting } = await people.makeLink(caller);
    const own = await people.redeemLink((await people.makeLink(owner)).token);
    await people.revokeKey(owner, id);
    expect(await people.recognise(sessionToken)).toBeUndefined();
    await expect(people.redeemLink(waiting)).rejects.toMatchObject({ code: "sign_in_link_spent" });
    expect(await people.recognise(own.sessionToken)).toMatchObject({ by: "session" });
  });

  it("a browser that the terminal signed in stays so when the server starts anew", async () => {
    const people = at({ now: start });
    const owner = await people.owner();
    const caller = await people.recognise(await people.makeTerminalKey(owner, "terminal on a desk"));
    if (!caller) throw new Error("the key is not known");
    const { sessionToken } = await people.redeemLink((await people.makeLink(caller)).token);
    await people.makeTerminalKey(owner, "terminal on a desk");
    expect(await people.recognise(sessionToken)).toMatchObject({ by: "session" });
  });

  it("the terminal's key of an earlier start ends with the next", async () => {
    const people = at({ now: start });
    const owner = await people.owner();
    const first = await people.makeTerminalKey(owner, "terminal on here");
    const elsewhere = await people.makeTerminalKey(owner, "terminal on another machine");
    await people.makeTerminalKey(owner, "terminal on here");
    expect(await people.recognise(first)).toBeUndefined();
    expect(await people.recognise(elsewhere)).toMatchObject({ by: "api_key" });
  });
});
