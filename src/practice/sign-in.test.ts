import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPractice } from "./start.ts";
import type { PracticeService } from "./start.ts";

let service: PracticeService;
beforeAll(async () => void (service = await startPractice()));
afterAll(() => service.close());

const ask = (query: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  fetch(`${service.url}/v1/me?${new URLSearchParams(query)}`, { headers });
const bensKeys = async () => {
  const page = await (
    await fetch(`${service.url}/keys`, { method: "POST", body: new URLSearchParams({ person: "ben" }) })
  ).text();
  const [apiKey = "", key = "", token = ""] = [...page.matchAll(/<pre>([^<]+)<\/pre>/g)].map(([, text]) => text ?? "");
  return { apiKey, pair: { key, token } };
};

describe("signing in with keys", () => {
  it("takes the key in the header", async () => {
    const answer = await ask({}, { "x-board-key": service.keys.apiKey });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { id: "ana", name: "Ana Alves", email: "ana@practice.example" },
    ]);
  });

  it("takes key and token together in the query", async () => {
    expect((await ask(service.keys.pair)).status).toBe(200);
  });

  it("tells people apart by their keys", async () => {
    const keys = await bensKeys();
    expect(await (await ask({}, { "x-board-key": keys.apiKey })).json()).toMatchObject({ id: "ben" });
    expect(await (await ask(keys.pair)).json()).toMatchObject({ id: "ben" });
  });

  it.each([
    ["no sign-in at all", "sign_in_needed", () => ({})],
    ["a key without its token", "incomplete_key", () => ({ query: { key: service.keys.pair.key } })],
    ["a token without its key", "incomplete_key", () => ({ query: { token: service.keys.pair.token } })],
    ["a wrong token", "invalid_key", () => ({ query: { key: service.keys.pair.key, token: "0".repeat(64) } })],
    [
      "key and token swapped",
      "invalid_key",
      () => ({ query: { key: service.keys.pair.token, token: service.keys.pair.key } }),
    ],
    [
      "key and token cut at another place",
      "invalid_key",
      () => ({
        query: {
          key: service.keys.pair.key + service.keys.pair.token.slice(0, 1),
          token: service.keys.pair.token.slice(1),
        },
      }),
    ],
    [
      "the header key in the query",
      "invalid_key",
      () => ({ query: { key: service.keys.apiKey, token: service.keys.apiKey } }),
    ],
    ["the query key in the header", "invalid_key", () => ({ headers: { "x-board-key": service.keys.pair.key } })],
    ["a key as bearer token", "invalid_token", () => ({ headers: { authorization: `Bearer ${service.keys.apiKey}` } })],
    ["an empty key", "invalid_key", () => ({ headers: { "x-board-key": "" } })],
    [
      "an ended bearer token beside a good key",
      "invalid_token",
      () => ({ headers: { authorization: "Bearer ended", "x-board-key": service.keys.apiKey } }),
    ],
  ])(
    "refuses %s",
    async (_, code, attempt: () => { query?: Record<string, string>; headers?: Record<string, string> }) => {
      const { query, headers } = attempt();
      const answer = await ask(query, headers);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ error: { code } });
      expect(answer.headers.get("www-authenticate")).toContain(
        `resource_metadata="${service.url}/.well-known/oauth-protected-resource/v1"`,
      );
    },
  );

  it("refuses one person's key with another's token", async () => {
    const ben = await bensKeys();
    expect((await ask({ key: service.keys.pair.key, token: ben.pair.token })).status).toBe(401);
  });

  it("shows keys only to who sends the form, not to who reads the page", async () => {
    const pages = await Promise.all(
      ["/", "/keys", "/docs", "/docs/authentication", "/openapi.json"].map(async (path) =>
        (await fetch(service.url + path)).text(),
      ),
    );
    for (const page of pages)
      for (const secret of [service.keys.apiKey, service.keys.pair.key, service.keys.pair.token])
        expect(page).not.toContain(secret);
  });
});

describe("the log", () => {
  it("says who asked and how, and holds no secret", async () => {
    await ask(service.keys.pair);
    await ask({}, { "x-board-key": service.keys.apiKey });
    const [pair, header] = service.log().slice(-2);
    expect(pair).toMatchObject({
      method: "GET",
      path: "/v1/me",
      status: 200,
      account: "ana",
      signIn: "key_and_token",
      operationId: "getMe",
      query: { key: "[masked]", token: "[masked]" },
    });
    expect(header).toMatchObject({ account: "ana", signIn: "api_key" });
    for (const secret of [service.keys.apiKey, service.keys.pair.key, service.keys.pair.token])
      expect(JSON.stringify(service.log())).not.toContain(secret);
  });

  it("keeps what was written, with its digest", async () => {
    const body = JSON.stringify({ name: "Milk" });
    await fetch(`${service.url}/v1/lists/lst_kitchen_todo/cards`, {
      method: "POST",
      body,
      headers: { "x-board-key": service.keys.apiKey, "content-type": "application/json" },
    });
    expect(service.log().at(-1)).toMatchObject({
      operationId: "createCard",
      status: 201,
      body: { bytes: 15, json: { name: "Milk" }, sha256: createHash("sha256").update(body).digest("hex") },
    });
  });
});

it("answers a form it cannot read with the form again", async () => {
  const answer = await fetch(`${service.url}/keys`, {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: "ana",
  });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("Whose keys")]);
});
