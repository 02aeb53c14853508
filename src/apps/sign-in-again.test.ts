import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChatEvent, ChatEventBody } from "../contract/chat.ts";
import { startOddServer, type OddServer } from "../connections/testing/odd-server.ts";
import { runningServer } from "./testing/running-server.ts";

let service: OddServer;
const environment: Record<string, string> = {};
beforeAll(async () => {
  service = await startOddServer();
  environment["ALLOW_PRIVATE_HOSTS"] = service.host;
  service.on["/boards"] = () => ({ body: [{ id: 1, name: "Garden" }] });
  service.on["/cards"] = () => ({ body: [{ id: 7, name: "Rake" }] });
});
afterAll(() => service.close());

const document = () =>
  JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Kanban", version: "1" },
    servers: [{ url: service.url }],
    components: {
      securitySchemes: {
        login: {
          type: "oauth2",
          flows: {
            authorizationCode: {
              authorizationUrl: `${service.url}/authorize`,
              tokenUrl: `${service.url}/token`,
              scopes: { "boards.read": "See boards" },
            },
          },
        },
      },
    },
    security: [{ login: ["boards.read"] }],
    paths: Object.fromEntries(
      ["boards", "cards"].map((path) => [
        `/${path}`,
        { get: { operationId: `list ${path}`, summary: `List ${path}`, responses: { "200": { description: "ok" } } } },
      ]),
    ),
  });

describe.each(["pglite", "postgres"] as const)("a sign-in that ends or lacks something, on %s", (engine) => {
  const served = runningServer({ engine, environment });
  let conversation = "";
  let connectionId = "";
  let seen = 0;

  /** Says it, waits until the answer is over, and hands back what happened meanwhile. */
  async function say(text: string): Promise<ChatEventBody[]> {
    await served().api.conversations.say({ id: conversation, text });
    return untilEnded();
  }
  async function untilEnded(): Promise<ChatEventBody[]> {
    const events: ChatEvent[] = [];
    for await (const event of await served().api.conversations.events({ id: conversation, after: seen })) {
      seen = event.seq;
      events.push(event);
      if (event.body.type === "turn_ended") break;
    }
    return events.map(({ body }) => body);
  }
  const of = <Type extends ChatEventBody["type"]>(bodies: ChatEventBody[], type: Type) =>
    bodies.flatMap((body) => (body.type === type ? [body as Extract<ChatEventBody, { type: Type }>] : []));

  /** Signs in as a person with a browser would; tells the scopes that were asked for. */
  async function signIn(o: { connectionId?: string; conversationId?: string; cardId?: string } = {}): Promise<string> {
    const { url } = await served().api.oauth.start({ slug: "kanban", ...o });
    const there = await fetch(url, { redirect: "manual" });
    const back = new URL(there.headers.get("location") ?? "");
    const page = await fetch(`${served().local}${back.pathname}${back.search}`, {
      headers: { cookie: await served().signIn() },
    });
    expect(page.status, await page.text()).toBe(200);
    return new URL(url).searchParams.get("scope") ?? "";
  }

  it("is connected and used in a conversation", async () => {
    await served().api.integrations.create({ document: document(), name: "Kanban" });
    await served().api.oauthApps.save({ slug: "kanban", clientId: "mine", clientSecret: "secret" });
    expect(await signIn()).toBe("boards.read");
    connectionId = (await served().api.connections.list())[0]?.id ?? "";
    await served().api.connections.rename({ id: connectionId, label: "Home" });
    await served().api.policies.add({
      level: "connection",
      subject: connectionId,
      operation: "cards *",
      decision: "allow",
    });
    conversation = (await served().api.conversations.create({})).id;
    expect(of(await say("$ kanban boards list"), "tool_ended")[0]).toMatchObject({ ok: true });
  });

  it("shows one card when a request lacks a scope, and asks for it beside the old ones", async () => {
    const cards = service.on["/cards"];
    service.on["/cards"] = () => ({
      status: 403,
      headers: { "www-authenticate": 'Bearer error="insufficient_scope", scope="cards.read"' },
      body: { error: "insufficient_scope" },
    });
    const bodies = await say("$ kanban cards list");
    if (cards) service.on["/cards"] = cards;
    const [asked, ...more] = of(bodies, "sign_in_needed");
    expect(more).toEqual([]);
    expect(asked?.card).toMatchObject({
      reason: "Kanban needs more than this sign-in allows. Sign in again with cards.read added.",
      again: { connectionId, label: "Home", scopes: ["cards.read"] },
    });
    expect(of(bodies, "tool_ended")[0]?.result).toContain("scope_missing");
    expect((await served().api.integrations.get({ slug: "kanban" })).jack).toBe("asking");

    const scopes = await signIn({ connectionId, conversationId: conversation, cardId: asked?.card.cardId ?? "" });
    expect(scopes).toBe("boards.read cards.read");
    const after = await untilEnded();
    expect(of(after, "connected")).toMatchObject([{ connectionId, label: "Home", cardId: asked?.card.cardId }]);
    expect((await served().api.providers.status({})).signInAgain).toEqual([]);
    expect(of(await say("$ kanban cards list"), "tool_ended")[0]).toMatchObject({ ok: true });
  });

  it("tells apart one request that is refused from a sign-in that has ended", async () => {
    const cards = service.on["/cards"];
    service.on["/cards"] = () => ({ status: 401, body: { message: "not for you" } });
    const bodies = await say("$ kanban cards list");
    if (cards) service.on["/cards"] = cards;
    expect(of(bodies, "tool_ended")[0]?.result).toContain("operation_refused");
    expect(of(bodies, "sign_in_needed")).toEqual([]);
    expect((await served().api.connections.list())[0]).toMatchObject({ status: "connected" });
  });

  it("shows the card when the service ends the sign-in, in the chat, in lists and over REST, and keeps label and policies", async () => {
    const { "/boards": boards, "/token": token } = service.on;
    service.on["/boards"] = () => ({ status: 401 });
    service.on["/token"] = () => ({ status: 400, body: { error: "invalid_grant", error_description: "revoked" } });
    const bodies = await say("$ kanban boards list");
    if (boards && token) Object.assign(service.on, { "/boards": boards, "/token": token });
    const [asked, ...more] = of(bodies, "sign_in_needed");
    expect(more).toEqual([]);
    expect(asked?.card).toMatchObject({ again: { connectionId, label: "Home" } });
    expect((await served().rest("/integrations/status")).body).toMatchObject({
      signInAgain: [
        { connectionId, slug: "kanban", label: "Home", url: expect.stringMatching(/\/integrations\/kanban$/) },
      ],
    });
    expect((await served().rest("/integrations/connections")).body).toMatchObject([{ status: "sign_in_again" }]);

    // Signed in again elsewhere than on the card: the card learns of it too.
    await signIn({ connectionId });
    const settled = of(await say("$ kanban boards list"), "connected");
    expect(settled).toMatchObject([{ cardId: asked?.card.cardId, connectionId }]);
    expect(await served().api.connections.list()).toMatchObject([
      { id: connectionId, label: "Home", status: "connected" },
    ]);
    expect(await served().api.policies.list()).toMatchObject([{ subject: connectionId, operation: "cards *" }]);
    const { entries } = await served().api.activity.list({ kind: "connect", slug: "kanban" });
    expect(entries.map((one) => one.text)).toEqual(
      expect.arrayContaining(["Connected", "Signed in again", "The sign-in ended"]),
    );
  });

  it("says in the chat that a sign-in is kept but not proven when the service is in trouble, and tries it again when asked", async () => {
    const byKey = JSON.parse(document());
    byKey.info.title = "Shed";
    byKey.components.securitySchemes = { key: { type: "apiKey", in: "header", name: "x-key" } };
    byKey.security = [{ key: [] }];
    service.on["/openapi.json"] = () => ({ body: byKey });
    const { "/boards": boards, "/cards": cards } = service.on;
    const inTrouble = () => ({ status: 502 });
    Object.assign(service.on, { "/boards": inTrouble, "/cards": inTrouble });

    conversation = (await served().api.conversations.create({})).id;
    seen = 0;
    const [asked] = of(await say(`connect ${service.url}/openapi.json`), "sign_in_needed");
    const entered = {
      slug: "shed",
      conversationId: conversation,
      cardId: asked?.card.cardId,
      secrets: { api_key: "k-1" },
    };
    const { connection, proof } = await served().api.connections.create(entered);
    expect(connection.status).toBe("pending");
    const kept = /is kept, but it is not proven yet: the service could not be reached or is in trouble .*connect shed/;
    expect(proof).toMatchObject({ ok: false, code: "unreachable", message: expect.stringMatching(kept) });

    expect(asked).toBeDefined();

    const again = await say("connect me to shed");
    expect(of(again, "sign_in_failed")).toMatchObject([
      { cardId: asked?.card.cardId, message: expect.stringMatching(kept) },
    ]);
    expect(of(again, "sign_in_needed")).toEqual([]);
    const words = of(again, "text").map((one) => one.text);
    expect(words.join("")).toContain("Your sign-in is kept, but it is not proven yet");

    const run = () => served().rest("/run", { slug: "shed", words: ["boards", "list"] });
    expect(await run()).toMatchObject({
      status: 409,
      body: { code: "not_connected", message: expect.stringMatching(/never proven .*accounts test shed/) },
    });
    const { entries } = await served().api.activity.list({ slug: "shed" });
    const told = entries.map((one) => one.text);
    expect(told).toContain("A live read got no answer: the service could not be reached or is in trouble");
    expect(told).not.toContain("A live read was refused");

    if (boards && cards) Object.assign(service.on, { "/boards": boards, "/cards": cards });
    expect(of(await say("connect me to shed"), "connected")).toMatchObject([{ connectionId: connection.id }]);
    expect(await run()).toMatchObject({ status: 200, body: { exitCode: 0 } });
  });
});
