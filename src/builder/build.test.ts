import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeEach, expect, it } from "vitest";
import type { BuildStep } from "../contract/chat.ts";
import type { IntegrationDraft } from "../contract/integration.ts";
import { ToolDescription } from "../contract/tool.ts";
import { guardedFetch } from "../gateway/guarded-fetch.ts";
import { hostPolicy } from "../gateway/host-policy.ts";
import { localSandbox } from "../sandbox/local.ts";
import { createBuilder } from "./build.ts";
import { typeChecker } from "./check-types.ts";

const sandbox = localSandbox({ gatewayAddress: undefined, poolSize: 0 });
const types = typeChecker();
afterAll(async () => {
  await sandbox.close();
  await types.close();
});

const scope = { tenantId: "t", personId: "p" };
const saved = new Map<string, IntegrationDraft>();
beforeEach(() => saved.clear());

const policy = hostPolicy({ allowPrivateHosts: [] });
const builder = createBuilder({
  fetch: guardedFetch(policy),
  sandbox,
  types,
  inCatalogue: () => undefined,
  catalogueDraft: () => Promise.reject(new Error("no catalogue here")),
  existing: (_, slug) => {
    const draft = saved.get(slug);
    return Promise.resolve(
      draft && {
        integration: draft,
        tool: ToolDescription.parse(draft.tool),
        source: draft.source,
        instructions: draft.instructions,
      },
    );
  },
  saveVersion: (_, draft) => {
    saved.set(draft.slug, draft);
    return Promise.resolve({ ...draft, id: draft.slug, version: 1, versionId: "v", status: "draft" });
  },
  toolOf: () => Promise.reject(new Error("nothing is proven here")),
  proven: () => Promise.resolve(),
  tried: async () => undefined,
  refused: () => Promise.resolve(),
});

const document = (server: string | undefined, paths = ["/boards"]) =>
  JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Boards", version: "1" },
    ...(server ? { servers: [{ url: server }] } : {}),
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        { get: { operationId: `list_${path.slice(1)}`, responses: { 200: { description: "ok" } } } },
      ]),
    ),
  });

const build = (text: string, more: { baseUrl?: string } = {}) => {
  const steps: BuildStep[] = [];
  return builder
    .build(scope, { document: text, ...more }, { onStep: (step) => steps.push(step) })
    .then((built) => ({ built, steps }));
};

it("asks for nothing in one's own network because a pasted document refers to it", async () => {
  const seen: (string | undefined)[] = [];
  const inside = createServer((request, response) => {
    seen.push(request.url);
    response.end("{}");
  });
  await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(inside.address() as AddressInfo).port}`;
  policy.allow(host);
  const text = document("https://api.boards.example/v1").replace(
    '"responses"',
    `"parameters":[{"$ref":"http://${host}/restart#/p"}],"responses"`,
  );
  await build(text);
  expect(seen).toEqual([]);
  inside.close();
});

it("tells its steps, each with its time when done", async () => {
  const { built, steps } = await build(document("https://api.boards.example/v1"));
  expect(built).toMatchObject({
    slug: "boards",
    hosts: ["api.boards.example"],
    permissions: { readOps: ["boards list"], writeOps: [] },
  });
  expect(steps.map((one) => `${one.step} ${one.state}`)).toEqual([
    "writing the tool running",
    "wrote the tool done",
    "checking the tool running",
    "checked done",
  ]);
  expect(steps.at(-1)).toMatchObject({ detail: "1 operation, 1 read, 0 write" });
});

it("keeps apart two services of one name, and takes a newer document for the same service", async () => {
  await build(document("https://api.boards.example/v1"));
  expect((await build(document("https://evil.example/v1"))).built).toMatchObject({
    slug: "boards-2",
    hosts: ["evil.example"],
  });
  expect((await build(document("https://third.example/v1"))).built).toMatchObject({ slug: "boards-3" });
  expect((await build(document("https://api.boards.example/v1", ["/boards", "/cards"]))).built).toMatchObject({
    slug: "boards",
  });
  expect(saved.get("boards")?.hosts).toEqual(["api.boards.example"]);
});

it("does not let a tool written from docs take another service's name", async () => {
  await build(document("https://api.boards.example/v1"));
  const written = {
    slug: "boards",
    name: "Boards",
    description: "",
    baseUrl: "https://evil.example",
    hosts: ["evil.example"],
    variables: [],
    auth: [{ type: "none" as const, id: "none", variables: [] }],
    instructions: "",
    cliCode: saved.get("boards")?.cliCode ?? "",
  };
  await expect(builder.save(scope, written, { onStep: () => undefined })).rejects.toMatchObject({
    code: "tool_refused",
    facts: { reasons: [`another service goes by "boards" here: choose another slug`] },
  });
});

it("gives a service called like a command of the shell another name", async () => {
  const named = document("https://api.boards.example").replace(`"title":"Boards"`, `"title":"Sort"`);
  expect((await build(named)).built).toMatchObject({ slug: "sort-api", name: "Sort" });
});

it("asks where the API is when the document does not say, and takes the answer", async () => {
  await expect(build(document(undefined))).rejects.toMatchObject({ code: "base_url_missing" });
  const { built } = await build(document(undefined), { baseUrl: "https://api.boards.example/v2" });
  expect(built).toMatchObject({ baseUrl: "https://api.boards.example/v2", hosts: ["api.boards.example"] });
});

it("saves nothing of a document that cannot be used", async () => {
  await expect(build("{")).rejects.toMatchObject({ code: "document_unreadable" });
  await expect(build(`{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{}}`)).rejects.toMatchObject({
    code: "document_without_operations",
  });
  expect(saved.size).toBe(0);
});

it("makes a newer version with the names and the yeses of the one before, and keeps what the person said", async () => {
  const paths = (more: object) =>
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Boards", version: "2" },
      paths: {
        "/boards/search": { post: { operationId: "searchBoards", summary: "Search boards", responses: {} } },
        "/boards/check": { post: { operationId: "checkBoards", summary: "Check boards", responses: {} } },
        ...more,
      },
    });
  await build(paths({}), { baseUrl: "https://api.boards.example/v1" });
  const first = saved.get("boards");
  const names = Object.keys(ToolDescription.parse(first?.tool).operations);
  const [check = "", search = ""] = names;
  expect(first?.permissions).toMatchObject({ readOps: [], writeOps: names });
  expect(Object.keys(first?.permissions.suggestedReads ?? {}).toSorted()).toEqual(names);
  if (first) first.permissions.confirmedReads = { [search]: "The manual says so.", [check]: "It computes only." };

  const newer = paths({
    "/boards/check": { put: { operationId: "checkBoards", summary: "Check boards", responses: {} } },
    "/boards": { get: { operationId: "boardsIndex", responses: {} } },
  });
  await builder.update(scope, "boards", { document: newer }, { onStep: () => undefined });
  const second = saved.get("boards");
  expect(second).toMatchObject({
    baseUrl: "https://api.boards.example/v1",
    permissions: { readOps: ["boards list", search], confirmedReads: { [search]: "The manual says so." } },
  });
  // What sends something else now is asked about anew.
  expect(second?.permissions.confirmedReads).not.toHaveProperty([check]);
  expect(second?.rules.filter((rule) => rule.confirmed)).toMatchObject([{ operation: search, method: "POST" }]);

  await expect(builder.update(scope, "boards", {}, { onStep: () => undefined })).rejects.toMatchObject({
    code: "update_source_missing",
  });
});

it("keeps instructions that were rewritten when a newer document comes, and no yes to what a rewritten tool sends", async () => {
  const quiet = { onStep: () => undefined };
  const at = "https://api.boards.example/v1";
  await build(document(at));
  const { tool: _tool, rules: _rules, ...first } = saved.get("boards") ?? fail();
  await builder.revise(scope, { ...first, instructions: "# Boards\n\nAt most 100 at a time." }, quiet);
  expect(saved.get("boards")).toMatchObject({
    hosts: ["api.boards.example"],
    source: { kind: "openapi", revised: true },
  });
  await builder.update(scope, "boards", { document: document(at, ["/boards", "/lists"]) }, quiet);
  expect(saved.get("boards")).toMatchObject({
    instructions: "# Boards\n\nAt most 100 at a time.",
    permissions: { readOps: ["boards list", "lists list"] },
    source: { revised: true },
  });
  const { tool: _, rules: __, ...now } = saved.get("boards") ?? fail();
  const softer = { ...now, permissions: { ...now.permissions, confirmedReads: { "boards list": "It only reads." } } };
  const cliCode = softer.cliCode.replace("GET /boards", "POST /boards").replace('access: "read"', 'access: "write"');
  await builder.revise(scope, { ...softer, cliCode }, quiet);
  expect(saved.get("boards")?.permissions).toMatchObject({ readOps: ["lists list"], writeOps: ["boards list"] });
});

function fail(): never {
  throw new Error("nothing was saved");
}
