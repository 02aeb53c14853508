import { describe, expect, it } from "vitest";
import type { RequestRule } from "../contract/integration.ts";
import { compileRules } from "./match.ts";
import { readGraphql } from "./graphql.ts";

const base = "https://api.example.com/v1";
const rule = (operation: string, access: "read" | "write", method: string, path: string): RequestRule => ({
  operation,
  access,
  method,
  url: base + path,
});
const matcher = compileRules([
  rule("boards list", "read", "GET", "/boards"),
  rule("boards get", "read", "GET", "/boards/{id}"),
  rule("boards export", "write", "GET", "/boards/export"),
  rule("boards delete", "write", "DELETE", "/boards/{id}"),
  rule("files get", "read", "GET", "/files/{name}.{format}"),
  rule("files raw", "read", "GET", "/raw/{+path}"),
  rule("files raw lock", "write", "GET", "/raw/{+path}/lock"),
  { ...rule("cards search", "read", "POST", "/cards/search"), confirmed: true },
  rule("cards sly", "read", "POST", "/cards/sly"),
  { ...rule("cards drop", "read", "DELETE", "/cards/{id}"), confirmed: true },
  rule("cards create", "write", "POST", "/cards"),
  rule("boards copy", "write", "POST", "/cards"),
  rule("things list", "read", "GET", "/rpc?action=list"),
  rule("things delete", "write", "GET", "/rpc?action=delete"),
  rule("liar", "read", "DELETE", "/liars/{id}"),
]);
const judge = (method: string, path: string, query = "") =>
  matcher.judge({ method, host: "api.example.com", path: `/v1${path}`, query });

describe("a request is matched", () => {
  it.each([
    ["GET", "/boards", "boards list", "read"],
    ["HEAD", "/boards", "boards list", "read"],
    ["GET", "/boards/7", "boards get", "read"],
    ["GET", "/boards/@me", "boards get", "read"],
    ["GET", "/boards/export", "boards export", "write"],
    ["GET", "/boards/exp%6Frt", "boards export", "write"],
    ["DELETE", "/boards/7", "boards delete", "write"],
    ["GET", "/files/plan.pdf", "files get", "read"],
    ["GET", "/raw/a/b/c.txt", "files raw", "read"],
    ["GET", "/raw/a/b/lock", "files raw lock", "write"],
    ["POST", "/cards/search", "cards search", "read"],
    // No code of a tool makes a read of a POST, and nobody's yes one of a DELETE.
    ["POST", "/cards/sly", "cards sly", "write"],
    ["DELETE", "/cards/7", "cards drop", "write"],
  ])("%s %s is %s, a %s", (method, path, operation, access) => {
    expect(judge(method, path)).toMatchObject({ operation, access, listed: true });
  });

  it("as every operation that sends it", () => {
    expect(judge("POST", "/cards")).toMatchObject({ operations: ["cards create", "boards copy"], access: "write" });
  });

  it("by the query where the rule names one", () => {
    expect(judge("GET", "/rpc", "action=list")).toMatchObject({ operation: "things list", access: "read" });
    expect(judge("GET", "/rpc", "action=delete")).toMatchObject({ operation: "things delete", access: "write" });
  });
});

describe("a request counts as an unlisted write", () => {
  it.each([
    ["no operation", "GET", "/users"],
    ["another method", "PATCH", "/boards/7"],
    ["OPTIONS", "OPTIONS", "/boards"],
    ["a slash at the end", "GET", "/boards/"],
    ["an empty parameter", "GET", "/boards//"],
    ["upper case", "GET", "/boards/EXPORT"],
    ["an extension", "GET", "/boards/export.json"],
    ["a ; parameter", "GET", "/boards/export;x=1"],
    ["an encoded slash", "GET", "/boards/7%2Fstars"],
    ["an encoded slash that leads to a write", "GET", "/raw%2Fx%2Flock"],
    ["another host", "GET", "https://elsewhere"],
  ])("with %s", (_what, method, path) => {
    const judged = path.startsWith("https:")
      ? matcher.judge({ method, host: "elsewhere.example", path: "/v1/boards", query: "" })
      : judge(method, path);
    expect(judged).toMatchObject({ access: "write", listed: false });
    expect(judged.operation).toContain(method);
  });

  it("when a query names two actions, the write among them counts", () => {
    expect(judge("GET", "/rpc", "action=list&action=delete").access).toBe("write");
    expect(judge("GET", "/rpc", "action=other")).toMatchObject({ access: "write", listed: false });
  });

  it.each([
    "action=list&action=purge",
    "action=purge&action=list",
    "action=list&Action=delete",
    "action=list&action[]=delete",
    "action=list&%61ction=delete",
    "action=list&+action=delete",
    "x=1;action=delete&action=list",
    "action=list&x=1;action=delete",
    "action=list&action%00=delete",
  ])("when a query can be read as another action too: %s", (query) => {
    expect(judge("GET", "/rpc", query).access).toBe("write");
  });

  it.each([
    "/boards/export.",
    "/boards/export%20",
    "/boards/export%09",
    "/boards/%2565xport",
    "/boards/export.jsonlines",
    "/boards/%EF%BD%85xport",
    "/boards/export%253Bx",
  ])("when a careless service could read %s as a write", (path) => {
    expect(judge("GET", path)).toMatchObject({ access: "write", listed: false });
  });

  it("when a rule calls a DELETE a read, the rule is not believed", () => {
    expect(judge("DELETE", "/liars/1")).toMatchObject({ operation: "liar", access: "write" });
  });
});

describe("a template that would be searched for ever", () => {
  it("with many parameters in one segment is judged at once", () => {
    const many = compileRules([rule("many", "read", "GET", `/many/${"{a}-".repeat(12)}!`)]);
    const started = performance.now();
    const path = `/v1/many/${"-".repeat(12_000)}`;
    expect(many.judge({ method: "GET", host: "api.example.com", path, query: "" }).listed).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it("with many rests is judged at once", () => {
    const many = compileRules([rule("many", "read", "GET", `/${"{+a}/x/".repeat(6)}end`)]);
    const started = performance.now();
    const path = `/v1${"/x".repeat(1_500)}`;
    expect(many.judge({ method: "GET", host: "api.example.com", path, query: "" }).listed).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe("a GraphQL request", () => {
  const graphql = (
    operation: string,
    access: "read" | "write",
    type: "query" | "mutation",
    field: string,
  ): RequestRule => ({
    operation,
    access,
    method: "POST",
    url: "https://api.example.com/graphql",
    graphql: { type, field },
  });
  const rules = [
    graphql("viewer get", "read", "query", "viewer"),
    graphql("issues list", "read", "query", "issues"),
    graphql("secrets rotate", "write", "query", "rotate"),
    graphql("issues create", "write", "mutation", "createIssue"),
  ];
  const matcher = compileRules([...rules, ...rules.map((one) => ({ ...one, method: "GET" }))]);
  const ask = (body: unknown, contentType = "application/json") =>
    matcher.judge({
      method: "POST",
      host: "api.example.com",
      path: "/graphql",
      query: "",
      graphql: () =>
        readGraphql({
          query: "",
          contentType,
          body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
        }),
    });

  it("is what its document asks for", () => {
    expect(ask({ query: "{ viewer { name } }" })).toMatchObject({ operation: "viewer get", access: "read" });
    expect(ask({ query: "query { a: viewer { name } ...F } fragment F on Query { issues { id } }" })).toMatchObject({
      operations: ["viewer get", "issues list"],
      access: "read",
    });
    expect(ask({ query: 'mutation { createIssue(title: "x") { id } }' })).toMatchObject({
      operation: "issues create",
      access: "write",
    });
    expect(ask({ query: "{ __schema { types { name } } }" }).access).toBe("read");
    expect(ask("{ viewer { name } }", "application/graphql").access).toBe("read");
  });

  it("with several operations is the one that is named", () => {
    const query = "query Look { viewer { name } } mutation Change { createIssue { id } }";
    expect(ask({ query, operationName: "Look" }).access).toBe("read");
    expect(ask({ query, operationName: "Change" }).access).toBe("write");
    expect(ask({ query }).access).toBe("write");
  });

  it.each([
    ["a write field among reads", { query: "{ viewer { name } rotate { id } }" }],
    ["a write behind an alias", { query: "{ viewer: rotate { id } }" }],
    ["a write in a fragment", { query: "{ ...F } fragment F on Query { rotate { id } }" }],
    ["a field in no list", { query: "{ viewer { name } other }" }],
    ["a document that cannot be read", { query: "{ viewer { name }" }],
    ["a fragment in circles", { query: "{ ...F } fragment F on Query { ...F }" }],
    ["a batch", [{ query: "{ viewer { name } }" }, { query: "mutation { createIssue { id } }" }]],
    ["only the hash of a document", { extensions: { persistedQuery: { sha256Hash: "ab" } } }],
    ["a second query key", '{"query":"{ viewer { name } }","query":"mutation { createIssue { id } }"}'],
    [
      "a second query key in escapes",
      '{"query":"{ viewer { name } }","qu\\u0065ry":"mutation { createIssue { id } }"}',
    ],
    ["a subscription", { query: "subscription { viewer { name } }" }],
    [
      "another query key in other letters, which some servers do not tell apart",
      { query: "{ viewer { name } }", Query: "mutation { createIssue { id } }" },
    ],
    ["a stored document beside the query", { query: "{ viewer { name } }", documentId: "ab" }],
    [
      "the hash of another document beside the query",
      { query: "{ viewer { name } }", extensions: { persistedQuery: { sha256Hash: "ab" } } },
    ],
  ])("with %s is a write", (_what, body) => {
    expect(ask(body).access).toBe("write");
  });

  it.each([
    "query=mutation{createIssue{id}}",
    "%71uery=mutation{createIssue{id}}",
    "x=1&Query=mutation{createIssue{id}}",
    "documentId=ab",
    "extensions=%7B%7D",
  ])("with %s in the query beside a document in the body is a write", (query) => {
    const body = Buffer.from(JSON.stringify({ query: "{ viewer { name } }" }));
    expect(readGraphql({ query, contentType: "application/json", body }).document).toBeUndefined();
  });

  it.each([
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json; charset=utf-7",
    "application/json; charset=utf-16",
    undefined,
  ])("whose body is sent as %s, which may hold another document, is a write", (contentType) => {
    const body = Buffer.from(JSON.stringify({ query: "{ viewer { name } }", variables: { a: "&query=mutation{x}&" } }));
    expect(readGraphql({ query: "", contentType, body }).document).toBeUndefined();
  });

  it.each(["application/json", "application/json; charset=UTF-8", "application/graphql+json"])(
    "whose body is sent as %s is read",
    (contentType) => {
      const body = Buffer.from(JSON.stringify({ query: "{ viewer { name } }" }));
      expect(readGraphql({ query: "", contentType, body }).document).toBe("{ viewer { name } }");
    },
  );

  it("with fragments that double each other is judged at once", () => {
    const fragments = Array.from({ length: 40 }, (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`);
    const query = `{ ...F0 } ${fragments.join(" ")} fragment F40 on Query { viewer { name } }`;
    const started = performance.now();
    expect(ask({ query })).toMatchObject({ operation: "viewer get", access: "read" });
    expect(performance.now() - started).toBeLessThan(500);
  });
});
