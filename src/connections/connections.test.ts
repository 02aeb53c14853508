import { afterAll, beforeAll, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { withinTenant } from "../database/database.ts";
import { credentialVersion } from "../database/tables.ts";
import { eachEngine } from "../database/testing.ts";
import { openHouse, publicUrl } from "./testing/house.ts";
import type { House } from "./testing/house.ts";

const trello = {
  type: "api_key",
  id: "key_and_token",
  fields: [
    {
      name: "key",
      label: "API key",
      places: [{ in: "query", name: "key" }],
      helpUrl: "https://trello.com/power-ups/admin",
    },
    { name: "token", label: "Token", places: [{ in: "query", name: "token" }] },
  ],
};
const secrets = () => ({ key: new Secret("canary-key"), token: new Secret("canary-token") });

eachEngine((open) => {
  let house: House;
  let integrationId: string;
  beforeAll(async () => {
    house = await openHouse({
      database: await open(),
      platformClient: (slug) => (slug === "platform" ? { clientId: "the platform's" } : undefined),
    });
    integrationId = (
      await house.integrate({
        slug: "trello",
        auth: [
          trello,
          { type: "basic", id: "basic" },
          { type: "bearer_token", id: "token" },
          { type: "none", id: "none" },
        ],
      })
    ).id;
  });
  afterAll(() => house.connections.close());
  const connect = (more: Partial<Parameters<House["connections"]["connectWithSecrets"]>[1]> = {}) =>
    house.connections.connectWithSecrets(house.scope, {
      integrationId,
      methodId: "key_and_token",
      secrets: secrets(),
      ...more,
    });
  const placed = async (id: string) =>
    (await house.connections.authorize(house.scope, id)).placements.map(({ place, secret }) => [
      place.in,
      secret.reveal(),
    ]);

  it("connects with several named secrets, pending until a live read has proven it", async () => {
    const connection = await connect({ label: "work" });
    expect(connection).toMatchObject({
      slug: "trello",
      label: "work",
      status: "pending",
      isDefault: true,
      provenAt: null,
    });
    expect(await placed(connection.id)).toEqual([
      ["query", "canary-key"],
      ["query", "canary-token"],
    ]);
    expect(await house.connections.proven(house.scope, connection.id)).toMatchObject({
      status: "connected",
      provenAt: expect.any(Date),
    });
    expect(await house.connections.refused(house.scope, connection.id, 503)).toMatchObject({ status: "failing" });
    expect(await house.connections.refused(house.scope, connection.id, 401)).toMatchObject({ status: "sign_in_again" });
  });

  it("seals what was typed: no row holds it", async () => {
    const { id } = await connect();
    const rows = await withinTenant(house.database, house.scope.tenantId, (tx) => tx.select().from(credentialVersion));
    expect(rows.some(({ connectionId }) => connectionId === id)).toBe(true);
    expect(JSON.stringify(rows)).not.toContain("canary");
    expect(JSON.stringify(await house.connections.list(house.scope))).not.toContain("canary");
  });

  it("names what was left empty as the form does", async () => {
    await expect(connect({ secrets: { key: new Secret("  ") } })).rejects.toThrow(
      "Fill in API key, Token and try again.",
    );
  });

  it("is friendly to what people paste", async () => {
    const { id } = await connect({
      methodId: "token",
      secrets: { access_token: new Secret(' "Bearer canary-token"\n') },
    });
    expect(await placed(id)).toEqual([["header", "canary-token"]]);
  });

  it("keeps the blanks of a password, and names the account after its user", async () => {
    const connection = await connect({
      methodId: "basic",
      secrets: { username: new Secret("ada@example.com"), password: new Secret(" p w ") },
    });
    expect(connection.label).toBe("ada@example.com");
    expect(await placed(connection.id)).toEqual([
      ["basic_user", "ada@example.com"],
      ["basic_password", " p w "],
    ]);
  });

  it("does not show a key as the account's name because it was typed as user", async () => {
    const connection = await connect({
      methodId: "basic",
      secrets: { username: new Secret("sk_live_51Hcanary"), password: new Secret("x") },
    });
    expect(connection.label).not.toContain("canary");
  });

  it("keeps accounts apart by name, has one default, and gives it on when that is disconnected", async () => {
    const { id } = await house.integrate({ slug: "accounts", auth: [trello] });
    const first = await connect({ integrationId: id, label: "me" });
    const second = await connect({ integrationId: id, label: "me" });
    expect([first.isDefault, second.isDefault, second.label]).toEqual([true, false, "me (2)"]);
    await house.connections.setDefault(house.scope, second.id);
    expect((await house.connections.list(house.scope, id)).map(({ label, isDefault }) => [label, isDefault])).toEqual([
      ["me (2)", true],
      ["me", false],
    ]);
    await house.connections.disconnect(house.scope, second.id);
    expect(await house.connections.list(house.scope, id)).toMatchObject([{ id: first.id, isDefault: true }]);
  });

  it("stops at a pause at once, also in another server, and goes on after it", async () => {
    const other = house.another();
    const { id } = await connect();
    await other.authorize(house.scope, id);
    await house.connections.pause(house.scope, id);
    await expect(house.connections.authorize(house.scope, id)).rejects.toMatchObject({ code: "connection_paused" });
    await expect
      .poll(() =>
        other.authorize(house.scope, id).then(
          () => "goes on",
          (error: { code: string }) => error.code,
        ),
      )
      .toBe("connection_paused");
    await house.connections.resume(house.scope, id);
    expect(await placed(id)).toHaveLength(2);
    await other.close();
  });

  it("gives a connection another way to sign in, and its label and place as default stay", async () => {
    const { id } = await house.integrate({ slug: "moving", auth: [trello, { type: "bearer_token", id: "token" }] });
    const before = await connect({ integrationId: id, label: "mine" });
    const after = await connect({
      integrationId: id,
      connectionId: before.id,
      methodId: "token",
      secrets: { access_token: new Secret("canary-2") },
    });
    expect(after).toMatchObject({ id: before.id, label: "mine", isDefault: true, authMethodId: "token" });
    expect(await placed(after.id)).toEqual([["header", "canary-2"]]);
    await house.connections.goBack(house.scope, after.id, 1);
    expect(await placed(after.id)).toHaveLength(2);
  });

  it("resolves base URL and hosts with what was typed", async () => {
    const { id } = await house.integrate({
      slug: "zendesk",
      auth: [trello],
      baseUrl: "https://{subdomain}.zendesk.com/api",
      hosts: ["{subdomain}.zendesk.com"],
      variables: [{ name: "subdomain", label: "Subdomain" }],
    });
    await expect(connect({ integrationId: id })).rejects.toThrow("Fill in Subdomain and try again.");
    const connection = await connect({ integrationId: id, variables: { subdomain: "acme" } });
    expect(await house.connections.describe(house.scope, connection.id)).toMatchObject({
      baseUrl: "https://acme.zendesk.com/api",
      hosts: ["acme.zendesk.com"],
    });
  });

  it("hides another person's and another tenant's connection", async () => {
    const { id } = await connect();
    const stranger = await house.database.createTenant("other", { name: "Eve" });
    await house.connections.authorize(house.scope, id);
    for (const scope of [
      stranger,
      { ...house.scope, personId: stranger.personId },
      { ...stranger, personId: house.scope.personId },
    ]) {
      await expect(house.connections.authorize(scope, id)).rejects.toMatchObject({ code: "not_found" });
      await expect(house.connections.describe(scope, id)).rejects.toMatchObject({ code: "not_found" });
      await expect(house.connections.disconnect(scope, id)).rejects.toMatchObject({ code: "not_found" });
    }
  });

  it("uses the tenant's own OAuth client before the platform's, and tells how to register one", async () => {
    const oauth2 = {
      type: "oauth2",
      id: "browser",
      authorizationEndpoint: "https://example.com/a",
      tokenEndpoint: "https://example.com/t",
      setup: { createUrl: "https://example.com/apps", steps: ["Press New."] },
    };
    const { id } = await house.integrate({ slug: "platform", auth: [oauth2] });
    const clientId = async () =>
      new URL(
        (await house.connections.startOAuth(house.scope, { integrationId: id, methodId: "browser", returnTo: "/done" }))
          .url,
      ).searchParams.get("client_id");
    expect(await clientId()).toBe("the platform's");
    await house.connections.clients.save(house.scope, {
      slug: "platform",
      clientId: "our own",
      clientSecret: new Secret("canary"),
    });
    expect(await clientId()).toBe("our own");
    expect(JSON.stringify(await house.connections.clients.list(house.scope))).not.toContain("canary");
    expect(await house.connections.clients.setup(house.scope, "platform")).toEqual({
      slug: "platform",
      name: "platform",
      redirectUri: `${publicUrl}/oauth/callback/platform`,
      createUrl: "https://example.com/apps",
      steps: ["Press New."],
      configured: true,
    });
    await house.connections.clients.remove(house.scope, "platform");
    expect(await clientId()).toBe("the platform's");
  });

  it("makes a card of an integration's ways to sign in, without their places", async () => {
    const card = await house.connections.signInCard(house.scope, integrationId, { reason: "to see your boards" });
    expect(card).toMatchObject({ integration: { slug: "trello" }, reason: "to see your boards" });
    expect(card.methods.map(({ id, available, fields }) => [id, available, fields.map(({ name }) => name)])).toEqual([
      ["key_and_token", true, ["key", "token"]],
      ["basic", true, ["username", "password"]],
      ["token", true, ["access_token"]],
      ["none", true, []],
    ]);
    expect(JSON.stringify(card)).not.toContain("places");
  });
});
