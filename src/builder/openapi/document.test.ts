import { describe, expect, it } from "vitest";
import { runOn } from "../../../e2b-template/kit/testing.ts";
import { isProblem } from "../../contract/problem.ts";
import { ToolDescription } from "../../contract/tool.ts";
import { compile } from "./compile.ts";
import { compileDocument } from "./compile-document.ts";
import { compiled } from "./testing.ts";

const small = { openapi: "3.0.0", info: { title: "A", version: "1" }, paths: { "/a": { get: { responses: {} } } } };

describe("documents that cannot be used", () => {
  it.each(
    [
      ["", "document_empty"],
      ["  \n\uFEFF", "document_empty"],
      ["<!doctype html><title>Docs</title>", "document_is_page"],
      ["<html>", "document_is_page"],
      ['{"openapi": ', "document_unreadable"],
      ["a: [1\nb: }", "document_unreadable"],
      ["just some words", "document_unknown"],
      ['{"hello":"world"}', "document_unknown"],
      ['{"openapi":"4.0.0","paths":{}}', "document_unknown"],
      [`${"[".repeat(400)}${"]".repeat(400)}`, "document_too_deep"],
      [`a: ${"[".repeat(20_000)}`, "document_too_deep"],
      ["x".repeat(30_000_001), "document_too_large"],
      [JSON.stringify({ ...small, paths: {} }), "document_without_operations"],
    ].map(([document = "", code = ""]) => ({ start: document.slice(0, 30), document, code })),
  )("$code: $start", async ({ document, code }) => {
    await expect(compileDocument(document, {})).rejects.toSatisfy((error) => isProblem(error) && error.code === code);
  });

  it("stops a document that grows by its own references", async () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefghi"
        .split("")
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(",")}]`),
    ].join("\n");
    await expect(compileDocument(bomb, {})).rejects.toSatisfy((error) => isProblem(error));
  });

  it("leaves out addresses and names that are only there to keep us busy", async () => {
    const started = process.cpuUsage();
    const { tool, leftOut } = await compiled(
      {
        [`/${"{".repeat(100_000)}`]: { get: {} },
        "/a": { get: { operationId: "aA".repeat(100_000), tags: ["aA".repeat(100_000)] } },
        "/b": {
          get: {
            parameters: [
              { name: "q", in: "query", schema: { type: "string", pattern: "^(a+)+$" } },
              { name: "e", in: "query", schema: { enum: Array.from({ length: 100_000 }, (_, at) => `v${at}`) } },
            ],
          },
        },
      },
      { info: { title: "aA".repeat(100_000), version: "1" } },
    );
    expect(process.cpuUsage(started).user).toBeLessThan(5_000_000);
    expect(leftOut).toEqual([{ what: `GET /${"{".repeat(79)}…`, why: "its path is too long" }]);
    expect(Object.values(tool.operations).flatMap((one) => one.requests)).toEqual(["GET /a", "GET /b"]);
    expect(JSON.stringify(tool).length).toBeLessThan(5_000);
  });

  it("requires of nobody what only one of several alternatives has", async () => {
    const schema = {
      type: "object",
      required: ["id", "parcel", "note"],
      oneOf: [{ properties: { id: { type: "string" } } }, { properties: { parcel: { type: "object" } } }],
      properties: { note: { type: "string" } },
    };
    const { tool } = await compiled({
      "/a": { post: { requestBody: { required: true, content: { "application/json": { schema } } } } },
    });
    expect(tool.operations["a create"]?.input).toEqual({
      note: { required: true },
      id: {},
      parcel: { type: "object" },
    });
  });

  it("reads a part once, however many ways lead to it, and tells thousands of names apart that differ by marks alone", async () => {
    const started = process.cpuUsage();
    const to = (at: number) => ({ $ref: `#/components/schemas/S${at}` });
    const schemas = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [`S${at}`, { allOf: Array.from({ length: 10 }, () => to(at + 1)) }]),
    );
    const parameters = Array.from({ length: 5000 }, (_, at) => ({ name: `p${"-".repeat(at)}`, in: "query" }));
    const { tool } = await compiled(
      {
        "/a": { post: { requestBody: { content: { "application/json": { schema: to(0) } } } } },
        "/b": { get: { parameters } },
      },
      { components: { schemas: { ...schemas, S12: { type: "object", properties: { name: { type: "string" } } } } } },
    );
    expect(tool.operations["a create"]?.input).toEqual({ name: {} });
    expect(Object.keys(tool.operations["b get"]?.input ?? {})).toHaveLength(5000);
    expect(process.cpuUsage(started).user).toBeLessThan(10_000_000);
  });

  it("takes as many operations as a tool may have, and says from where on they are left out", async () => {
    const paths = Object.fromEntries(Array.from({ length: 20_003 }, (_, at) => [`/a${at}`, { get: {} }]));
    const { tool, leftOut } = await compiled(paths);
    expect(Object.keys(tool.operations)).toHaveLength(20_000);
    expect(leftOut).toEqual([{ what: "3 operations, from GET /a20000 on", why: "a tool has at most 20000" }]);
  });

  it("comes to an end with an XML body of schemas that each hold the next ten times", async () => {
    const to = (at: number) => ({ $ref: `#/components/schemas/S${at}` });
    const schemas = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [
        `S${at}`,
        {
          type: "object",
          properties: Object.fromEntries(Array.from({ length: 10 }, (__, n) => [`p${n}`, to(at + 1)])),
        },
      ]),
    );
    const started = process.cpuUsage();
    const requestBody = { content: { "application/xml": { schema: to(0) } } };
    await compiled({ "/a": { post: { requestBody } } }, { components: { schemas } });
    expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
  });

  it("tells in the worker what it tells outside of it", async () => {
    await expect(compile("<html>")).rejects.toSatisfy((error) => isProblem(error, "document_is_page"));
    const { tool } = await compile(JSON.stringify(small));
    expect(Object.keys(tool.operations)).toEqual(["a get"]);
    await expect(compile(JSON.stringify(small), { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });
});

describe("documents as they are in the world", () => {
  it("reads YAML, a byte order mark, and JSON with a trailing comma", async () => {
    const yaml =
      "\uFEFFopenapi: 3.0.0\ninfo: {title: A, version: 1}\npaths:\n  /a:\n    get: {responses: {200: {description: ok}}}\n";
    expect(Object.keys((await compileDocument(new TextEncoder().encode(yaml), {})).tool.operations)).toEqual(["a get"]);
    expect(
      Object.keys((await compileDocument(JSON.stringify(small).replace(/\}\}\}\}$/, "},}},}"), {})).tool.operations),
    ).toEqual(["a get"]);
  });

  it("leaves out what cannot be read, names it, and keeps the rest", async () => {
    const { tool, leftOut } = await compiled({
      "/good": { get: {} },
      "/bad": { $ref: "#/components/pathItems/Nowhere" },
      "/odd/{id}": { get: { parameters: [{ $ref: "#/nowhere" }], requestBody: { $ref: "#/nowhere" } } },
      "no-slash": { get: {} },
    });
    expect(Object.keys(tool.operations)).toEqual(["good get", "odd get"]);
    expect(leftOut.map((one) => one.what)).toEqual([
      "/bad",
      "a parameter of GET /odd/{id}",
      "the body of GET /odd/{id}",
      "no-slash",
    ]);
    const { sent } = await runOn(tool, ["odd", "get", "7"]);
    expect(sent[0]?.url).toBe("https://api.desk.example/v1/odd/7");
  });

  it("gets parts that lie elsewhere, relative to where they stand, and does without those it cannot get", async () => {
    const asked: string[] = [];
    const parts: Record<string, string> = {
      "https://docs.example/api/parts/q.yaml":
        "Q: {name: q, in: query, schema: {$ref: 'types.yaml#/Ids'}, explode: false}",
      "https://docs.example/api/parts/types.yaml": "Ids: {type: array, items: {type: integer}}",
    };
    const document = {
      ...small,
      paths: { "/a": { get: { parameters: [{ $ref: "./parts/q.yaml#/Q" }, { $ref: "gone.yaml#/X" }] } } },
    };
    const { tool, leftOut } = await compileDocument(JSON.stringify(document), {
      fetchedFrom: "https://docs.example/api/openapi.json",
      fetchReference: async (url) => {
        asked.push(url);
        const text = parts[url];
        if (text === undefined) throw new Error("404");
        return text;
      },
    });
    expect(tool.operations["a get"]?.input).toEqual({ q: { type: "array", items: "integer", explode: false } });
    expect(asked).toHaveLength(3);
    expect(leftOut.map((one) => one.what)).toContain("https://docs.example/api/gone.yaml");
    await expect(compileDocument(JSON.stringify(document), {})).resolves.toBeTruthy();
  });

  it("asks for no file, and knocks at no more than 60 addresses whatever the document names", async () => {
    const asked: string[] = [];
    const paths = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`/a${at}`, { $ref: `https://victim.example/${at}` }]),
    );
    const { tool } = await compiled(
      { ...paths, "/secret": { $ref: "file:///etc/passwd" }, "/ok": { get: {} } },
      {},
      {
        fetchReference: async (url) => {
          asked.push(url);
          throw new Error("refused");
        },
      },
    );
    expect(Object.keys(tool.operations)).toEqual(["ok get"]);
    expect(asked).toHaveLength(60);
    expect(asked.filter((url) => !url.startsWith("https://victim.example/"))).toEqual([]);
  });

  it("comes to an end with parts that name each other, in one file after the other", async () => {
    const ring = (next: string) =>
      JSON.stringify({ P: { $ref: `${next}#/P` }, S: { allOf: [{ $ref: `${next}#/S` }] } });
    const { tool } = await compiled(
      {
        "/a": {
          get: { parameters: [{ $ref: "https://x.example/one.json#/P" }] },
          post: {
            requestBody: { content: { "application/json": { schema: { $ref: "https://x.example/one.json#/S" } } } },
          },
        },
      },
      {},
      { fetchReference: async (url) => ring(url.includes("one") ? "two.json" : "one.json") },
    );
    expect(Object.keys(tool.operations)).toEqual(["a get", "a create"]);
  });

  it("comes to an end with schemas that hold themselves", async () => {
    const schemas = {
      Node: {
        type: "object",
        properties: { name: { type: "string" }, next: { $ref: "#/components/schemas/Node" } },
        allOf: [{ $ref: "#/components/schemas/Node" }],
      },
      Loop: { $ref: "#/components/schemas/Loop" },
    };
    const content = (name: string) => ({
      requestBody: { content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } } },
    });
    const { tool } = await compiled(
      { "/a": { post: content("Node") }, "/b": { post: content("Loop") } },
      { components: { schemas } },
    );
    expect(tool.operations["a create"]?.input).toMatchObject({ name: {}, next: { type: "object" } });
  });

  it.each([
    [[{ url: "http://api.x.example" }], undefined, "https://api.x.example"],
    [[{ url: "http://localhost:3000" }, { url: "https://api.x.example/" }], undefined, "https://api.x.example"],
    [[{ url: "/v2" }], "https://x.example/docs/openapi.json", "https://x.example/v2"],
    [[], "https://x.example/docs/openapi.json", "https://x.example"],
    [[{ url: "/v2" }], undefined, undefined],
    [
      [
        {
          url: "https://{tenant}.x.example/{stage}",
          variables: { tenant: { default: "acme", description: "Yours" }, stage: { enum: ["a", "b"], default: "a" } },
        },
      ],
      undefined,
      "https://{tenant}.x.example/{stage}",
    ],
  ])("finds in servers %j from %s the base URL %s", async (servers, fetchedFrom, baseUrl) => {
    const { baseUrl: found } = await compiled({ "/a": { get: {} } }, { servers }, { fetchedFrom });
    expect(found).toBe(baseUrl);
  });

  it("makes variables of a server's blanks", async () => {
    const variables = { tenant: { default: "acme", description: "Yours" }, stage: { enum: ["a", "b"], default: "a" } };
    const made = await compiled(
      { "/a": { get: {} } },
      { servers: [{ url: "https://{tenant}.x.example/{stage}", variables }] },
    );
    expect(made.variables).toEqual([
      { name: "tenant", help: "Yours", default: "acme" },
      { name: "stage", options: ["a", "b"], default: "a" },
    ]);
    const { sent } = await runOn(made.tool, ["a", "get"], { env: { DESK_STAGE: "b" } });
    expect(sent[0]?.url).toBe("https://acme.x.example/b/a");
  });

  it("sends an operation with a server of its own there", async () => {
    const { tool, hosts } = await compiled({
      "/up": { post: { operationId: "up", servers: [{ url: "https://up.desk.example/x" }] } },
      "/a": { get: {} },
    });
    const { sent } = await runOn(tool, ["call", "up"]);
    expect(sent[0]?.url).toBe("https://up.desk.example/x/up");
    expect(hosts).toEqual(["api.desk.example", "up.desk.example"]);
  });
});

describe("what is written", () => {
  it("is the same for the same document, goes through the contract, and says each thing once", async () => {
    const paths = {
      "/boards/{id}": {
        get: {
          operationId: "getBoard",
          summary: "Get a board",
          parameters: [
            { name: "id", in: "path", required: true, schema: { type: "string" } },
            { name: "q", in: "query", schema: { type: "string" } },
          ],
        },
      },
    };
    const first = await compiled(paths);
    expect((await compiled(paths)).cliCode).toBe(first.cliCode);
    expect(ToolDescription.parse(first.tool)).toEqual(first.tool);
    expect(first.cliCode).toContain(
      '"boards get": {\n      id: "getBoard",\n      access: "read",\n      request: "GET /boards/{id}",\n      summary: "Get a board",\n      input: { q: {} },\n    }',
    );
  });

  it("cannot be broken out of by a document's words", async () => {
    const evil = '"});process.exit(1);//\u2028`${1}`*/';
    const { cliCode, tool } = await compiled(
      {
        "/a": {
          get: {
            summary: evil,
            parameters: [{ name: evil, in: "query", description: evil, schema: { type: "string", default: evil } }],
          },
        },
      },
      { info: { title: evil, description: evil, version: "1" } },
    );
    const table = cliCode.slice(cliCode.indexOf("tool(") + 5, cliCode.lastIndexOf(")"));
    // The table is a plain literal: reading it gives back what was meant, and nothing else ran.
    const read: unknown = new Function(`"use strict"; return ${table}`)();
    expect(read).toMatchObject({ operations: { "a get": { input: { [evil]: { default: evil } } } } });
    expect(tool.operations["a get"]?.input).toHaveProperty([evil]);
  });

  it("keeps names and tells the difference when a newer document is compiled", async () => {
    const old = await compiled({
      "/teams/{id}/boards": { get: { operationId: "boards", tags: ["boards"] } },
      "/x": { get: {} },
    });
    const [kept = ""] = Object.keys(old.tool.operations);
    const now = await compiled(
      {
        "/boards": { get: { operationId: "listBoards", tags: ["boards"] } },
        "/teams/{id}/boards": { get: { operationId: "boards", tags: ["boards"], summary: "New words" } },
      },
      {},
      { previous: old.tool },
    );
    expect(now.tool.operations[kept]?.requests).toEqual(["GET /teams/{id}/boards"]);
    expect(now.changes).toMatchObject({ removed: ["x get"], changed: [kept] });
    expect(now.changes?.added).toHaveLength(1);
  });
});

describe("pages", () => {
  const get = (parameters: string[], properties: object, more: object = {}) => ({
    "/things": {
      get: {
        parameters: parameters.map((name) => ({
          name,
          in: "query",
          schema: { type: /page$|offset|limit|size|skip/.test(name) ? "integer" : "string" },
        })),
        responses: {
          200: {
            description: "",
            content: { "application/json": { schema: { type: "object", properties } } },
            ...more,
          },
        },
      },
    },
  });
  const list = { type: "array", items: { type: "object" } };
  it.each([
    [
      "cursor",
      get(["cursor", "limit"], { data: list, next_cursor: { type: "string" } }),
      { by: "cursor", parameter: "cursor", next: "next_cursor", items: "data" },
    ],
    [
      "token",
      get(["pageToken"], { items: list, nextPageToken: { type: "string" } }),
      { by: "cursor", parameter: "pageToken", next: "nextPageToken", items: "items" },
    ],
    [
      "nested cursor",
      get(["cursor"], {
        users: list,
        response_metadata: { type: "object", properties: { next_cursor: { type: "string" } } },
      }),
      { by: "cursor", parameter: "cursor", next: "response_metadata.next_cursor", items: "users" },
    ],
    [
      "last id",
      get(["starting_after"], { data: list, has_more: { type: "boolean" } }),
      { by: "cursor", parameter: "starting_after", next: "data.-1.id", more: "has_more", items: "data" },
    ],
    [
      "page",
      get(["page", "page_size"], { results: list }),
      { by: "page", parameter: "page", size: "page_size", items: "results" },
    ],
    [
      "offset",
      get(["offset", "limit"], { rows: list }),
      { by: "offset", parameter: "offset", size: "limit", items: "rows" },
    ],
    [
      "next address",
      get([], { results: list, next: { type: "string" } }),
      { by: "url", next: "next", items: "results" },
    ],
    [
      "OData",
      get(["$top"], { value: list, "@odata.nextLink": { type: "string" } }),
      { by: "url", next: "@odata.nextLink", items: "value" },
    ],
    ["Link header", get(["page"], { things: list }, { headers: { Link: {} } }), { by: "link", items: "things" }],
    ["nothing", get(["q"], { things: list }), undefined],
  ])("are found: %s", async (_, paths, pages) => {
    expect((await compiled(paths)).tool.operations["things list"]?.pages).toEqual(pages);
  });
});
