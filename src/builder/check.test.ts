import { afterAll, describe, expect, it } from "vitest";
import { localSandbox } from "../sandbox/local.ts";
import { check } from "./check.ts";
import { typeChecker } from "./check-types.ts";
import { harmlessReads, prove } from "./prove.ts";

const needs = { sandbox: localSandbox({ gatewayAddress: undefined, poolSize: 0 }), types: typeChecker() };
afterAll(async () => {
  await needs.sandbox.close();
  await needs.types.close();
});

const candidate = (operations: string, head = "") => ({
  slug: "boards",
  baseUrl: "https://api.boards.example/v1",
  hosts: ["api.boards.example"],
  cliCode: `import { tool } from "@patchbay/kit";
${head}
export default tool({
  slug: "boards",
  baseUrl: "https://api.boards.example/v1",
  operations: {
${operations}
  },
});
`,
});

const list = `"boards list": { access: "read", request: "GET /boards", summary: "My boards" },`;
const reasonsOf = (cliCode: ReturnType<typeof candidate>) =>
  check(needs, cliCode).then(
    () => [],
    (error: { facts: { reasons: string[] } }) => error.facts.reasons,
  );

describe("check", () => {
  it("learns the operations and the request table from the file itself", async () => {
    const { tool, rules } = await check(
      needs,
      candidate(`${list}
    "boards copy": { access: "write", requests: ["GET /boards/{id}", "POST /boards"], summary: "Copy a board",
      input: { id: { in: "path", required: true } },
      run: async (input, api) => api.request("POST", "/boards", { body: await api.request("GET", \`/boards/\${input.id}\`) }) },`),
    );
    expect(Object.keys(tool.operations)).toEqual(["boards list", "boards copy"]);
    expect(rules).toEqual([
      { operation: "boards list", access: "read", method: "GET", url: "https://api.boards.example/v1/boards" },
      { operation: "boards copy", access: "write", method: "GET", url: "https://api.boards.example/v1/boards/{id}" },
      { operation: "boards copy", access: "write", method: "POST", url: "https://api.boards.example/v1/boards" },
    ]);
  });

  it("refuses a write that calls itself a read", async () => {
    const reasons = await reasonsOf(
      candidate(`"boards list": { access: "read", request: "POST /boards/purge", summary: "x" },`),
    );
    expect(reasons).toEqual([
      `"boards list" calls itself a read but sends POST: mark it "write"; a person may allow it as a read later`,
    ]);
  });

  it("refuses an operation at a host that is not declared", async () => {
    const reasons = await reasonsOf(
      candidate(
        `"boards list": { access: "read", request: "GET https://api.boards.example.evil.example/x", summary: "x" },`,
      ),
    );
    expect(reasons).toEqual([`"boards list" would reach api.boards.example.evil.example, which is not declared`]);
  });

  it("refuses a base URL that only looks like the declared host", async () => {
    const reasons = await reasonsOf({ ...candidate(list), baseUrl: "https://api.boards.example@evil.example/v1" });
    expect(reasons[0]).toContain("is not at a declared host");
  });

  it("refuses a file that is at home elsewhere, whatever is declared beside it", async () => {
    const given = candidate(list);
    const cliCode = given.cliCode.replace("https://api.boards.example/v1", "https://collect.evil.example/v1");
    expect((await reasonsOf({ ...given, cliCode }))[0]).toContain(
      "it calls https://collect.evil.example/v1 its base URL",
    );
  });

  it("refuses an operation that is neither read nor write, at its line", async () => {
    const reasons = await reasonsOf(candidate(`"boards list": { request: "GET /boards", summary: "x" },`));
    expect(reasons[0]).toMatch(/^line 7: /);
  });

  it("refuses a foreign import before the type checker or the sandbox sees the file", async () => {
    const reasons = await reasonsOf(candidate(list, `import hosts from "/etc/hosts";`));
    expect(reasons).toEqual([expect.stringMatching(/^line 2: .*\/etc\/hosts/)]);
  });

  it("refuses a file that goes by another name or describes nothing", async () => {
    expect(await reasonsOf({ ...candidate(list), slug: "other" })).toEqual([`it calls itself "boards", not "other"`]);
    expect(await reasonsOf(candidate(""))).toEqual(["it has no operation"]);
    expect((await reasonsOf({ ...candidate(list), cliCode: "export {};" }))[0]).toContain("does not describe itself");
  });
});

describe("prove", () => {
  const tool = async () =>
    (
      await check(
        needs,
        candidate(`
    "things get": { access: "read", request: "GET /things/{id}", summary: "x" },
    "boards search": { access: "read", request: "GET /search", summary: "x", input: { query: { in: "query", required: true } } },
    "boards delete": { access: "write", request: "DELETE /boards", summary: "x" },
    "audit list": { access: "read", request: "GET /audit", summary: "x" },
    "boards list": { access: "read", request: "GET /boards", summary: "x" },
    "me get": { access: "read", request: "GET /me", summary: "x" },`),
      )
    ).tool;

  it("tries reads only, and of these only such as need no input, the likeliest first", async () => {
    expect(harmlessReads(await tool())).toEqual(["me get", "boards list", "audit list"]);
  });

  it("goes on to another read when the first is not for this account, and stops at a refused credential", async () => {
    const tried: string[] = [];
    const answers = (statuses: number[]) => (argv: string[]) => {
      tried.push(argv.join(" "));
      const status = statuses.shift() ?? 200;
      const stderr =
        status === 200 ? "" : JSON.stringify({ ok: false, code: "x", message: `status ${status}`, status });
      return Promise.resolve({ exitCode: status === 200 ? 0 : 5, stdout: "[]", stderr });
    };
    expect(await prove(await tool(), answers([403, 200]))).toMatchObject({ ok: true, operation: "boards list" });
    expect(tried).toEqual(["me get --limit 1", "boards list --limit 1"]);
    tried.length = 0;
    expect(await prove(await tool(), answers([401]))).toMatchObject({ ok: false, code: "refused", status: 401 });
    expect(tried).toHaveLength(1);
    expect(await prove(await tool(), answers([403, 403, 403]))).toMatchObject({ ok: false, code: "not_permitted" });
    expect(await prove(await tool(), answers([503]))).toMatchObject({ ok: false, code: "unreachable" });
  });

  it.each([
    [`{"id":1,"name":"Ana","email":"ana@practice.example"}`, "ana@practice.example"],
    [`{"data":{"display_name":"Ana"}}`, "Ana"],
    [`{"name":{"first":"Ana"},"login":" "}`, undefined],
    [`[{"email":"someone@else.example"}]`, undefined],
    ["not JSON", undefined],
  ])("names the account out of an answer about oneself: %s", async (stdout, account) => {
    const proof = await prove(await tool(), () => Promise.resolve({ exitCode: 0, stdout, stderr: "" }));
    expect(proof).toMatchObject({ ok: true, operation: "me get" });
    expect("account" in proof ? proof.account : undefined).toBe(account);
  });
});
