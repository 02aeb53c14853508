import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import type { ToolDefinition } from "./definition.ts";
import { runTool } from "./index.ts";
import { runOn } from "./testing.ts";

const tool: ToolDefinition = {
  slug: "desk",
  baseUrl: "https://api.desk.example/v1",
  auth: {
    key: { in: "query", name: "key" },
    token: { in: "header", name: "Authorization", template: "Token {secret}" },
    username: { in: "basic_user" },
    password: { in: "basic_password" },
  },
  security: [
    ["key", "token"],
    ["username", "password"],
  ],
  operations: {
    "boards list": {
      id: "listBoards",
      access: "read",
      request: "GET /boards",
      input: {
        filter: { enum: ["open", "closed"] },
        limit: { type: "integer", max: 50 },
        ids: { type: "array", items: "integer" },
        archived: { type: "boolean" },
        fields: {},
      },
      pages: { by: "cursor", parameter: "cursor", next: "meta.next", items: "data" },
    },
    "cards create": {
      access: "write",
      request: "POST /boards/{board}/cards",
      input: {
        name: { required: true },
        count: { type: "integer" },
        owner: { type: "object", at: ["data", "owner"] },
        dry: { in: "query", type: "boolean" },
      },
      body: { required: true },
    },
    "files add": {
      access: "write",
      request: "POST /files",
      server: "https://upload.desk.example",
      input: { title: {}, picture: { type: "file" } },
      body: { types: ["multipart/form-data"] },
    },
    "pages list": {
      access: "read",
      request: "GET /pages",
      input: { size: { type: "integer" } },
      pages: { by: "page", parameter: "page", size: "size" },
    },
    "health get": { access: "read", request: "GET /health", security: [] },
    "find run": { access: "read", request: "GET /find", input: { q: { in: "body" } }, body: {} },
  },
};
const env = { DESK_KEY: "k 1", DESK_TOKEN: "t1" };

describe("inputs", () => {
  it("turns flags into typed values in their places", async () => {
    const { sent, code } = await runOn(
      tool,
      ["boards", "list", "--filter", "open", "--ids", "1,2", "--archived", "--query.fields", "a"],
      { env },
    );
    expect(code).toBe(0);
    expect(sent[0]?.url).toBe(
      "https://api.desk.example/v1/boards?filter=open&ids=1&ids=2&archived=true&fields=a&key=k%201",
    );
    expect(sent[0]?.headers.authorization).toBe("Token t1");
  });

  it("fills required inputs from plain words, and bodies down to nested fields", async () => {
    const { sent } = await runOn(
      tool,
      ["cards", "create", "b/1", "Buy milk", "--count", "3", "--owner.name", "Ann", "--dry"],
      { env },
    );
    expect(sent[0]).toMatchObject({
      method: "POST",
      url: "https://api.desk.example/v1/boards/b%2F1/cards?dry=true&key=k%201",
    });
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({ name: "Buy milk", count: 3, data: { owner: { name: "Ann" } } });
  });

  it.each([
    ["--input", ['{"board":"b","name":"x","extra":{"y":1}}'], undefined, { name: "x", extra: { y: 1 } }],
    ["--input @file", ["@card.json"], undefined, { name: "from file" }],
    ["--input -", ["-"], '{"board":"b","name":"piped"}', { name: "piped" }],
  ])("takes JSON by %s", async (_, input, stdin, body) => {
    const files = { "card.json": '{"board":"b","name":"from file"}' };
    const { sent } = await runOn(tool, ["cards", "create", "--input", ...input], { env, files, stdin });
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual(body);
  });

  it("takes a body that is piped when nothing else is given", async () => {
    const { sent } = await runOn(tool, ["cards", "create", "b"], { env, stdin: '{"name":"big"}' });
    expect(sent[0]?.body).toBe('{"name":"big"}');
  });

  it.each([
    ["not given", ["entries", "start", "work"], { created_with: "patchbay", entry: { name: "work" } }],
    ["given", ["entries", "start", "work", "--by", "me"], { created_with: "me", entry: { name: "work" } }],
    [
      "in the body",
      ["entries", "start", "--body", '{"created_with":"it","entry":{"name":"b"}}'],
      { created_with: "it", entry: { name: "b" } },
    ],
  ])("sends what is needed and usual when it is %s", async (_how, argv, body) => {
    const entries = {
      slug: "desk",
      baseUrl: "https://desk.example",
      operations: {
        "entries start": {
          access: "write" as const,
          request: "POST /entries",
          input: {
            by: { in: "body" as const, at: ["created_with"], required: true, default: "patchbay" },
            name: { in: "body" as const, at: ["entry", "name"], required: true },
            color: { in: "body" as const, default: "grey" },
          },
        },
      },
    };
    const { sent } = await runOn(entries, argv, { env });
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual(body);
  });

  it("shows in the example of a write what would narrow it", async () => {
    const scans = {
      slug: "desk",
      baseUrl: "https://desk.example",
      operations: {
        "folder scan": { access: "write" as const, request: "POST /scan", input: { folder: { in: "query" as const } } },
      },
    };
    const { stdout } = await runOn(scans, ["folder", "scan", "--help"], { env });
    expect(stdout).toContain("example: desk folder scan [--folder …]");
  });

  it("keeps digits that JavaScript would round", async () => {
    const { sent, stdout } = await runOn(
      tool,
      ["call", "listBoards", "--input", '{"query":{"ids":[12345678901234567890]}}'],
      {
        env,
        answers: [{ body: '{"id":12345678901234567890}' }],
      },
    );
    expect(sent[0]?.url).toContain("ids=12345678901234567890");
    expect(stdout).toBe('{"id":12345678901234567890}\n');
  });

  it("sends a file as a part", async () => {
    const { sent } = await runOn(tool, ["files", "add", "--title", "T", "--file", "a/b.png"], {
      env,
      files: { "a/b.png": "PNG" },
    });
    expect(sent[0]?.url).toBe("https://upload.desk.example/files?key=k%201");
    expect(sent[0]?.body).toContain('name="picture"; filename="b.png"\r\nContent-Type: image/png\r\n\r\nPNG');
  });

  it.each([
    [["boards", "list", "--filter", "all"], "--filter takes one of: open, closed."],
    [["boards", "list", "--limit", "many"], '--limit takes a whole number from 1, not "many".'],
    [["boards", "list", "--colour", "red"], "There is no input --colour."],
    [["cards", "create", "b"], "Needed: --name."],
    [["cards", "create", "..", "x"], 'A path value may not be "." or "..".'],
    [["health", "get", "--all"], "This operation has no pages that --all could follow."],
    [["call", "nothing"], 'There is no operation "nothing".'],
  ])("refuses %j and says why", async (argv, message) => {
    const { code, stderr, sent } = await runOn(tool, argv, { env });
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ ok: false, code: "usage", message, retryable: false });
    expect(sent).toHaveLength(argv.includes("--all") ? 1 : 0);
  });
});

describe("exact requests", () => {
  it("sends just what it is told, by id, by name or by method and path", async () => {
    const input =
      '{"path":{"board":"b 1"},"query":{"dry":false,"new":["x","y"]},"header":{"X-A":"1"},"cookie":{"c":"d e"},"body":[1]}';
    const { sent } = await runOn(tool, ["call", "POST /boards/{board}/cards", "--input", input], { env });
    expect(sent[0]).toMatchObject({
      method: "POST",
      url: "https://api.desk.example/v1/boards/b%201/cards?dry=false&new=x&new=y&key=k%201",
      body: "[1]",
    });
    expect(sent[0]?.headers).toMatchObject({ "x-a": "1", cookie: "c=d%20e", "content-type": "application/json" });
  });

  it("sends a body with GET", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (piece) => (body += piece));
      request.on("end", () => {
        seen.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
        response.end('{"ok":true}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const code = await runTool(tool, {
      argv: ["find", "run", "--q", "x"],
      env: { DESK_BASE_URL: `http://127.0.0.1:${port}/v1` },
      stdin: async () => new Uint8Array(),
      write: () => undefined,
      readFile: async () => new Uint8Array(),
      writeFile: async () => undefined,
      fetch,
    });
    server.close();
    expect(code).toBe(0);
    expect(seen).toEqual(['GET /v1/find application/json {"q":"x"}']);
  });
});

describe("credentials", () => {
  it("signs with the first way whose secrets are all there", async () => {
    const { sent } = await runOn(tool, ["boards", "list"], {
      env: { DESK_KEY: "k", DESK_USERNAME: "ann", DESK_PASSWORD: "pä:ss" },
    });
    expect(sent[0]?.url).toBe("https://api.desk.example/v1/boards");
    expect(sent[0]?.headers.authorization).toBe(`Basic ${Buffer.from("ann:pä:ss").toString("base64")}`);
  });

  it("takes a secret for the sign-in it is named after, whatever else would take the usual name", async () => {
    const both: ToolDefinition = {
      ...tool,
      auth: {
        board_key: { in: "header", name: "X-Board-Key" },
        access_token: { in: "header", name: "Authorization", template: "Bearer {secret}" },
      },
      security: [["board_key"], ["access_token"]],
    };
    const given = { DESK_ACCESS_TOKEN: "t2", DESK_API_KEY: "t2" };
    const { sent } = await runOn(both, ["boards", "list"], { env: given });
    expect(sent[0]?.headers).toMatchObject({ authorization: "Bearer t2" });
    expect(sent[0]?.headers).not.toHaveProperty("x-board-key");
    const key = await runOn(both, ["boards", "list"], { env: { DESK_API_KEY: "k2" } });
    expect(key.sent[0]?.headers).toMatchObject({ "x-board-key": "k2" });
  });

  it("sends none where the operation needs none", async () => {
    const { sent } = await runOn(tool, ["health", "get"], { env });
    expect(sent[0]?.url).toBe("https://api.desk.example/v1/health");
    expect(sent[0]?.headers.authorization).toBeUndefined();
  });

  it("gives the gateway the grant alone and addresses the host in the path", async () => {
    const through = {
      PATCHBAY_GATEWAY: "http://127.0.0.1:4200",
      DESK_BASE_URL: "http://127.0.0.1:4200/api.desk.example/v1",
      DESK_API_KEY: "pbg_x",
      DESK_KEY: "real",
    };
    const boards = await runOn(tool, ["boards", "list"], { env: through });
    expect(boards.sent[0]?.url).toBe("http://127.0.0.1:4200/api.desk.example/v1/boards");
    expect(boards.sent[0]?.headers.authorization).toBe("Bearer pbg_x");
    const files = await runOn(tool, ["files", "add", "--title", "T"], { env: through });
    expect(files.sent[0]?.url).toBe("http://127.0.0.1:4200/upload.desk.example/files");
  });

  it("does not send another installation's credential to the usual hosts", async () => {
    const { sent } = await runOn(tool, ["files", "add", "--title", "T"], {
      env: { ...env, DESK_BASE_URL: "https://desk.corp.example/v1" },
    });
    expect(sent[0]?.url).toBe("https://desk.corp.example/v1/files?key=k%201");
  });
});

describe("answers", () => {
  const list = { data: [{ id: 1, owner: { name: "a", x: 1 } }, { id: 2 }, { id: 3 }], meta: { total: 3 } };
  it.each([
    [["--fields", "id,owner.name"], { data: [{ id: 1, owner: { name: "a" } }, { id: 2 }, { id: 3 }] }],
    [["--fields", "meta.total"], { meta: { total: 3 } }],
    [["--limit", "2"], { ...list, data: list.data.slice(0, 2) }],
  ])("trims the answer by %j", async (flags, wanted) => {
    const { stdout } = await runOn(tool, ["boards", "list", ...flags], { env, answers: [{ body: list }] });
    expect(JSON.parse(stdout)).toEqual(wanted);
  });

  it("follows cursors with --all, as far as --limit", async () => {
    const answers = [1, 3, 5].map((id) => ({ body: { data: [{ id }, { id: id + 1 }], meta: { next: `c${id}` } } }));
    const { stdout, sent } = await runOn(tool, ["boards", "list", "--all", "--limit", "5"], { env, answers });
    expect(JSON.parse(stdout).map((one: { id: number }) => one.id)).toEqual([1, 2, 3, 4, 5]);
    expect(sent.map((one) => new URL(one.url).searchParams.get("cursor"))).toEqual([null, "c1", "c3"]);
  });

  it("takes a refused page for the end, where it was asked for on the chance that there is one", async () => {
    const one = { body: [{ id: 1 }, { id: 2 }] };
    const refused = { status: 400, body: { error: "page_out_of_range" } };
    const first = await runOn(tool, ["pages", "list", "--all"], { env, answers: [one, refused] });
    expect(first).toMatchObject({ code: 0, stderr: "", stdout: `${JSON.stringify(one.body)}\n` });
    const full = ["pages", "list", "--all", "--size", "2"];
    expect(await runOn(tool, full, { env, answers: [one, refused] })).toMatchObject({ code: 5, stdout: "" });
    const failed = { status: 500, body: {} };
    const answers = [one, failed, failed, failed];
    expect(await runOn(tool, ["pages", "list", "--all"], { env, answers })).toMatchObject({ code: 5, stdout: "" });
  });

  it("stops where every page is the same", async () => {
    const one = { body: [{ id: 1 }, { id: 2 }] };
    const { stdout, sent } = await runOn(tool, ["pages", "list", "--all"], { env, answers: [one, one, one] });
    expect(JSON.parse(stdout)).toEqual(one.body);
    expect(sent).toHaveLength(2);
  });

  it("says that there is more when it shows one page", async () => {
    const { stderr } = await runOn(tool, ["boards", "list"], {
      env,
      answers: [{ body: { data: [{ id: 1 }], meta: { next: "c" } } }],
    });
    expect(stderr).toBe("There are more pages: --all fetches them.\n");
  });

  it("writes bytes to a file whose name the service cannot lead out of the folder", async () => {
    const headers = { "content-type": "image/png", "content-disposition": 'attachment; filename="../../etc/passwd"' };
    const { stdout, files } = await runOn(tool, ["boards", "list"], { env, answers: [{ headers, body: "PNG" }] });
    expect(JSON.parse(stdout)).toEqual({ file: "passwd", bytes: 3, type: "image/png" });
    expect(files).toEqual({ passwd: "PNG" });
  });

  it("tells of success where there is no body", async () => {
    const { stdout } = await runOn(tool, ["boards", "list"], { env, answers: [{ status: 204, body: null }] });
    expect(JSON.parse(stdout)).toEqual({ ok: true, status: 204 });
  });
});

describe("failures", () => {
  it.each([
    [401, 3, "sign_in_again"],
    [403, 4, "refused"],
    [404, 5, "not_found"],
    [500, 5, "service_failed"],
  ])("status %i ends with code %i, %s", async (status, exitCode, code) => {
    const answers = [{ status, body: { error: { message: "what went wrong" } } }];
    const { code: ended, stderr, stdout } = await runOn(tool, ["cards", "create", "b", "x"], { env, answers });
    expect(ended).toBe(exitCode);
    expect(JSON.parse(stderr)).toMatchObject({
      ok: false,
      code,
      status,
      message: "what went wrong",
      answer: answers[0]?.body,
    });
    expect(stdout).toBe("");
  });

  it("passes on what the gateway says", async () => {
    const answers = [
      {
        status: 403,
        headers: { "x-patchbay-problem": "write_denied" },
        body: { ok: false, code: "write_denied", message: "No.", action: "Ask.", retryable: false },
      },
    ];
    const { code, stderr } = await runOn(tool, ["cards", "create", "b", "x"], { env, answers });
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toEqual({
      ok: false,
      code: "write_denied",
      message: "No.",
      status: 403,
      retryable: false,
      action: "Ask.",
    });
  });

  it("tries a read again when the service asks to wait, and never a write", async () => {
    const wait = { status: 429, headers: { "retry-after": "0" } };
    const read = await runOn(tool, ["boards", "list"], { env, answers: [wait, wait, { body: [] }] });
    expect([read.code, read.sent.length]).toEqual([0, 3]);
    const write = await runOn(tool, ["cards", "create", "b", "x"], { env, answers: [wait, { body: [] }] });
    expect([write.code, write.sent.length]).toEqual([5, 1]);
    expect(JSON.parse(write.stderr)).toMatchObject({ code: "rate_limited", retryable: true });
  });

  it("follows redirects inside the origin and no further", async () => {
    const near = await runOn(tool, ["boards", "list"], {
      env,
      answers: [{ status: 302, headers: { location: "/v1/other?key=k" } }, { body: [] }],
    });
    expect(near.sent.map((one) => one.url)).toEqual([
      "https://api.desk.example/v1/boards?key=k%201",
      "https://api.desk.example/v1/other?key=k",
    ]);
    const far = await runOn(tool, ["boards", "list"], {
      env,
      answers: [{ status: 302, headers: { location: "https://evil.example/" } }],
    });
    expect([far.code, far.sent.length]).toEqual([5, 1]);
    expect(JSON.parse(far.stderr).code).toBe("redirect_refused");
  });
});

describe("operations with code", () => {
  const coded: ToolDefinition = {
    slug: "desk",
    baseUrl: "https://api.desk.example/v1",
    operations: {
      "boards copy": {
        access: "write",
        requests: ["GET /boards/{id}", "POST /boards"],
        input: { from: { required: true }, to: { in: "query", required: true } },
        run: async (input, api) => {
          const board = await api.request("GET", `/boards/${input.from}`);
          return api.request("POST", "/boards", { body: { name: input.to, cards: board.cards } });
        },
      },
      "boards escape": {
        access: "read",
        requests: ["GET /boards/{id}"],
        run: async (_, api) => api.request("DELETE", "/boards/1"),
      },
    },
  };
  it("makes the requests it declares", async () => {
    const { sent, stdout } = await runOn(coded, ["boards", "copy", "7", "New"], {
      answers: [{ body: { cards: [1] } }, { body: { id: 9 } }],
    });
    expect(sent.map((one) => `${one.method} ${one.url} ${one.body}`)).toEqual([
      "GET https://api.desk.example/v1/boards/7 ",
      'POST https://api.desk.example/v1/boards {"name":"New","cards":[1]}',
    ]);
    expect(stdout).toBe('{"id":9}\n');
  });
  it("is refused any other request", async () => {
    const { code, sent } = await runOn(coded, ["boards", "escape"]);
    expect([code, sent.length]).toEqual([2, 0]);
  });
});
