import { buildSchema, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { runOn } from "../../../e2b-template/kit/testing.ts";
import { compileDocument } from "./compile-document.ts";
import { compiled, wire } from "./testing.ts";

const list = { type: "array", items: { type: "string" } };
const query = (parameter: object) => ({ parameters: [{ name: "q", in: "query", ...parameter }] });

describe("parameters as the document writes them", () => {
  it.each([
    [{ schema: list }, ["a", "b"], "/things?q=a&q=b"],
    [{ schema: list, explode: false }, ["a", "b"], "/things?q=a,b"],
    [{ schema: list, style: "pipeDelimited", explode: false }, ["a", "b"], "/things?q=a%7Cb"],
    [{ schema: list, style: "spaceDelimited", explode: false }, ["a", "b"], "/things?q=a%20b"],
    [
      { schema: { type: "object" }, style: "deepObject", explode: true },
      { a: 1, b: { c: 2 } },
      "/things?q%5Ba%5D=1&q%5Bb%5D%5Bc%5D=2",
    ],
    [{ schema: { type: "object" } }, { a: 1 }, "/things?a=1"],
    [{ schema: { type: "string" }, allowReserved: true }, "a/b", "/things?q=a/b"],
    [
      { content: { "application/json": { schema: { type: "object" } } } },
      { a: "b c" },
      "/things?q=%7B%22a%22%3A%22b%20c%22%7D",
    ],
    [{ schema: { $ref: "#/components/schemas/Ids" }, explode: false }, [1, 2], "/things?q=1,2"],
  ])("%j takes %j as %s", async (parameter, value, url) => {
    const more = { components: { schemas: { Ids: { type: "array", items: { type: "integer" } } } } };
    expect((await wire(query(parameter), { query: { q: value } }, "/things", more)).url).toBe(url);
  });

  it("fills paths in every style, header and cookie parameters beside them", async () => {
    const parameters = [
      { name: "id", in: "path", required: true, style: "matrix", explode: true, schema: list },
      { name: "at", in: "path", required: true, style: "label", schema: { type: "string" } },
      { name: "X-List", in: "header", schema: list },
      { name: "theme", in: "cookie", schema: { type: "string" } },
      { name: "Accept", in: "header", schema: { type: "string" } },
    ];
    const sent = await wire(
      { parameters },
      { path: { id: ["a", "b"], at: "x" }, header: { "X-List": ["1", "2"] }, cookie: { theme: "da rk" } },
      "/things{id}/{at}.json",
    );
    expect(sent.url).toBe("/things;id=a;id=b/.x.json");
    expect(sent.headers).toMatchObject({ "x-list": "1,2", cookie: "theme=da%20rk" });
  });

  it("tells a field of the body, or a query, from the path parameter of its name", async () => {
    const path = [{ name: "name", in: "path", required: true, schema: { type: "string" } }];
    const schema = { type: "object", required: ["name"], properties: { name: { type: "string" } } };
    const { tool } = await compiled({
      "/things/{name}": {
        put: {
          operationId: "rename",
          parameters: path,
          requestBody: { required: true, content: { "application/json": { schema } } },
        },
        get: { operationId: "look", parameters: [...path, { name: "name", in: "query", schema: { type: "string" } }] },
      },
    });
    const [renamed] = (await runOn(tool, ["things", "rename", "old", "--body_name", "new"])).sent;
    expect(renamed).toMatchObject({ url: expect.stringMatching(/\/things\/old$/), body: '{"name":"new"}' });
    const [look = ""] = Object.keys(tool.operations).filter((name) => name !== "things rename");
    const [looked] = (await runOn(tool, [...look.split(" "), "old", "--query_name", "new"])).sent;
    expect(looked?.url).toMatch(/\/things\/old\?name=new$/);
  });

  it("keeps a literal query of the path and never sends a fragment", async () => {
    expect((await wire({}, { query: { a: 1 } }, "/things?action=list#two")).url).toBe("/things?action=list&a=1");
  });

  it("takes a parameter of the path item, and lets the operation's own win", async () => {
    const shared = {
      parameters: [
        { name: "q", in: "query", schema: list },
        { name: "p", in: "query", schema: list, explode: false },
      ],
    };
    const { tool } = await compiled({
      "/a": {
        ...shared,
        get: { operationId: "a", parameters: [{ name: "q", in: "query", schema: list, explode: false }] },
      },
    });
    const { sent } = await runOn(tool, ["call", "a", "--input", '{"query":{"q":[1,2],"p":[3,4]}}']);
    expect(sent[0]?.url).toBe("https://api.desk.example/v1/a?q=1,2&p=3,4");
  });

  it.each([
    ["csv", "a,b", "a,b"],
    ["ssv", "a%20b", "a b"],
    ["tsv", "a%09b", "a\tb"],
    ["pipes", "a%7Cb", "a|b"],
  ])("parts lists of Swagger 2.0 by %s in paths and headers as well", async (collectionFormat, inPath, inHeader) => {
    const list = { type: "array", items: { type: "string" }, collectionFormat };
    const document = {
      swagger: "2.0",
      info: { title: "Desk", version: "1" },
      host: "desk.example",
      paths: {
        "/things/{ids}": {
          get: {
            operationId: "theOne",
            parameters: [
              { name: "ids", in: "path", required: true, ...list },
              { name: "X-Ids", in: "header", ...list },
            ],
          },
        },
      },
    };
    const { tool } = await compileDocument(JSON.stringify(document), {});
    const input = '{"path":{"ids":["a","b"]},"header":{"X-Ids":["a","b"]}}';
    const [sent] = (await runOn(tool, ["call", "theOne", "--input", input])).sent;
    expect(sent).toMatchObject({ url: `https://desk.example/things/${inPath}`, headers: { "x-ids": inHeader } });
  });

  it("starts relative addresses of OAS 3.2 where the document says that it lies, and takes a sequence of items as a list", async () => {
    const media = { "application/jsonl": { itemSchema: { type: "object" } } };
    const document = {
      openapi: "3.2.0",
      $self: "https://specs.desk.example/api/openapi.json",
      info: { title: "Desk", version: "1" },
      servers: [{ url: "/v1" }],
      paths: { "/lines": { post: { operationId: "lines", requestBody: { content: media } } } },
    };
    const { tool, baseUrl } = await compileDocument(JSON.stringify(document), {
      fetchedFrom: "https://mirror.example/openapi.json",
    });
    expect(baseUrl).toBe("https://specs.desk.example/v1");
    const [sent] = (await runOn(tool, ["lines", "create", "--body", '[{"a":1},{"b":2}]'])).sent;
    expect(sent).toMatchObject({ url: "https://specs.desk.example/v1/lines", body: '{"a":1}\n{"b":2}\n' });
  });

  it("sends a whole query string of OAS 3.2", async () => {
    const parameters = [
      {
        name: "all",
        in: "querystring",
        content: { "application/x-www-form-urlencoded": { schema: { type: "object" } } },
      },
    ];
    expect((await wire({ parameters }, { querystring: { a: "b c", d: [1, 2] } })).url).toBe("/things?a=b%20c&d=1&d=2");
  });
});

describe("bodies as the document writes them", () => {
  const body = (content: object) => ({ method: "post", requestBody: { required: true, content } });
  it.each([
    ["application/json", {}, { a: [1] }, '{"a":[1]}'],
    ["application/vnd.desk+json", {}, { a: 1 }, '{"a":1}'],
    ["application/x-www-form-urlencoded", {}, { a: "b&c", d: [1, 2] }, "a=b%26c&d=1&d=2"],
    [
      "application/x-www-form-urlencoded",
      { encoding: { d: { style: "deepObject", explode: true } } },
      { d: { e: 1 } },
      "d%5Be%5D=1",
    ],
    [
      "application/x-www-form-urlencoded",
      { encoding: { d: { style: "pipeDelimited", explode: false } } },
      { d: [1, 2] },
      "d=1%7C2",
    ],
    ["text/plain", { schema: { type: "string" } }, "hello", "hello"],
    [
      "application/xml",
      {
        schema: {
          type: "object",
          xml: { name: "x" },
          properties: { id: { type: "integer", xml: { attribute: true } } },
        },
      },
      { id: 1, b: 2 },
      '<?xml version="1.0" encoding="UTF-8"?><x id="1"><b>2</b></x>',
    ],
  ])("%s %j", async (type, media, value, text) => {
    const sent = await wire(body({ [type]: media }), { body: value });
    expect(sent.headers["content-type"]).toBe(type);
    expect(sent.body).toBe(text);
  });

  it("sends the content type that is asked for among several", async () => {
    const content = { "application/json": {}, "application/x-www-form-urlencoded": {} };
    expect(
      await wire(body(content), { body: { a: 1 }, contentType: "application/x-www-form-urlencoded" }),
    ).toMatchObject({ body: "a=1" });
    expect(await wire(body(content), { body: { a: 1 } })).toMatchObject({ body: '{"a":1}' });
  });

  it("sends bodies with DELETE", async () => {
    expect(await wire({ ...body({ "application/json": {} }), method: "delete" }, { body: { ids: [1] } })).toMatchObject(
      { method: "DELETE", body: '{"ids":[1]}' },
    );
  });

  it("makes parts of a multipart body, bytes as a file", async () => {
    const schema = {
      type: "object",
      properties: { f: { type: "string", format: "binary" }, meta: { type: "object" } },
    };
    const sent = await wire(
      body({ "multipart/form-data": { schema, encoding: { meta: { contentType: "application/vnd.x+json" } } } }),
      { body: { f: "BYTES", meta: { a: 1 } } },
    );
    expect(sent.body).toContain('name="f"; filename="f"\r\nContent-Type: application/octet-stream\r\n\r\nBYTES\r\n');
    expect(sent.body).toContain('name="meta"\r\nContent-Type: application/vnd.x+json\r\n\r\n{"a":1}\r\n');
  });

  it("flattens fields into flags, through a wrapper too", async () => {
    const schema = {
      type: "object",
      required: ["data"],
      properties: {
        data: {
          type: "object",
          required: ["name"],
          properties: { name: { type: "string" }, tags: list, made: { type: "string", readOnly: true } },
        },
      },
    };
    const { tool } = await compiled({
      "/things": {
        post: {
          operationId: "createThing",
          requestBody: { required: true, content: { "application/json": { schema } } },
        },
      },
    });
    expect(Object.keys(tool.operations["things create"]?.input ?? {})).toEqual(["name", "tags"]);
    const { sent } = await runOn(tool, ["things", "create", "N", "--tags", "a,b"]);
    expect(sent[0]?.body).toBe('{"data":{"name":"N","tags":["a","b"]}}');
  });
});

describe("Swagger 2.0", () => {
  const swagger = (operation: object, more: object = {}) =>
    compileDocument(
      JSON.stringify({
        swagger: "2.0",
        info: { title: "Old", version: "1" },
        host: "old.example",
        basePath: "/api",
        schemes: ["http", "https"],
        paths: { "/a/{id}": { post: { operationId: "theOne", ...operation } } },
        ...more,
      }),
      {},
    );
  it.each([
    ["csv", "?q=1,2"],
    ["multi", "?q=1&q=2"],
    ["ssv", "?q=1%202"],
    ["pipes", "?q=1%7C2"],
    ["tsv", "?q=1%092"],
  ])("writes the collection format %s", async (collectionFormat, url) => {
    const { tool } = await swagger({
      parameters: [{ name: "q", in: "query", type: "array", items: { type: "integer" }, collectionFormat }],
    });
    const { sent } = await runOn(tool, ["call", "theOne", "--input", '{"path":{"id":"x"},"query":{"q":[1,2]}}']);
    expect(sent[0]?.url).toBe(`https://old.example/api/a/x${url}`);
  });

  it("sends form fields urlencoded, and as multipart as soon as one is a file", async () => {
    const fields = [
      { name: "a", in: "formData", type: "string" },
      { name: "l", in: "formData", type: "array", items: { type: "string" } },
    ];
    const plain = await runOn((await swagger({ parameters: fields })).tool, [
      "call",
      "theOne",
      "--input",
      '{"path":{"id":"x"},"body":{"a":"1","l":["x","y"]}}',
    ]);
    expect(plain.sent[0]).toMatchObject({ body: "a=1&l=x,y" });
    const file = await runOn(
      (await swagger({ parameters: [...fields, { name: "f", in: "formData", type: "file" }] })).tool,
      ["call", "theOne", "--input", '{"path":{"id":"x"},"body":{"a":"1","f":"B"}}'],
    );
    expect(file.sent[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(file.sent[0]?.body).toContain('name="f"; filename="f"');
  });

  it("sends the body in the type that is consumed", async () => {
    const { tool } = await swagger({
      consumes: ["application/vnd.old+json"],
      parameters: [{ name: "b", in: "body", schema: { type: "object" } }],
    });
    const { sent } = await runOn(tool, ["call", "theOne", "--input", '{"path":{"id":"x"},"body":{"a":1}}']);
    expect(sent[0]).toMatchObject({ body: '{"a":1}', headers: { "content-type": "application/vnd.old+json" } });
  });
});

describe("other kinds of description", () => {
  it("asks of the members of a union only what may stand beside each other", async () => {
    const sdl = `type Query { find(text: String!): [Hit!]! } union Hit = App | Person
      type App { id: ID! name: String! url: String! } type Person { id: ID! name: String email: String! url: [String!] }`;
    const { tool } = await compileDocument(sdl, { baseUrl: "https://desk.example/graphql" });
    const { sent } = await runOn(tool, ["find", "get", "--text", "x"]);
    const { query } = JSON.parse(sent[0]?.body ?? "{}") as { query: string };
    expect(validate(buildSchema(sdl), parse(query))).toEqual([]);
    expect(query).toContain("... on App { id name url } ... on Person { id email }");
  });

  it("sends the file of a Google media upload as it stands, to the address for uploads", async () => {
    const path = "/upload/files/v1/folders/{folderId}/files";
    const document = {
      kind: "discovery#restDescription",
      name: "files",
      rootUrl: "https://files.googleapis.com/",
      servicePath: "files/v1/",
      schemas: { File: { id: "File", type: "object", properties: { name: { type: "string" } } } },
      resources: {
        files: {
          methods: {
            insert: {
              id: "files.files.insert",
              path: "folders/{folderId}/files",
              httpMethod: "POST",
              parameters: {
                folderId: { type: "string", location: "path", required: true },
                uploadType: { type: "string", location: "query" },
                keep: { type: "boolean", location: "query" },
              },
              request: { $ref: "File" },
              supportsMediaUpload: true,
              mediaUpload: { accept: ["*/*"], protocols: { simple: { multipart: true, path } } },
            },
            get: {
              id: "files.files.get",
              path: "{+name}",
              httpMethod: "GET",
              parameters: { name: { type: "string", location: "path", required: true } },
            },
          },
        },
      },
    };
    const { tool } = await compileDocument(JSON.stringify(document), {});
    const [upload = ""] = Object.keys(tool.operations).filter((name) => tool.operations[name]?.id?.endsWith(".upload"));
    const words = [...upload.split(" "), "f 1", "--file", "./photo.png", "--content-type", "image/png", "--keep"];
    const { sent, stderr } = await runOn(tool, words, { files: { "./photo.png": "PNG bytes" } });
    expect(stderr).toBe("");
    expect(sent[0]).toMatchObject({
      method: "POST",
      url: "https://files.googleapis.com/upload/files/v1/folders/f%201/files?uploadType=media&keep=true",
      headers: { "content-type": "image/png" },
      body: "PNG bytes",
    });
    // Beside it the same operation without a file, at the usual address.
    const plain = await runOn(tool, [
      "call",
      "files.files.insert",
      "--input",
      '{"path":{"folderId":"f"},"body":{"name":"N"}}',
    ]);
    expect(plain.sent[0]).toMatchObject({
      url: "https://files.googleapis.com/files/v1/folders/f/files",
      body: '{"name":"N"}',
    });
    const whole = await runOn(tool, ["call", "files.files.get", "--input", '{"path":{"name":"folders/f 1/files/x"}}']);
    expect(whole.sent[0]?.url).toBe("https://files.googleapis.com/files/v1/folders/f%201/files/x");
  });

  it("reads Google Discovery documents, with the folded path parameter as well", async () => {
    const document = {
      kind: "discovery#restDescription",
      name: "tasks",
      title: "Tasks API",
      rootUrl: "https://tasks.googleapis.com/",
      servicePath: "",
      auth: { oauth2: { scopes: { "https://www.googleapis.com/auth/tasks": { description: "All" } } } },
      schemas: { Task: { id: "Task", type: "object", properties: { title: { type: "string" } } } },
      resources: {
        lists: {
          methods: {
            insert: {
              id: "tasks.lists.insert",
              path: "v1/{+parent}/tasks",
              flatPath: "v1/projects/{projectsId}/lists/{listsId}/tasks",
              httpMethod: "POST",
              parameters: {
                parent: { type: "string", location: "path", required: true },
                show: { type: "boolean", location: "query", repeated: true },
              },
              request: { $ref: "Task" },
              scopes: ["https://www.googleapis.com/auth/tasks"],
            },
          },
        },
      },
    };
    const { tool, auth, kind } = await compileDocument(JSON.stringify(document), {});
    expect(kind).toBe("discovery");
    expect(auth[0]).toMatchObject({
      type: "oauth2",
      tokenEndpoint: "https://oauth2.googleapis.com/token",
      scopes: ["https://www.googleapis.com/auth/tasks"],
    });
    const whole = await runOn(
      tool,
      [
        "call",
        "tasks.lists.insert",
        "--input",
        '{"path":{"parent":"projects/p/lists/l"},"query":{"show":[true,false]},"body":{"title":"T"}}',
      ],
      { env: { TASKS_ACCESS_TOKEN: "t" } },
    );
    expect(whole.sent[0]).toMatchObject({
      method: "POST",
      url: "https://tasks.googleapis.com/v1/projects/p/lists/l/tasks?show=true&show=false",
      body: '{"title":"T"}',
    });
    expect(whole.sent[0]?.headers.authorization).toBe("Bearer t");
    const flags = await runOn(tool, ["tasks", "create-list", "p", "l", "--title", "T"]);
    expect(flags.sent[0]?.url).toBe("https://tasks.googleapis.com/v1/projects/p/lists/l/tasks");
  });

  it("reads Postman collections", async () => {
    const document = {
      info: { name: "Desk", schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
      auth: {
        type: "apikey",
        apikey: [
          { key: "key", value: "X-Key" },
          { key: "in", value: "header" },
        ],
      },
      variable: [{ key: "baseUrl", value: "https://desk.example/v2" }],
      item: [
        {
          name: "Cards",
          item: [
            {
              name: "Get a card",
              request: {
                method: "GET",
                url: {
                  raw: "{{baseUrl}}/cards/:id?full=true",
                  query: [{ key: "full", value: "true" }],
                  variable: [{ key: "id" }],
                },
              },
            },
            {
              name: "Add a card",
              request: {
                method: "POST",
                url: "{{baseUrl}}/cards",
                body: { mode: "raw", raw: '{"name":"x","list":{{listId}},"tags":["a"]}' },
              },
            },
          ],
        },
      ],
    };
    const { tool, baseUrl, kind } = await compileDocument(JSON.stringify(document), {});
    expect([kind, baseUrl]).toEqual(["postman", "https://desk.example/v2"]);
    expect(Object.keys(tool.operations)).toEqual(["cards get", "cards create"]);
    const { sent } = await runOn(tool, ["cards", "get", "7", "--full", "true"], { env: { DESK_API_KEY: "k" } });
    expect(sent[0]).toMatchObject({ url: "https://desk.example/v2/cards/7?full=true", headers: { "x-key": "k" } });
    const added = await runOn(tool, ["cards", "create", "--name", "N", "--tags", "a"]);
    expect(added.sent[0]?.body).toBe('{"name":"N","tags":["a"]}');
  });

  it.each([
    [
      "a schema as text",
      `type Query { "Boards I see" boards(first: Int = 10): [Board!]! } type Mutation { createBoard(name: String!, state: State): Board } type Board { id: ID! name: String cards: [Card] owner: User } type Card { id: ID } type User { id: ID! bio: String } enum State { OPEN CLOSED }`,
    ],
    [
      "an introspection answer",
      JSON.stringify({
        data: {
          __schema: {
            queryType: { name: "Query" },
            mutationType: { name: "Mutation" },
            types: [
              {
                kind: "OBJECT",
                name: "Query",
                fields: [
                  {
                    name: "boards",
                    args: [{ name: "first", type: { kind: "SCALAR", name: "Int" } }],
                    type: { kind: "NON_NULL", ofType: { kind: "LIST", ofType: { kind: "OBJECT", name: "Board" } } },
                  },
                ],
              },
              {
                kind: "OBJECT",
                name: "Mutation",
                fields: [
                  {
                    name: "createBoard",
                    args: [
                      { name: "name", type: { kind: "NON_NULL", ofType: { kind: "SCALAR", name: "String" } } },
                      { name: "state", type: { kind: "ENUM", name: "State" } },
                    ],
                    type: { kind: "OBJECT", name: "Board" },
                  },
                ],
              },
              {
                kind: "OBJECT",
                name: "Board",
                fields: [
                  { name: "id", args: [], type: { kind: "SCALAR", name: "ID" } },
                  { name: "name", args: [], type: { kind: "SCALAR", name: "String" } },
                  { name: "owner", args: [], type: { kind: "OBJECT", name: "User" } },
                ],
              },
              {
                kind: "OBJECT",
                name: "User",
                fields: [{ name: "id", args: [], type: { kind: "SCALAR", name: "ID" } }],
              },
              { kind: "ENUM", name: "State", enumValues: [{ name: "OPEN" }, { name: "CLOSED" }] },
            ],
          },
        },
      }),
    ],
  ])("makes typed commands of a GraphQL endpoint from %s", async (_, document) => {
    const { tool, permissions } = await compileDocument(document, { fetchedFrom: "https://gq.example/graphql" });
    expect(permissions).toMatchObject({ readOps: ["boards list"], writeOps: ["board create"] });
    const read = await runOn(tool, ["boards", "list", "--first", "3"], {
      answers: [{ body: { data: { boards: [{ id: "1" }] } } }],
    });
    expect(read.sent[0]).toMatchObject({ method: "POST", url: "https://gq.example/graphql" });
    expect(JSON.parse(read.sent[0]?.body ?? "")).toEqual({
      query: "query($first: Int) { boards(first: $first) { id name owner { id } } }",
      variables: { first: 3 },
    });
    expect(read.stdout).toBe('[{"id":"1"}]\n');
    const write = await runOn(tool, ["board", "create", "N", "--state", "OPEN", "--select", "id"]);
    expect(JSON.parse(write.sent[0]?.body ?? "")).toEqual({
      query: "mutation($name: String!, $state: State) { createBoard(name: $name, state: $state) { id } }",
      variables: { name: "N", state: "OPEN" },
    });
    const failed = await runOn(tool, ["boards", "list"], {
      answers: [{ body: { errors: [{ message: "no such field" }] } }],
    });
    expect([failed.code, JSON.parse(failed.stderr).message]).toEqual([5, "no such field"]);
  });
});
