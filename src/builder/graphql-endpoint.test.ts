import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSchema, graphql, parse, validate } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runOn } from "../../e2b-template/kit/testing.ts";
import { guardedFetch } from "../gateway/guarded-fetch.ts";
import { hostPolicy } from "../gateway/host-policy.ts";
import { find } from "./find.ts";
import { compileDocument } from "./openapi/compile-document.ts";

const schema = buildSchema(`
  type Query {
    "Boards I can see"
    boards(first: Int! = 20, after: String, filter: BoardFilter): BoardConnection!
    search(text: String!): [Hit!]!
    version: String!
  }
  type Mutation { renameBoard(id: ID!, name: String!): Board }
  type BoardConnection { nodes: [Board!]! edges: [BoardEdge!]! pageInfo: PageInfo! }
  type BoardEdge { cursor: String! node: Board! }
  type PageInfo { endCursor: String hasNextPage: Boolean! }
  type Board { id: ID! name: String! state: State! owner: User cards(list: ID!): [Card!]! }
  type User { id: ID! login: String! secretNote(key: String!): String }
  type Card { id: ID! title: String! }
  union Hit = Board | Card
  enum State { OPEN CLOSED }
  input BoardFilter { state: State, and: [BoardFilter!] }
`);
const boards = Array.from({ length: 5 }, (_, at) => ({
  id: `b${at}`,
  name: `Board ${at}`,
  state: "OPEN",
  owner: null,
}));
const root = {
  version: "7",
  search: () => [{ __typename: "Card", id: "c1", title: "Tiles" }],
  boards({ first, after }: { first: number; after?: string }) {
    const from = after === undefined ? 0 : Number(after);
    const to = Math.min(from + first, boards.length);
    return {
      nodes: boards.slice(from, to),
      edges: [],
      pageInfo: { endCursor: String(to), hasNextPage: to < boards.length },
    };
  },
};

let mode: "open" | "hidden" | "signed" = "open";
let site = "";
const policy = hostPolicy({ allowPrivateHosts: [] });
const server = createServer((request, response) => {
  const json = (status: number, body: unknown) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (request.url === "/docs") {
    response.writeHead(200, { "content-type": "text/html" }).end("<html><h1>How to post a form</h1></html>");
  } else if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/html" }).end("<html><title>GraphiQL</title></html>");
  } else if (mode === "signed") json(401, { message: "Bad credentials" });
  else if (mode === "hidden") json(400, { errors: [{ message: "GraphQL introspection is not allowed" }] });
  else {
    let text = "";
    request.on("data", (piece: Buffer) => (text += piece.toString()));
    request.on("end", () => {
      const { query, variables } = JSON.parse(text) as { query: string; variables?: Record<string, unknown> };
      void graphql({
        schema,
        source: query,
        rootValue: root,
        ...(variables ? { variableValues: variables } : {}),
      }).then((answer) => json(200, answer));
    });
  }
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  policy.allow(new URL(site).host);
});
afterAll(() => void server.close());

const lookAt = (url: string) =>
  find({ fetch: guardedFetch(policy), inCatalogue: () => undefined }, { url }, { onStep: () => undefined });

async function toolAt(path: string) {
  mode = "open";
  const found = await lookAt(`${site}${path}`);
  if (found.kind !== "document") throw new Error(`found ${found.kind}`);
  return compileDocument(found.text, found.url ? { fetchedFrom: found.url } : {});
}

it.each(["/graphql", "/api/graphql/v2", "/"])("asks the GraphQL endpoint at %s for its schema", async (path) => {
  const { kind, permissions, baseUrl, tool } = await toolAt(path);
  expect({ kind, baseUrl }).toEqual({ kind: "graphql", baseUrl: site });
  expect(permissions).toMatchObject({
    readOps: ["boards list", "search get", "version get"],
    writeOps: ["board rename"],
  });
  expect(tool.operations["boards list"]?.requests).toEqual([`POST ${path}`]);
});

it.each([
  ["hidden", "/graphql"],
  ["signed", "/graphql"],
  ["hidden", "/"],
] as const)("asks for a schema file where the endpoint keeps it to itself (%s, at %s)", async (how, path) => {
  mode = how;
  await expect(lookAt(`${site}${path}`)).rejects.toMatchObject({
    code: "graphql_schema_hidden",
    message: `The GraphQL endpoint at ${new URL(site).host} does not tell its schema to strangers. Give me the schema as a file: SDL, or the answer of an introspection query.`,
  });
});

it("takes a page that is no endpoint for what it is", async () => {
  mode = "open";
  expect(await lookAt(`${site}/docs`)).toMatchObject({ kind: "docs" });
});

it("asks what the schema allows, by flags and without", async () => {
  const { tool } = await toolAt("/graphql");
  const calls = [
    ["boards", "list"],
    ["boards", "list", "--first", "2", "--filter", '{"state":"OPEN"}'],
    ["search", "get", "tiles"],
    ["version", "get"],
    ["board", "rename", "b1", "--name", "New"],
    ["boards", "list", "--select", "nodes { id } pageInfo { hasNextPage }"],
    ["boards", "list", "--select", "{ nodes { id } }"],
  ];
  for (const argv of calls) {
    const { sent, stderr } = await runOn(tool, argv, { answers: [{ body: { data: {} } }] });
    const { query } = JSON.parse(sent[0]?.body ?? `{"query":${JSON.stringify(stderr)}}`) as { query: string };
    expect([argv, validate(schema, parse(query)).map((one) => one.message)]).toEqual([argv, []]);
  }
});

it("names what a union holds, and follows the pages of a connection", async () => {
  const { tool } = await toolAt("/graphql");
  expect(tool.operations["search get"]?.graphql?.select).toBe(
    "{ __typename ... on Board { id name } ... on Card { id title } }",
  );
  const answer = async (variables?: Record<string, unknown>) =>
    graphql({
      schema,
      source:
        "query($after: String) { boards(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }",
      rootValue: root,
      ...(variables ? { variableValues: variables } : {}),
    });
  const pages = [await answer(), await answer({ after: "2" }), await answer({ after: "4" })];
  const { sent, stdout } = await runOn(tool, ["boards", "list", "--first", "2", "--all", "--fields", "id"], {
    answers: pages.map((body) => ({ body })),
  });
  expect(JSON.parse(stdout)).toEqual(boards.map(({ id }) => ({ id })));
  expect(sent.map(({ body }) => (JSON.parse(body ?? "") as { variables: unknown }).variables)).toEqual([
    { first: 2 },
    { first: 2, after: "2" },
    { first: 2, after: "4" },
  ]);
});
