import { describe as suite, expect, it } from "vitest";
import { describe, embed, route, tool } from "./index.ts";
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
    expect(Object.keys("slice" in way ? way.slice.operations : {})).toEqual(["group1 list-things-1"]);
  });

  it("runs a slice as it runs the whole tool", async () => {
    const way = route(many, ["group1", "list-things-1"]);
    if (way.kind !== "call") throw new Error("no call");
    const { sent } = await runOn(way.slice, ["group1", "list-things-1"], { env: { BIG_TENANT: "acme" } });
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

suite("search", () => {
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
