import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scratchDatabase } from "../database/testing.ts";
import { canary } from "../gateway/testing.ts";
import { type World, openWorld } from "./testing.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld(await scratchDatabase());
});
afterAll(async () => {
  await world.close();
  await world.database.close();
});

describe("a command in the shell", () => {
  it("reaches the service through the gateway and says which requests it made", async () => {
    world.service.answers((_, response) => {
      response.setHeader("content-type", "application/json");
      response.end('[{"id":"b1","name":"Plans"},{"id":"b2","name":"Shop"}]');
    });
    const { scope, conversationId } = world;
    const command = "desk boards list | jq -r '.[].name' | sort -r > names.txt; cat names.txt";
    const result = await world.runs.shell(scope, { conversationId, command });
    expect(result).toMatchObject({ exitCode: 0, stdout: "Shop\nPlans\n", stderr: "" });
    expect(result.requests).toMatchObject([
      { operation: "boards list", access: "read", method: "GET", path: "/boards", status: 200, outcome: "answered" },
    ]);
    expect(world.service.seen.at(-1)?.headers.authorization).toBe(`Bearer ${canary}`);
  });
});
