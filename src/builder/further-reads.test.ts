import { expect, it } from "vitest";
import type { ToolDescription } from "../contract/tool.ts";
import { furtherReads } from "./further-reads.ts";

const tool = (operations: Record<string, [access: "read" | "write", request: string]>): ToolDescription => ({
  slug: "acme",
  hosts: [],
  operations: Object.fromEntries(
    Object.entries(operations).map(([name, [access, request]]) => [name, { access, requests: [request] }]),
  ),
});
const acme = tool({
  "boards list": ["read", "GET /boards"],
  "boards get": ["read", "GET /boards/{board}"],
  "boards lists": ["read", "GET /boards/{board}/lists"],
  "lists cards": ["read", "GET /lists/{list}/cards"],
  "users get": ["read", "GET /users/{user}"],
  "boards delete": ["write", "DELETE /boards/{board}"],
});
const answering = (answers: Record<string, unknown>) => {
  const asked: string[] = [];
  const run = async (argv: string[]) => {
    asked.push(argv.join(" "));
    const answer = answers[argv.slice(0, 2).join(" ")] ?? [];
    if (typeof answer === "number") {
      const stderr = JSON.stringify({ ok: false, message: "no", status: answer });
      return { exitCode: 5, stdout: "", stderr };
    }
    return { exitCode: 0, stdout: JSON.stringify(answer), stderr: "" };
  };
  return { run, asked };
};

it("fills blanks with ids that earlier answers held, and tries no write", async () => {
  const { run, asked } = answering({ "boards list": [{ id: "brd_1" }], "boards lists": { items: [{ id: 42 }] } });
  const { trials } = await furtherReads(acme, run);
  expect(asked).toEqual([
    "boards list",
    "boards get --board brd_1",
    "boards lists --board brd_1",
    "lists cards --list 42",
  ]);
  expect(trials.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    "boards list worked",
    "boards get worked",
    "boards lists worked",
    "lists cards worked",
  ]);
  expect(JSON.stringify(trials)).not.toContain("brd_1");
});

it.each([401, 403])("stops at once when the service answers %i", async (status) => {
  const { run, asked } = answering({ "boards list": [{ id: "brd_1" }], "boards get": status });
  const { refused } = await furtherReads(acme, run);
  expect(refused).toEqual({ operation: "boards get", status });
  expect(asked).toHaveLength(2);
});

it("uses an id wherever a blank is called like the list that told it", async () => {
  const { run, asked } = answering({ "workspaces list": [{ id: 777 }] });
  const reads: Record<string, ["read", string]> = {
    "workspaces list": ["read", "GET /api/workspaces"],
    "dashboard get": ["read", "GET /api/dashboard/{workspace_id}"],
    "people get": ["read", "GET /people/{id}"],
  };
  const { untried } = await furtherReads(tool(reads), run);
  expect(asked).toEqual(["workspaces list", "dashboard get --workspace_id 777"]);
  expect(untried).toEqual([{ operation: "people get", why: "needs id" }]);
});

it.each([{ ok: false }, { success: false, data: 1 }])("takes %j for no read that worked", async (answer) => {
  const { run } = answering({ "boards list": answer });
  const { trials } = await furtherReads(tool({ "boards list": ["read", "GET /boards"] }), run);
  expect(trials).toMatchObject([{ operation: "boards list", outcome: "failed" }]);
});

it("says of each read why it was not tried, and waits for none", async () => {
  const { run } = answering({ "system version": { version: "1" } });
  const many = tool({
    "events list": ["read", "GET /events"],
    "debug profile": ["read", "GET /debug/profile"],
    "cards list": ["read", "GET /boards/{board}/cards"],
    "reports weekly": ["read", "GET /reports"],
    "news watch": ["read", "GET /watch"],
    "system version": ["read", "GET /version"],
  });
  many.operations["events list"]!.input = { timeout: { in: "query" } };
  many.operations["reports weekly"]!.input = { user_agent: { in: "query", required: true } };
  const asking = async (argv: string[]) =>
    argv[0] === "extra" ? { exitCode: 4, stdout: "", stderr: '{"message":"it asks","code":"asks_first"}' } : run(argv);
  many.operations["extra list"] = { access: "read", requests: ["GET /extra"] };
  const { trials, untried } = await furtherReads(many, asking);
  expect(trials.map(({ operation }) => operation)).toEqual(["system version"]);
  expect(Object.fromEntries(untried.map(({ operation, why }) => [operation, why]))).toEqual({
    "events list": "waits for news",
    "debug profile": "the service measures or copies itself",
    "news watch": "waits for news",
    "extra list": "asks first",
    "cards list": "needs board",
    "reports weekly": "needs user_agent",
  });
});

it("lets reads be by which a service measures or copies itself", async () => {
  const { run, asked } = answering({});
  await furtherReads(
    tool({ "debug cpuprof": ["read", "GET /debug/cpuprof"], "data dump": ["read", "GET /dump"] }),
    run,
  );
  expect(asked).toEqual([]);
});

it.each(["--help", "../../admin", "a b", "x".repeat(200), "-rf"])("puts no id like %j into a command", async (id) => {
  const { run, asked } = answering({ "boards list": [{ id }] });
  await furtherReads(acme, run);
  expect(asked).toEqual(["boards list"]);
});

it("goes on after a failure, and ends at its limits", async () => {
  const { run, asked } = answering({ "boards list": [{ id: "b1" }], "boards get": 500 });
  expect((await furtherReads(acme, run, { reads: 3, seconds: 5 })).trials).toHaveLength(3);
  expect(asked).toHaveLength(3);
  expect((await furtherReads(acme, run, { reads: 3, seconds: -1 })).trials).toEqual([]);
});
