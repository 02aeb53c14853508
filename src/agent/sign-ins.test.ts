import { afterAll, beforeAll, expect, it } from "vitest";
import type { Scope } from "../contract/scope.ts";
import type { Database } from "../database/database.ts";
import { scratchDatabase } from "../database/testing.ts";
import { createEvents, type Events } from "./events.ts";
import { createConversations } from "./conversations.ts";
import { createSignIns } from "./sign-ins.ts";

let database: Database;
let events: Events;
let scope: Scope;
let shown = 0;
beforeAll(async () => {
  database = await scratchDatabase();
  events = await createEvents(database);
  scope = await database.createTenant("test", { name: "Ann" });
});
afterAll(async () => {
  await events.close();
  await database.close();
});

const signIns = () =>
  createSignIns({
    database,
    events,
    signInCardAgain: async (_scope, connectionId) => ({
      cardId: `card-${(shown += 1)}`,
      integration: { id: "i", slug: "trello", name: "Trello" },
      methods: [],
      again: { connectionId, label: "Ann", scopes: [] },
    }),
  });
const conversations = () => createConversations({ database, end: async () => undefined });

async function typesIn(id: string): Promise<string[]> {
  const enough = AbortSignal.timeout(300);
  const types: string[] = [];
  for await (const { body } of events.follow(scope, id, { after: 0, signal: enough })) {
    types.push(
      body.type === "sign_in_needed" || body.type === "connected" ? `${body.type} ${cardOf(body)}` : body.type,
    );
  }
  return types;
}
const cardOf = (body: { cardId?: string | undefined; card?: { cardId: string } }) => body.card?.cardId ?? body.cardId;

it("asks once until the person says something, and closes what still asks when the account is signed in", async () => {
  const { id } = await conversations().create(scope);
  const connectionId = "0190c1f2-7a1e-4cc0-9d3f-2b1f0a6c4e55";
  const all = signIns();
  await Promise.all([all.ask(scope, id, connectionId), all.ask(scope, id, connectionId)]);
  await events.append(scope, id, { type: "user_message", messageId: "m1", text: "again" });
  await all.ask(scope, id, connectionId);
  await all.tellEnded(scope, connectionId);
  await all.close(scope, { connectionId, slug: "trello", label: "Ann" });
  await all.close(scope, { connectionId, slug: "trello", label: "Ann" });
  expect(await typesIn(id)).toEqual([
    "sign_in_needed card-1",
    "user_message",
    "sign_in_needed card-2",
    "connected card-1",
    "connected card-2",
  ]);
});

it("tells of a sign-in that ended while nobody looked in the newest conversation, once", async () => {
  const { id } = await conversations().create(scope);
  const connectionId = "0190c1f2-7a1e-4cc0-9d3f-2b1f0a6c4e56";
  const before = shown;
  await signIns().tellEnded(scope, connectionId);
  await signIns().tellEnded(scope, connectionId);
  expect(await typesIn(id)).toEqual([`sign_in_needed card-${before + 1}`]);
});
