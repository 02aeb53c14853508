import { randomBytes } from "node:crypto";
import { isContractProcedure } from "@orpc/contract";
import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { procedures } from "../../contract/procedures.ts";
import { openDatabase } from "../../database/open.ts";
import { freshPostgres } from "../../database/testing.ts";
import { connectTo } from "../cli/client.ts";
import { runningServer } from "../testing/running-server.ts";
import { createPeople } from "./people.ts";

// Ann has one of everything; Eve, of another tenant of the same server, knows every id of hers, and has the same integration
// herself. Whatever procedure takes an id is called by Eve with Ann's.

const url = await freshPostgres();
const served = runningServer({
  environment: { DATABASE_URL: url.reveal(), VAULT_KEYS: `k1:${randomBytes(32).toString("base64")}` },
});
let eve: string;
let before: unknown;
let ann: Record<"conversation" | "connection" | "approval" | "policy" | "key" | "version", string>;

beforeAll(async () => {
  const { api, practice, rest, local } = served();
  const connected = async (client: typeof api) => {
    await client.integrations.create({ wish: "the practice service" });
    const secrets = { x_board_key: practice.keys.apiKey };
    const { connection } = await client.connections.create({ slug: "practice", secrets });
    return { connection };
  };
  const { connection } = await connected(api);
  const [version] = await api.integrations.versions({ slug: "practice" });
  const conversation = await api.conversations.create({});
  const policy = await api.policies.add({ level: "tenant", operation: "boards delete", decision: "deny" });
  const key = await api.keys.create({ label: "hers" });
  const waiting = await rest("/run", { slug: "practice", words: ["boards", "create", "--name", "Hers"] });
  ann = {
    conversation: conversation.id,
    connection: connection.id,
    policy: policy.id,
    key: key.id,
    version: version?.versionId ?? "",
    approval: z.object({ waiting: z.object({ id: z.string() }) }).parse(waiting.body).waiting.id,
  };
  const database = await openDatabase({ url });
  const people = createPeople(database);
  const { key: token } = await people.makeKey(await database.createTenant("Other", { name: "Eve" }), "eve");
  await database.close();
  await connected(connectTo({ url: local, token }));
  eve = token;
  before = await everything();
}, 90_000);

/** What Ann sees of her own. */
async function everything() {
  const { api } = served();
  return {
    conversations: await api.conversations.list({}),
    said: await api.conversations.past({ id: ann.conversation }),
    files: await api.conversations.files({ id: ann.conversation }),
    connections: await api.connections.list(),
    approvals: await api.approvals.list({}),
    policies: await api.policies.list(),
    keys: (await api.keys.list()).map(({ id }) => id),
    versions: await api.integrations.versions({ slug: "practice" }),
  };
}

type Case = { input: (of: typeof ann) => object; expected?: object };

const ofConversation = (more: object = {}): Case => ({ input: ({ conversation }) => ({ id: conversation, ...more }) });
const ofConnection = (more: object = {}): Case => ({ input: ({ connection }) => ({ id: connection, ...more }) });
const ofVersion: Case = { input: ({ version }) => ({ slug: "practice", versionId: version }) };

const cases: Record<string, Case> = {
  "keys.revoke": { input: ({ key }) => ({ id: key }) },
  "conversations.rename": ofConversation({ title: "Eve's" }),
  "conversations.delete": ofConversation(),
  "conversations.say": ofConversation({ text: "hello" }),
  "conversations.decideBuild": ofConversation({ buildId: crypto.randomUUID(), answer: "yes" }),
  "conversations.stop": ofConversation(),
  "conversations.consent": ofConversation({ cardId: "1", answer: "yes" }),
  "conversations.events": ofConversation(),
  "conversations.past": ofConversation(),
  "conversations.requests": ofConversation({ callId: "1" }),
  "conversations.files": ofConversation(),
  "conversations.file": ofConversation({ path: "a.txt" }),
  "conversations.saveFile": ofConversation({ path: "a.txt", text: "x" }),
  "approvals.list": { input: ({ conversation }) => ({ conversationId: conversation }), expected: [] },
  "approvals.answer": { input: ({ approval }) => ({ id: approval, answer: "yes" }) },
  "policies.add": {
    input: ({ connection }) => ({ level: "connection", subject: connection, operation: "*", decision: "allow" }),
  },
  "policies.remove": { input: ({ policy }) => ({ id: policy }) },
  "integrations.signInCard": { input: ({ connection }) => ({ slug: "practice", connectionId: connection }) },
  "integrations.difference": ofVersion,
  "integrations.publish": ofVersion,
  "integrations.discard": ofVersion,
  "integrations.rollback": ofVersion,
  "integrations.files": ofVersion,
  "integrations.export": ofVersion,
  "integrations.compare": { input: ({ version }) => ({ slug: "practice", from: version, to: version }) },
  "connections.create": {
    input: ({ connection }) => ({ slug: "practice", connectionId: connection, secrets: { x_board_key: "canary" } }),
  },
  "connections.test": ofConnection(),
  "connections.pause": ofConnection(),
  "connections.resume": ofConnection(),
  "connections.rename": ofConnection({ label: "Eve's" }),
  "connections.setDefault": ofConnection(),
  "connections.versions": ofConnection(),
  "connections.goBack": ofConnection({ version: 1 }),
  "connections.delete": ofConnection(),
  "oauth.start": { input: ({ connection }) => ({ slug: "practice", connectionId: connection }) },
  // The practice service offers no sign-in by code: this is as far as it goes.
  "oauth.device": {
    input: ({ connection }) => ({ slug: "practice", connectionId: connection }),
    expected: { code: "oauth_refused" },
  },
  "activity.list": { input: ({ connection }) => ({ connectionId: connection }), expected: { entries: [] } },
};

/** Every procedure with the schema of its input, as `integrations.publish`. */
function inputs(router: object, path: string[] = []): [string, z.ZodType | undefined][] {
  return Object.entries(router).flatMap(([name, part]: [string, object]): [string, z.ZodType | undefined][] => {
    const at = [...path, name];
    if (!isContractProcedure(part)) return inputs(part, at);
    const { inputSchema } = part["~orpc"];
    return [[at.join("."), inputSchema instanceof z.ZodType ? inputSchema : undefined]];
  });
}

/** Whether an input names something that belongs to somebody. */
const takesId = (schema: z.ZodType | undefined) =>
  schema !== undefined &&
  /"format":"uuid"|"(id|subject|(?!client|method)\w+Id)":\{/.test(
    JSON.stringify(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })),
  );

async function call(name: string, input: object) {
  const answer = await fetch(`${served().local}/rpc/${name.replaceAll(".", "/")}`, {
    method: "POST",
    headers: { authorization: `Bearer ${eve}`, "content-type": "application/json" },
    body: JSON.stringify({ json: input }),
    signal: AbortSignal.timeout(20_000),
  });
  return z.object({ json: z.unknown() }).parse(await answer.json()).json;
}

it("knows of every procedure that takes an id", () => {
  const taking = inputs(procedures).filter(([, schema]) => takesId(schema));
  expect(taking.map(([name]) => name).toSorted()).toEqual(Object.keys(cases).toSorted());
});

it.each(Object.keys(cases))("%s finds nothing by another tenant's id", async (name) => {
  const { input, expected = { code: "not_found" } } = cases[name] as Case;
  expect(await call(name, input(ann))).toMatchObject(expected);
});

it("does not tell another tenant's conversation of a sign-in that names it", async () => {
  const secrets = { x_board_key: served().practice.keys.apiKey };
  const named = { slug: "practice", conversationId: ann.conversation, cardId: "card_1", secrets, label: "Second" };
  expect(await call("connections.create", named)).toMatchObject({ code: "not_found" });
});

it("leaves everything of hers as it was", async () => {
  expect(await everything()).toEqual(before);
});
