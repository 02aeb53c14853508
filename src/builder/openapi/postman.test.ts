import { describe, expect, it } from "vitest";
import { runOn } from "../../../e2b-template/kit/testing.ts";
import { compileDocument } from "./compile-document.ts";

const collection = (more: object) =>
  compileDocument(
    JSON.stringify({
      info: { name: "Desk", schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
      ...more,
    }),
    {},
  );
const request = (name: string, more: object = {}) => ({
  name,
  request: { method: "POST", url: "https://desk.example/notes", ...more },
});
const given = (type: string, ...pairs: [string, string][]) => ({
  type,
  [type]: pairs.map(([key, value]) => ({ key, value })),
});

describe("bodies of a collection", () => {
  const field = (key: string, more: object = {}) => ({ key, value: "", ...more });
  it.each([
    [{ mode: "raw", raw: '{"a": 1}' }, { a: 2 }, "application/json", '{"a":2}'],
    [{ mode: "raw", raw: "<a/>", options: { raw: { language: "xml" } } }, "<b/>", "application/xml", "<b/>"],
    [{ mode: "raw", raw: "hello", options: { raw: { language: "text" } } }, "you", "text/plain", "you"],
    [
      { mode: "urlencoded", urlencoded: [field("a"), field("b", { disabled: true })] },
      { a: "x y", b: "&" },
      "application/x-www-form-urlencoded",
      "a=x%20y&b=%26",
    ],
    [{ mode: "file", file: { src: "x.bin" } }, "BYTES", "application/octet-stream", "BYTES"],
    [
      { mode: "graphql", graphql: { query: "{ a }" } },
      { query: "{ b }", variables: { c: 1 } },
      "application/json",
      '{"query":"{ b }","variables":{"c":1}}',
    ],
  ])("%j", async (body, value, type, sentBody) => {
    const { tool } = await collection({ item: [request("Add a note", { body })] });
    const { sent } = await runOn(tool, ["call", "POST /notes", "--input", JSON.stringify({ body: value })]);
    expect(sent[0]).toMatchObject({ url: "https://desk.example/notes", body: sentBody });
    expect(sent[0]?.headers["content-type"]).toBe(type);
  });

  it("sends form data in parts, a file as a file", async () => {
    const body = { mode: "formdata", formdata: [field("title", { type: "text" }), field("f", { type: "file" })] };
    const { tool } = await collection({ item: [request("Add a note", { body })] });
    const { sent } = await runOn(tool, ["call", "POST /notes", "--input", '{"body":{"title":"T","f":"BYTES"}}']);
    expect(sent[0]?.body).toContain('name="title"\r\n\r\nT\r\n');
    expect(sent[0]?.body).toContain('name="f"; filename="f"\r\nContent-Type: application/octet-stream\r\n\r\nBYTES');
  });
});

it("inherits the way to sign from the folder, which a request may replace or refuse", async () => {
  const { tool, auth } = await collection({
    auth: given("bearer", ["token", "{{token}}"]),
    item: [
      {
        name: "Notes",
        auth: given("apikey", ["key", "X-Key"], ["in", "header"]),
        item: [
          { name: "Deep", item: [request("Add", { url: "https://desk.example/deep" })] },
          request("Open", { url: "https://desk.example/open", auth: { type: "noauth" } }),
          request("Own", {
            url: "https://desk.example/own",
            auth: given("apikey", ["key", "k"], ["in", "query"]),
          }),
        ],
      },
      request("Top", { url: "https://desk.example/top" }),
      request("Named", {
        url: "https://desk.example/named",
        auth: given("basic", ["username", "{{u}}"], ["password", "{{p}}"]),
      }),
    ],
  });
  expect(auth.map((one) => one.type)).toEqual(expect.arrayContaining(["bearer_token", "basic", "api_key"]));
  const env = { DESK_ACCESS_TOKEN: "t", DESK_X_KEY: "x", DESK_K: "k", DESK_USERNAME: "u", DESK_PASSWORD: "p" };
  const signed = async (path: string) => {
    const { sent } = await runOn(tool, ["call", `POST ${path}`, "--input", "{}"], { env });
    const { authorization, "x-key": key } = sent[0]?.headers ?? {};
    return [sent[0]?.url.replace("https://desk.example", ""), authorization, key];
  };
  expect(await signed("/top")).toEqual(["/top", "Bearer t", undefined]);
  expect(await signed("/deep")).toEqual(["/deep", undefined, "x"]);
  expect(await signed("/open")).toEqual(["/open", undefined, undefined]);
  expect(await signed("/own")).toEqual(["/own?k=k", undefined, undefined]);
  expect(await signed("/named")).toEqual(["/named", "Basic dTpw", undefined]);
});

it("puts variables into addresses as far as the collection says them, and asks for the others", async () => {
  const { tool, baseUrl } = await collection({
    variable: [
      { key: "base", value: "{{host}}/v2" },
      { key: "host", value: "https://desk.example" },
    ],
    item: [
      request("Get", {
        method: "GET",
        url: {
          raw: "{{base}}/teams/{{team}}/notes/:id?page=1&old=1",
          query: [
            { key: "page", value: "1" },
            { key: "old", value: "1", disabled: true },
          ],
          variable: [{ key: "id", description: "Which note" }],
        },
        header: [
          { key: "X-Trace", value: "1" },
          { key: "Content-Type", value: "text/x" },
        ],
      }),
    ],
  });
  expect(baseUrl).toBe("https://desk.example/v2");
  const input = '{"path":{"team":"a b","id":7},"query":{"page":2},"header":{"X-Trace":"t"}}';
  // By the path behind the variable, or by the whole path of the address.
  for (const path of ["/teams/{team}/notes/{id}", "/v2/teams/{team}/notes/{id}"]) {
    const { sent } = await runOn(tool, ["call", `GET ${path}`, "--input", input]);
    expect(sent[0]).toMatchObject({
      url: "https://desk.example/v2/teams/a%20b/notes/7?page=2",
      headers: { "x-trace": "t" },
    });
  }
});

it("reads addresses that are given in their parts alone", async () => {
  const { tool, baseUrl, leftOut } = await collection({
    variable: [{ key: "baseUrl", value: "https://desk.example/v2" }],
    item: [
      request("Notes of a team", {
        method: "GET",
        url: { host: ["{{baseUrl}}"], path: ["teams", ":team", "notes"], query: [{ key: "page", value: "1" }] },
      }),
      request("Files", {
        method: "GET",
        url: {
          protocol: "https",
          host: ["files", "desk", "example"],
          port: "8080",
          path: [{ type: "string", value: "files" }],
        },
      }),
      request("Nowhere", { method: "GET", url: {} }),
    ],
  });
  expect(baseUrl).toBe("https://desk.example/v2");
  expect(leftOut.map(({ what }) => what)).toEqual(["Nowhere"]);
  const call = async (target: string, input: string) =>
    (await runOn(tool, ["call", target, "--input", input])).sent[0]?.url;
  expect(await call("GET /teams/{team}/notes", '{"path":{"team":"a b"},"query":{"page":2}}')).toBe(
    "https://desk.example/v2/teams/a%20b/notes?page=2",
  );
  expect(await call("GET /files", "{}")).toBe("https://files.desk.example:8080/files");
});
