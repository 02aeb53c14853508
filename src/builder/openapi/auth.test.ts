import { describe, expect, it } from "vitest";
import { runOn } from "../../../e2b-template/kit/testing.ts";
import { AuthMethod } from "../../contract/auth-method.ts";
import { compiled } from "./testing.ts";

const op = (more: object = {}) => ({ "/things": { get: { operationId: "theOne", ...more } } });
const schemes = (securitySchemes: object) => ({ components: { securitySchemes } });
const signed = async (paths: object, more: object, env: Record<string, string>, id = "theOne") => {
  const { tool } = await compiled(paths, more);
  const { sent } = await runOn(tool, ["call", id, "--input", "{}"], { env });
  return sent[0];
};

describe("schemes", () => {
  it.each([
    [{ type: "http", scheme: "bearer" }, { DESK_ACCESS_TOKEN: "t" }, { authorization: "Bearer t" }, "bearer_token"],
    [
      { type: "http", scheme: "basic" },
      { DESK_USERNAME: "u", DESK_PASSWORD: "p" },
      { authorization: "Basic dTpw" },
      "basic",
    ],
    [{ type: "apiKey", in: "header", name: "X-Key" }, { DESK_API_KEY: "k" }, { "x-key": "k" }, "api_key"],
    [{ type: "apiKey", in: "cookie", name: "sid" }, { DESK_API_KEY: "k" }, { cookie: "sid=k" }, "api_key"],
    [{ type: "http", scheme: "Token" }, { DESK_API_KEY: "k" }, { authorization: "Token k" }, "api_key"],
    [
      {
        type: "oauth2",
        flows: {
          authorizationCode: {
            authorizationUrl: "https://a.example/authorize",
            tokenUrl: "https://a.example/token",
            scopes: {},
          },
        },
      },
      { DESK_ACCESS_TOKEN: "t" },
      { authorization: "Bearer t" },
      "oauth2",
    ],
    [
      { type: "openIdConnect", openIdConnectUrl: "https://a.example/.well-known/openid-configuration" },
      { DESK_ACCESS_TOKEN: "t" },
      { authorization: "Bearer t" },
      "oauth2",
    ],
  ])("%j", async (scheme, env, headers, type) => {
    const more = { ...schemes({ s: scheme }), security: [{ s: [] }] };
    expect((await signed(op(), more, env as Record<string, string>))?.headers).toMatchObject(headers);
    const { auth } = await compiled(op(), more);
    expect(auth[0]?.type).toBe(type);
    for (const method of auth) expect(AuthMethod.parse(method)).toBeTruthy();
  });
});

describe("requirements", () => {
  const two = schemes({
    a: { type: "apiKey", in: "query", name: "key" },
    b: { type: "apiKey", in: "header", name: "X-Secret" },
    basic: { type: "http", scheme: "basic" },
  });
  it("sends all schemes of one requirement, and asks for all of them in one method", async () => {
    const more = { ...two, security: [{ a: [], b: [] }] };
    expect(await signed(op(), more, { DESK_KEY: "k", DESK_X_SECRET: "s" })).toMatchObject({
      url: expect.stringContaining("?key=k"),
      headers: { "x-secret": "s" },
    });
    const { auth } = await compiled(op(), more);
    expect(auth).toMatchObject([{ type: "api_key", fields: [{ name: "key" }, { name: "x_secret" }] }]);
  });
  it("sends one of several requirements", async () => {
    const more = { ...two, security: [{ a: [] }, { basic: [] }] };
    const request = await signed(op(), more, { DESK_USERNAME: "u", DESK_PASSWORD: "p" });
    expect(request?.url).not.toContain("key");
    expect(request?.headers.authorization).toBe("Basic dTpw");
  });
  it("sends none where an operation opts out", async () => {
    const paths = {
      ...op({ security: [] }),
      "/other": { get: { operationId: "other" } },
      "/third": { get: { operationId: "third" } },
    };
    const more = { ...two, security: [{ a: [] }] };
    expect((await signed(paths, more, { DESK_API_KEY: "x", DESK_KEY: "k" }))?.url).not.toContain("key=");
    expect((await signed(paths, more, { DESK_KEY: "k" }, "other"))?.url).toContain("key=k");
  });
  it("sends the one token that meets two OAuth2 schemes at once, and asks for one sign-in", async () => {
    const oauth = {
      type: "oauth2",
      flows: {
        authorizationCode: {
          authorizationUrl: "https://a.example/auth",
          tokenUrl: "https://a.example/token",
          scopes: { r: "Read" },
        },
      },
    };
    const { auth } = await compiled(op(), {
      ...schemes({ one: oauth, two: oauth }),
      security: [{ one: ["r"], two: ["r"] }],
    });
    expect(auth).toMatchObject([{ type: "oauth2", scopes: ["r"] }, { type: "bearer_token" }]);
  });
});

describe("credentials in disguise", () => {
  const parameters = [
    { name: "key", in: "query", required: true, schema: { type: "string" } },
    { name: "token", in: "query", required: true, schema: { type: "string" } },
  ];
  it("takes parameters that repeat schemes for the credential, both at once, and not for inputs", async () => {
    const more = schemes({
      api_key: { type: "apiKey", in: "query", name: "key" },
      api_token: { type: "apiKey", in: "query", name: "token" },
    });
    const paths = op({ parameters, security: [{ api_key: [] }, { api_token: [] }] });
    const { tool, auth } = await compiled(paths, more);
    expect(Object.values(tool.operations)[0]?.input).toBeUndefined();
    expect(auth).toMatchObject([{ type: "api_key", fields: [{ name: "key" }, { name: "token" }] }]);
    expect((await signed(paths, more, { DESK_KEY: "k", DESK_TOKEN: "t" }))?.url).toContain("?key=k&token=t");
  });
  it("takes a key that every operation of a document without schemes demands for the credential", async () => {
    const paths = {
      "/a": { get: { parameters: [{ name: "api_key", in: "query", schema: {} }] } },
      "/b": { get: { parameters: [{ name: "api_key", in: "query", schema: {} }] } },
    };
    const { auth } = await compiled(paths);
    expect(auth).toMatchObject([
      { type: "api_key", fields: [{ name: "api_key", places: [{ in: "query", name: "api_key" }] }] },
    ]);
  });
  const inBodies = (key: object, ref = "api_key") => {
    const body = (properties: object) => ({
      requestBody: { content: { "application/json": { schema: { type: "object", required: ["key"], properties } } } },
    });
    return {
      paths: {
        "/users/ping": {
          post: {
            requestBody: { content: { "application/json": { schema: { $ref: `#/components/schemas/${ref}` } } } },
          },
        },
        "/messages/send": { post: { operationId: "send", ...body({ key, text: { type: "string" } }) } },
        "/messages/find": { post: body({ key, text: { type: "string" } }) },
      },
      more: { components: { schemas: { [ref]: { type: "object", properties: { key } } } } },
    };
  };
  it.each([
    ["the name of a body that holds nothing else", inBodies({ type: "string" })],
    ["its own text", inBodies({ type: "string", description: "A valid API key" }, "ping")],
  ])("takes a key in the body of every operation for the credential when %s says so", async (_, { paths, more }) => {
    const { tool, auth } = await compiled(paths, more);
    expect(auth).toMatchObject([
      { type: "api_key", fields: [{ name: "api_key", places: [{ in: "body", name: "key" }] }] },
    ]);
    expect(tool.operations["messages send"]).toMatchObject({ input: { text: {} } });
    expect(tool.operations["messages send"]?.input).not.toHaveProperty("key");
    const env = { DESK_API_KEY: "k" };
    expect((await runOn(tool, ["users", "ping"], { env })).sent[0]?.body).toBe('{"key":"k"}');
    expect((await runOn(tool, ["messages", "send", "--text", "hi"], { env })).sent[0]?.body).toBe(
      '{"text":"hi","key":"k"}',
    );
  });
  it.each([
    ["nobody says what it is", inBodies({ type: "string" }, "ping")],
    ["it is an id", inBodies({ type: "string", description: "Key of the record, as the list gives it" }, "record_key")],
    ["it is no text", inBodies({ type: "object" })],
    [
      "an operation goes without it",
      { ...inBodies({ type: "string" }), paths: { ...inBodies({ type: "string" }).paths, "/a": { get: {} } } },
    ],
  ])("leaves a key in bodies an input when %s", async (_, { paths, more }) => {
    const { tool, auth } = await compiled(paths, more);
    expect(auth.some((one) => one.type === "api_key")).toBe(false);
    expect(tool.operations["messages send"]?.input).toHaveProperty("key");
  });
  it("does not demand a token as input that the sign-in sends anyway", async () => {
    const asked = (description: string) =>
      op({ parameters: [{ name: "token", in: "query", required: true, description, schema: { type: "string" } }] });
    const more = { ...schemes({ s: { type: "http", scheme: "bearer" } }), security: [{ s: [] }] };
    const sentFor = async (description: string) => {
      const { tool } = await compiled(asked(description), more);
      const words = Object.keys(tool.operations)[0]?.split(" ") ?? [];
      return (await runOn(tool, words, { env: { DESK_ACCESS_TOKEN: "t" } })).sent;
    };
    expect(await sentFor("Authentication token. Requires scope: `read`")).toMatchObject([
      { url: "https://api.desk.example/v1/things", headers: { authorization: "Bearer t" } },
    ]);
    expect(await sentFor("What the invitation said")).toEqual([]);
  });
  it("leaves a token that points at a page alone", async () => {
    const { tool, auth } = await compiled(
      op({ parameters: [{ name: "token", in: "query", description: "Token of the next page", schema: {} }] }),
    );
    expect(auth[0]?.type).toBe("none");
    expect(Object.values(tool.operations)[0]?.input).toHaveProperty("token");
  });
});

describe("OAuth2 flows", () => {
  const flow = {
    authorizationUrl: "https://a.example/oauth/authorize",
    tokenUrl: "https://a.example/oauth/token",
    scopes: { read: "See", write: "Change", admin: "All" },
  };
  const oauth = (flows: object) => ({ ...schemes({ o: { type: "oauth2", flows } }) });
  it.each([
    [{ authorizationCode: flow }, { grant: "authorization_code", tokenEndpoint: flow.tokenUrl }],
    [{ clientCredentials: flow }, { grant: "client_credentials", tokenEndpoint: flow.tokenUrl }],
    [
      { deviceAuthorization: { ...flow, deviceAuthorizationUrl: "https://a.example/device" } },
      { grant: "device_code", deviceAuthorizationEndpoint: "https://a.example/device" },
    ],
    [
      { implicit: { authorizationUrl: flow.authorizationUrl, scopes: {} } },
      { grant: "authorization_code", tokenEndpoint: "https://a.example/oauth/token" },
    ],
  ])("%j", async (flows, wanted) => {
    const { auth } = await compiled(op({ security: [{ o: ["read"] }] }), oauth(flows));
    expect(auth[0]).toMatchObject({ type: "oauth2", ...wanted });
    expect(auth.at(-1)).toMatchObject({ type: "bearer_token" });
  });
  it("asks for the fewest scopes that cover the operations", async () => {
    const paths = {
      "/a": { get: { security: [{ o: ["read"] }, { o: ["admin"] }] } },
      "/b": { get: { security: [{ o: ["admin"] }, { o: ["write"] }] } },
      "/c": { get: { security: [{ o: ["admin"] }] } },
    };
    const { auth, tool } = await compiled(paths, oauth({ authorizationCode: flow }));
    expect(auth[0]).toMatchObject({ scopes: ["admin"] });
    expect(Object.values(tool.operations).map((one) => one.scopes)).toEqual([["read"], ["admin"], ["admin"]]);
  });
});
