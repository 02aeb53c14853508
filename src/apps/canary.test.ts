import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import { secretFields } from "../contract/auth-method.ts";
import type { ChatEvent } from "../contract/chat.ts";
import { withinTenant } from "../database/database.ts";
import { serveScriptedModel } from "../llm/testing.ts";
import { openHouse, type House } from "./assemble.ts";
import { readSettings } from "./env.ts";

/** A service that shows everything it was sent, in its answers and in its errors, with a sign-in of every kind. */
const schemes = {
  inHeader: { type: "apiKey", in: "header", name: "X-Key" },
  inQuery: { type: "apiKey", in: "query", name: "key" },
  inCookie: { type: "apiKey", in: "cookie", name: "session" },
  asBearer: { type: "http", scheme: "bearer" },
  asBasic: { type: "http", scheme: "basic" },
};
const operation = (operationId: string) => ({ operationId, responses: { 200: { description: "ok" } } });
const document = (url: string) => ({
  openapi: "3.1.0",
  info: { title: "Parrot", version: "1" },
  servers: [{ url }],
  components: { securitySchemes: schemes },
  security: Object.keys(schemes).map((name) => ({ [name]: [] })),
  paths: {
    "/me": { get: operation("getMe") },
    "/failure": { get: operation("getFailure") },
    "/notes": {
      post: {
        ...operation("createNote"),
        requestBody: {
          content: { "application/json": { schema: { type: "object", properties: { text: { type: "string" } } } } },
        },
      },
    },
  },
});

const seen: string[] = [];
const parrot = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const { port } = parrot.address() as AddressInfo;
  if (request.url === "/openapi.json") return response.end(JSON.stringify(document(`http://127.0.0.1:${port}`)));
  const told = JSON.stringify({ email: "ann@parrot.example", url: request.url, headers: request.headers, body });
  seen.push(told);
  response.writeHead(request.url?.startsWith("/failure") ? 500 : 200, {
    "content-type": "application/json",
    "x-told": encodeURIComponent(told),
  });
  return response.end(told);
});

const folder = mkdtempSync(join(tmpdir(), "patchbay-canary-"));
const canaries: string[] = [];
const logged: string[] = [];
let house: House;
let model: Awaited<ReturnType<typeof serveScriptedModel>>;

beforeAll(async () => {
  await new Promise<void>((resolve) => parrot.listen(0, "127.0.0.1", resolve));
  const command =
    "parrot me get; parrot failure get; parrot notes create --text hello; parrot me get > all.json; cat all.json";
  model = await serveScriptedModel(({ last }) =>
    last.startsWith("look with ")
      ? {
          blocks: [
            {
              type: "tool_use",
              name: "bash",
              input: { command: command.replaceAll("parrot ", `parrot --account ${last.slice(10)} `) },
            },
          ],
        }
      : { blocks: [{ type: "text", text: "That is all." }] },
  );
  house = await openHouse(
    readSettings({
      DATA_DIR: folder,
      PORT: "0",
      PRACTICE_PORT: "0",
      ANTHROPIC_API_KEY: canary("model"),
      ANTHROPIC_BASE_URL: model.url,
      ALLOW_PRIVATE_HOSTS: `127.0.0.1:${(parrot.address() as AddressInfo).port}`,
    }),
    (entry) => void logged.push(JSON.stringify(entry)),
  );
  await house.begin();
});
afterAll(async () => {
  await house.close();
  await model.close();
  parrot.close();
  rmSync(folder, { recursive: true, force: true });
});

function canary(name: string): string {
  const text = `canary-${name}-${randomBytes(12).toString("hex")}`;
  canaries.push(text);
  return text;
}

/** The forms in which a secret could slip through a search for itself. */
const formsOf = (text: string) => [
  text,
  Buffer.from(text).toString("base64").slice(0, -4),
  Buffer.from(text).toString("hex"),
  [...text].toReversed().join(""),
];

it("keeps a canary in every credential place out of logs, events, prompts, answers, files and the database", async () => {
  const scope = await house.people.owner();
  const url = `http://127.0.0.1:${(parrot.address() as AddressInfo).port}/openapi.json`;
  const integration = await house.builder.build(
    scope,
    { url },
    { onStep: (step) => logged.push(JSON.stringify(step)) },
  );
  if ("kind" in integration) throw new Error("the parrot has a document");
  const told: string[] = [];
  const ways = integration.auth.filter((method) => secretFields(method).length > 0);
  expect(ways.length).toBe(5);

  for (const [index, method] of ways.entries()) {
    const secrets = Object.fromEntries(
      secretFields(method).map(({ name }) => [name, new Secret(canary(`${method.id}-${name}`))]),
    );
    const connection = await house.connections.connectWithSecrets(scope, {
      integrationId: integration.id,
      methodId: method.id,
      secrets,
      variables: {},
      label: `way${index}`,
    });
    expect(await house.prove(scope, connection.id)).toMatchObject({ ok: true });
    const { id } = await house.agent.conversations.create(scope, "canary");
    await house.agent.say(scope, id, `look with way${index}`);
    const ended = new AbortController();
    for await (const event of house.agent.events(scope, id, {
      after: 0,
      signal: ended.signal,
    }) as AsyncIterable<ChatEvent>) {
      told.push(JSON.stringify(event));
      if (event.body.type === "approval_asked")
        told.push(JSON.stringify(await house.runs.approvals.answer(scope, event.body.approval.id, "yes")));
      if (event.body.type === "turn_ended") break;
    }
    ended.abort();
    told.push(new TextDecoder().decode(await house.runs.files.read(scope, id, "all.json")));
  }
  // The service did get each of them, in the forms it wants, and did tell them back.
  const arrived = seen.join("\n");
  for (const text of canaries.slice(1)) {
    expect(arrived.includes(text) || /basic/i.test(text), text).toBe(true);
  }
  expect(told.join("\n")).toContain("[secret]");

  const rows = await withinTenant(house.database, scope.tenantId, async (tx) => {
    const tables = await tx.execute(
      sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const names = (Array.isArray(tables) ? tables : (tables as { rows: unknown[] }).rows) as { name: string }[];
    const all: string[] = [];
    for (const { name } of names)
      all.push(JSON.stringify(await tx.execute(sql`select to_jsonb(t) from ${sql.identifier(name)} t`)));
    return all;
  });
  const places = {
    log: logged.join("\n"),
    "events and approvals": told.join("\n"),
    prompts: model.requests.map(({ body }) => JSON.stringify(body)).join("\n"),
    rows: rows.join("\n"),
    audit: JSON.stringify(await house.records.activity(scope, { limit: 500 })),
    "files on disk": filesBelow(folder)
      .map((file) => textOf(file))
      .join("\n"),
  };
  // The search looks where things are: what is no secret is found in each place.
  for (const place of ["events and approvals", "prompts", "rows", "files on disk"] as const) {
    expect(places[place], place).toContain("ann@parrot.example");
  }
  expect(places.log.length * places.audit.length).toBeGreaterThan(0);
  expect(arrived).toContain(`{\\"text\\":\\"hello\\"}`);
  for (const [place, text] of Object.entries(places)) {
    for (const each of canaries)
      for (const form of formsOf(each)) expect(text.includes(form), `${each.slice(0, 24)}… in ${place}`).toBe(false);
  }
});

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
}
