import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe as suite, expect, it } from "vitest";
import { describe, embed, route, sliceOf, tool, type ToolDefinition } from "./index.ts";
import { runOn } from "./testing.ts";

const many = describe({
  slug: "big",
  summary: "A large service",
  baseUrl: "https://{tenant}.big.example/api",
  operations: Object.fromEntries(
    Array.from({ length: 1200 }, (_, index) => [
      `group${index % 40} list-things-${index}`,
      { access: "read" as const, request: `GET /g${index % 40}/things${index}`, summary: `Things of kind ${index}` },
    ]),
  ),
});

suite("route", () => {
  it("answers help from the description alone, in little room", () => {
    const help = route(many, []);
    expect(help).toMatchObject({ kind: "help", exitCode: 0 });
    expect("stdout" in help && help.stdout.length).toBeLessThan(1500);
    expect(route(many, ["group1"])).toMatchObject({ kind: "help" });
    expect(route(many, ["group1", "list-things-1", "--help"])).toMatchObject({ kind: "help" });
  });

  it("hands on no more than the one operation that is called", () => {
    const way = route(many, ["group1", "list-things-1", "--limit", "3"]);
    expect(way).toMatchObject({ kind: "call", operation: "group1 list-things-1", needsCode: false });
    expect(Object.keys(sliceOf(many, "group1 list-things-1").operations)).toEqual(["group1 list-things-1"]);
  });

  it("finds an operation by an id that differs from its name by marks alone, and none by what fits two", () => {
    const named = describe({
      slug: "desk",
      operations: {
        "issues list-comments": { access: "read", request: "GET /comments" },
        "tags get": { access: "read", request: "GET /tags" },
        "tag sget": { access: "read", request: "GET /others" },
      },
    });
    for (const id of ["issues/list-comments", "issuesListComments", "issues.list_comments"])
      expect(route(named, ["call", id])).toMatchObject({ kind: "call", operation: "issues list-comments" });
    expect(route(named, ["call", "tagsGet"])).toMatchObject({ kind: "usage-error" });
  });

  it("suggests what a slip was meant to be before what sounds alike, and takes no word for another", () => {
    const desk = describe({
      slug: "desk",
      operations: {
        "boards list": { access: "read", request: "GET /boards" },
        "boards get": { access: "read", request: "GET /boards/{id}" },
        "boards update": { access: "write", request: "PATCH /boards/{id}" },
        "lists list": { access: "read", request: "GET /lists" },
        "search search": { access: "read", request: "GET /search" },
      },
    });
    const told = (...argv: string[]) => {
      const way = route(desk, argv);
      return "stderr" in way ? /Did you mean ([^?]*)\?/.exec(way.stderr.replaceAll('\\"', '"'))?.[1] : undefined;
    };
    expect(told("bords", "list")).toBe('"boards list"');
    expect(told("baords", "lsit")).toBe('"boards list"');
    expect(told("boards", "updaet", "7")).toBe('"boards update"');
    expect(told("boards", "set")).not.toBe('"boards get"');
  });

  it("runs a tool by its file or by its description: what is said once for many operations is taken by each", async () => {
    const written: ToolDefinition = {
      slug: "desk",
      baseUrl: "https://desk.example",
      inputs: { owner: { type: "integer", help: "Who owns it" }, page: { type: "integer", in: "query" } },
      operations: {
        "things list": { access: "read", request: "GET /{owner}/things", input: { page: true } },
        "things add": {
          access: "write",
          request: "POST /{owner}/things",
          input: { owner: {}, name: { required: true } },
        },
      },
    };
    for (const tool of [written, describe(written)]) {
      const { sent } = await runOn(tool, ["things", "list", "7", "--page", "2"]);
      expect(sent[0]?.url).toBe("https://desk.example/7/things?page=2");
      expect(await runOn(tool, ["things", "list", "x"])).toMatchObject({ code: 2 });
      expect((await runOn(tool, ["things", "add", "x", "y"])).sent[0]).toMatchObject({ body: '{"name":"y"}' });
      expect((await runOn(tool, ["things", "list", "--help"])).stdout).toContain(
        "--owner (needed) integer Who owns it",
      );
      expect(JSON.parse((await runOn(tool, ["--describe"])).stdout)).toEqual(describe(written));
    }
    const broken: ToolDefinition = {
      slug: "desk",
      operations: { "a b": { access: "read", request: "GET /a", input: { x: true } } },
    };
    expect(await runOn(broken, ["a", "b"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no \\"x\\" among'),
    });
  });

  it("runs a slice as it runs the whole tool", async () => {
    const { sent } = await runOn(sliceOf(many, "group1 list-things-1"), ["group1", "list-things-1"], {
      env: { BIG_TENANT: "acme" },
    });
    expect(sent[0]?.url).toBe("https://acme.big.example/api/g1/things1");
  });

  it.each([
    [["nothing"], 'There is no operation "nothing".'],
    [["group1", "nothing"], '"group1" has no operation "nothing".'],
    [["search"], "Search for what?"],
    [["call"], "Call what?"],
    [["__proto__"], 'There is no operation "__proto__".'],
    [["constructor", "name"], 'There is no operation "constructor name".'],
  ])("says what is wrong with %j", (argv, message) => {
    const way = route(many, argv);
    expect(way).toMatchObject({ kind: "usage-error", exitCode: 2 });
    expect(JSON.parse("stderr" in way ? way.stderr : "{}")).toMatchObject({ message });
  });

  it("describes itself as data that goes through JSON unchanged", () => {
    const way = route(many, ["--describe"]);
    expect(JSON.parse("stdout" in way ? way.stdout : "")).toEqual(many);
    expect(many.hosts).toEqual(["{tenant}.big.example"]);
  });
});

suite("the help of one operation", () => {
  const words = "The identifier of the thing that the request is about, as it was given by the service before";
  const inputs = (count: number, input: object) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`someFieldNumber${at}`, input]));
  const flags = Array.from({ length: 60 }, (_, at) => 2 ** (at % 30));
  const shape =
    "{dismissal_restrictions?: {users?: [string], teams?: [string]}, dismiss_stale_reviews?: boolean, count?: integer}";

  it.each<[string, NonNullable<ToolDefinition["operations"][string]["input"]>]>([
    ["a few inputs", inputs(3, { help: words })],
    ["many that are needed", inputs(21, { required: true, type: "integer", help: words })],
    ["very many that are needed", inputs(120, { required: true, type: "boolean", help: words })],
    ["many with long lists of choices", inputs(20, { required: true, enum: flags, help: words })],
    ["objects with long forms", inputs(7, { required: true, type: "object", shape, help: words })],
    ["a hundred that are not needed", inputs(100, { type: "object", shape, help: words })],
    [
      "words in another script",
      inputs(30, { required: true, help: "Идентификатор объекта, к которому относится запрос" }),
    ],
  ])("fits 300 tokens with %s, and says the first of them", (_, input) => {
    const { operations, ...head } = describe({
      slug: "desk",
      operations: { "things change": { access: "write", request: "POST /{first}/things", summary: words, input } },
    });
    const help = route({ ...head, operations }, ["things", "change", "--help"]);
    const text = "stdout" in help ? help.stdout : "";
    expect(countTokens(text)).toBeLessThanOrEqual(300);
    expect(text).toMatch(/first.*someFieldNumber0/s);
    expect(text).toContain("example: desk things change");
  });
});

suite("search", () => {
  const shop = describe({
    slug: "shop",
    operations: Object.fromEntries(
      [
        "GET /parcels | parcels list",
        "GET /parcels/{id} | parcels get",
        "POST /parcels/{id}/start | parcels start",
        "GET /tracking/{id} | tracking get",
        "POST /auth/login | auth login",
        "POST /auth/logout | auth logout",
        "PUT /stars/{repo} | stars add",
        "GET /stars | stars list",
        "GET /distances | cities get-distance",
        "GET /cities/{id} | cities get",
        "POST /carriers/pickup | carriers schedule-pickup",
      ].map((line) => {
        const [request = "", name = ""] = line.split(" | ");
        return [name, { access: request.startsWith("GET") ? ("read" as const) : ("write" as const), request }];
      }),
    ),
  });

  it.each([
    ["which parcels are on their way", "parcels list"],
    ["where is my parcel", "tracking get"],
    ["log in", "auth login"],
    ["sign out", "auth logout"],
    ["star a repo", "stars add"],
    ["how far is one city from another", "cities get-distance"],
    ["have a courier collect it", "carriers schedule-pickup"],
  ])('knows what "%s" asks for', (wish, name) => {
    const found = route(shop, ["search", wish]);
    expect("stdout" in found && found.stdout.split("\n")[0]).toMatch(new RegExp(`^${name}\\b`));
  });

  const desk = describe({
    slug: "desk",
    operations: {
      "cards create": { access: "write", request: "POST /cards", summary: "Add a card to a list" },
      "cards update": { access: "write", request: "PUT /cards/{id}", summary: "Change a card" },
      "cards list": { access: "read", request: "GET /lists/{id}/cards", summary: "Cards of a list" },
      "cards delete": { access: "write", request: "DELETE /cards/{id}", summary: "Remove a card" },
      "members get-me": { access: "read", request: "GET /me", summary: "The person whose token it is" },
      "hooks list": { access: "read", request: "GET /webhooks", summary: "All webhooks" },
    },
  });
  it.each([
    ["make a new card", "cards create"],
    ["deleting cards", "cards delete"],
    ["rename card", "cards update"],
    ["show cards in a list", "cards list"],
    ["who am i", "members get-me"],
    ["webhook", "hooks list"],
  ])("finds for %j first %j", (wish, wanted) => {
    const way = route(desk, ["search", ...wish.split(" ")]);
    expect("stdout" in way ? way.stdout.split("\n")[0] : "").toMatch(new RegExp(`^${wanted}\\b`));
  });
});

suite("search in a service that calls its things lists", () => {
  const boards = describe({
    slug: "boards",
    operations: {
      "boards list-lists": { access: "read", request: "GET /boards/{id}/lists" },
      "lists create": { access: "write", request: "POST /lists" },
      "search get": { access: "read", request: "GET /search" },
      "members list-searches": { access: "read", request: "GET /members/{id}/searches" },
    },
  });
  it.each([
    ["lists of a board", "boards list-lists"],
    ["create lists", "lists create"],
    ["searches", "members list-searches"],
    ["search", "search get"],
  ])("finds for %j first %j", (wish, wanted) => {
    const way = route(boards, ["search", ...wish.split(" ")]);
    expect("stdout" in way ? way.stdout.split("\n")[0] : "").toMatch(new RegExp(`^${wanted}\\b`));
  });
});

suite("embed", () => {
  it("runs the tool that is registered next on the given host", async () => {
    let out = "";
    const embedding = embed({
      argv: ["--describe"],
      env: {},
      stdin: async () => new Uint8Array(),
      write: (_, data) => void (out += String(data)),
      readFile: async () => new Uint8Array(),
      writeFile: async () => undefined,
      fetch,
    });
    tool({ slug: "one", operations: { "a b": { access: "read", request: "GET /a" } } });
    expect(await embedding.finished()).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      slug: "one",
      operations: { "a b": { access: "read", requests: ["GET /a"] } },
    });
  });

  it("ends with code 2 when the module never was a tool", async () => {
    let err = "";
    const embedding = embed({
      argv: [],
      env: {},
      stdin: async () => new Uint8Array(),
      write: (_, data) => void (err += String(data)),
      readFile: async () => new Uint8Array(),
      writeFile: async () => undefined,
      fetch,
    });
    expect(await embedding.finished()).toBe(2);
    expect(JSON.parse(err).code).toBe("no_tool");
  });
});
