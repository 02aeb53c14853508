import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { IntegrationDraft } from "../contract/integration.ts";
import { guardedFetch } from "../gateway/guarded-fetch.ts";
import { hostPolicy } from "../gateway/host-policy.ts";
import { localSandbox } from "../sandbox/local.ts";
import { type Builder, createBuilder } from "./build.ts";
import { typeChecker } from "./check-types.ts";

/** One address a kind of trouble. */
const answers: Record<string, (response: ServerResponse) => void> = {
  "/missing.json": (response) => response.writeHead(404).end("no"),
  "/empty.json": (response) => response.end(""),
  "/page": (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html><h1>Our API</h1></html>"),
  "/malformed.yaml": (response) => response.end("openapi: 3.1.0\npaths:\n  /a: {get: [\n"),
  "/never": () => undefined,
  "/drip": (response) => void response.writeHead(200).write("{"),
  "/huge.json": (response) => {
    const piece = Buffer.alloc(1_000_000, 0x20);
    let left = 50;
    const more = () => {
      while (left > 0) {
        left -= 1;
        if (!response.write(piece)) return void response.once("drain", more);
      }
      response.end("{}");
    };
    more();
  },
  "/cyclic.json": (response) =>
    response.end(
      JSON.stringify({
        openapi: "3.0.3",
        info: { title: "Rings", version: "1" },
        servers: [{ url: "https://api.rings.example" }],
        components: {
          schemas: {
            Ring: {
              type: "object",
              properties: { next: { $ref: "#/components/schemas/Ring" }, name: { type: "string" } },
            },
            Loop: { $ref: "#/components/schemas/Loop" },
          },
        },
        paths: {
          "/rings": {
            post: {
              operationId: "createRing",
              requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Ring" } } } },
              responses: { 200: { description: "ok" } },
            },
          },
          "/loops": {
            get: {
              operationId: "listLoops",
              parameters: [{ name: "q", in: "query", schema: { $ref: "#/components/schemas/Loop" } }],
              responses: { 200: { description: "ok" } },
            },
          },
        },
      }),
    ),
  "/old/v1.json": (response) =>
    response.end(
      JSON.stringify({
        swagger: "2.0",
        info: { title: "Old", version: "1" },
        host: "api.old.example",
        basePath: "/v1",
        schemes: ["https"],
        paths: { "/things": { get: { operationId: "listThings", responses: { 200: { description: "ok" } } } } },
      }),
    ),
};

const server = createServer((request, response) =>
  (answers[request.url ?? ""] ?? ((one) => one.writeHead(404).end()))(response),
);
const policy = hostPolicy({ allowPrivateHosts: [] });
const patient = guardedFetch(policy);
const sandbox = localSandbox({ gatewayAddress: undefined, poolSize: 0 });
const types = typeChecker();
const saved: IntegrationDraft[] = [];
let builder: Builder;
let site = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  policy.allow(new URL(site).host);
  builder = createBuilder({
    fetch: (url, init) => patient(url, { ...init, timeoutMs: Math.min(init?.timeoutMs ?? 1500, 1500) }),
    sandbox,
    types,
    inCatalogue: () => undefined,
    catalogueDraft: () => Promise.reject(new Error("no catalogue here")),
    existing: () => Promise.resolve(undefined),
    saveVersion: (_, draft) => {
      saved.push(draft);
      return Promise.resolve({ ...draft, id: draft.slug, version: 1, versionId: "v", status: "draft" });
    },
    toolOf: () => Promise.reject(new Error("nothing is proven here")),
    proven: () => Promise.resolve(),
    tried: async () => undefined,
    refused: () => Promise.resolve(),
  });
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await sandbox.close();
  await types.close();
});

const build = (path: string) =>
  builder.build({ tenantId: "t", personId: "p" }, { url: `${site}${path}` }, { onStep: () => undefined });

it.each([
  ["/missing.json", "document_missing", /^There is no document at that address \(status 404\)/],
  ["/empty.json", "document_empty", /^The document is empty/],
  ["/malformed.yaml", "document_unreadable", /^The document is not readable JSON or YAML: /],
  ["/huge.json", "answer_too_large", /sent more than 40 MB/],
  ["/never", "answer_too_slow", /did not answer within/],
  ["/drip", "answer_too_slow", /did not answer within/],
])("says what is wrong with %s and saves nothing", async (path, code, message) => {
  await expect(build(path)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  expect(saved).toEqual([]);
});

it("gives the text of a page that leads to no document", async () => {
  const found = await build("/page");
  expect(found).toMatchObject({ kind: "docs" });
  expect(JSON.stringify("sections" in found && found.sections)).toContain("Our API");
});

it("makes tools of a document that runs in circles, and of Swagger 2", async () => {
  expect(await build("/cyclic.json")).toMatchObject({
    slug: "rings",
    permissions: { readOps: ["loops list"], writeOps: ["rings create"] },
  });
  expect(await build("/old/v1.json")).toMatchObject({ slug: "old", baseUrl: "https://api.old.example/v1" });
});
