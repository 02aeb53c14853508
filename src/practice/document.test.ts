import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { judgeBy } from "./document-judge.ts";
import { startPractice } from "./start.ts";
import type { PracticeService } from "./start.ts";

const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()).length(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  responses: z.record(z.string(), z.unknown()),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).optional(),
  requestBody: z
    .object({ content: z.record(z.string(), z.looseObject({ schema: z.unknown(), example: z.unknown().optional() })) })
    .loose()
    .optional(),
});
const Document = z.looseObject({
  openapi: z.literal("3.1.0"),
  servers: z.array(z.looseObject({ url: z.string() })),
  tags: z.array(z.looseObject({ name: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ securitySchemes: z.record(z.string(), z.unknown()) }).loose(),
});

let service: PracticeService;
let document: z.infer<typeof Document>;
const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      method === "parameters" ? [] : [{ path, method, ...Operation.parse(operation) }],
    ),
  );

beforeAll(async () => {
  service = await startPractice();
  document = Document.parse(await (await fetch(service.documentUrl)).json());
});
afterAll(() => service.close());

describe("the OpenAPI document", () => {
  it("names the address of this very service", () => {
    expect(document.servers).toEqual([{ url: `${service.url}/v1`, description: "This machine" }]);
  });

  it("gives every operation an id of its own, a summary and a known tag", () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations().filter(({ summary }) => summary.length < 5)).toEqual([]);
    const known = document.tags.map(({ name }) => name);
    expect(operations().filter(({ tags }) => !known.includes(tags[0] ?? ""))).toEqual([]);
  });

  it("declares every name in a path and every way to sign in it speaks of", () => {
    for (const { path, security } of operations()) {
      const declared = z
        .array(
          z.looseObject({
            name: z.string(),
            in: z.literal("path"),
            required: z.literal(true),
            description: z.string(),
          }),
        )
        .parse(document.paths[path]?.["parameters"] ?? []);
      expect(declared.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      expect(
        security
          .flatMap((way) => Object.keys(way))
          .filter((scheme) => !(scheme in document.components.securitySchemes)),
      ).toEqual([]);
    }
  });

  it("asks for key and token together, and for a scope that fits the operation", () => {
    for (const { method, security } of operations())
      expect(security).toEqual([
        { apiKey: [] },
        { key: [], token: [] },
        { oauth2: [method === "get" ? "boards:read" : "boards:write"] },
      ]);
  });

  it("has references that lead somewhere and examples that fit", () => {
    const judge = judgeBy(document);
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g))
      expect(judge.resolved({ $ref: reference })).toBeTypeOf("object");
    const bodies = operations().flatMap(({ operationId, requestBody }) =>
      Object.values(requestBody?.content ?? {}).map((body) => ({ operationId, ...body })),
    );
    const problems = bodies.flatMap(({ operationId, schema, example }) =>
      example === undefined ? [] : judge.shape(schema, example, operationId),
    );
    expect(problems).toEqual([]);
  });
});

describe("every answer of the API", () => {
  it("is as the document says, for each operation and each kind of error", async () => {
    const judge = judgeBy(document);
    const seen = new Map<string, Set<number>>();
    const problems: string[] = [];
    const Made = z.looseObject({ id: z.string() });

    async function call(
      operationId: string,
      values: Record<string, string> = {},
      init: RequestInit & { json?: unknown } = {},
    ) {
      const operation = operations().find((one) => one.operationId === operationId);
      if (!operation) throw new Error(`no operation ${operationId}`);
      const inPath = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
      const query = new URLSearchParams(
        Object.entries(values).filter(([name]) => !operation.path.includes(`{${name}}`)),
      );
      const { json, headers = { "x-board-key": service.keys.apiKey }, ...rest } = init;
      const response = await fetch(`${service.url}/v1${inPath}?${query}`, {
        method: operation.method.toUpperCase(),
        redirect: "manual",
        headers: {
          ...(json !== undefined && { "content-type": "application/json" }),
          ...Object.fromEntries(new Headers(headers)),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
        ...rest,
      });
      seen.set(operationId, (seen.get(operationId) ?? new Set()).add(response.status));
      problems.push(...(await judge.answer(operation.path, operation.method, response.clone())));
      return response;
    }
    const make = async (...args: Parameters<typeof call>) => Made.parse(await (await call(...args)).json()).id;
    const form = (entries: Record<string, Blob | string>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(entries)) body.set(name, value);
      return { body };
    };

    await call("getMe");
    const board_id = await make("createBoard", {}, { json: { name: "Trip", description: "South" } });
    await call("listBoards", { per_page: "2" });
    await call("getBoard", { board_id });
    await call("updateBoard", { board_id }, { json: { archived: false } });
    const list_id = await make("createList", { board_id }, { json: { name: "Pack" } });
    await call("listLists", { board_id });
    await call("getList", { list_id });
    await call("updateList", { list_id }, { json: { position: "top" } });
    const label_id = await make("createLabel", { board_id }, { json: { name: "Heavy", color: "red" } });
    await call("createLabel", { board_id }, { json: { name: "Heavy" } });
    await call("listLabels", { board_id });
    const card_id = await make(
      "createCard",
      { list_id },
      { json: { name: "Tent", due_at: "2026-12-01T10:00:00.000Z", label_ids: [label_id] } },
    );
    await call("listCards", { list_id, limit: "1", due_before: "2027-01-01T00:00:00Z" });
    await call("listCards", { list_id, cursor: "nonsense" });
    await call("listBoardCards", { board_id, label_id });
    await call("getCard", { card_id });
    await call("updateCard", { card_id }, { json: { due_at: null } });
    await call("moveCard", { card_id }, { json: { list_id } });
    await call("archiveCard", { card_id });
    const comment_id = await make("createComment", { card_id }, { json: { text: "Two pegs are missing" } });
    await call("listComments", { card_id });
    await call("updateComment", { comment_id }, { json: { text: "Three" } });
    const attachment_id = await make(
      "createAttachment",
      { card_id },
      form({ file: new File(["tent"], "tent.txt"), name: "list.txt" }),
    );
    await call("listAttachments", { card_id });
    await call("getAttachment", { attachment_id });
    await call("downloadAttachment", { attachment_id });
    await call("search", { query: "tiles" });
    await call("search", {});
    for (const operationId of ["failSoftly", "failWithHtml", "failWithText", "answerEcho", "answerElsewhere"])
      await call(operationId);
    await call("answerSlowly", { seconds: "0" });
    await call("answerAtLength", { lines: "3" });

    await call("getMe", {}, { headers: {} });
    await call("getBoard", { board_id: "brd_band" });
    await call("getBoard", { board_id: "brd_busy" });
    await call(
      "createBoard",
      {},
      { body: "{", headers: { "x-board-key": service.keys.apiKey, "content-type": "application/json" } },
    );
    await call("createBoard", {}, { body: "name=Trip", headers: { "x-board-key": service.keys.apiKey } });
    await call("createBoard", {}, { json: { name: "", colour: "red" } });
    await call("createAttachment", { card_id }, form({ file: new File([new Uint8Array(5 * 1024 * 1024 + 1)], "big") }));
    await call("createAttachment", { card_id }, form({ file: new File([new Uint8Array(7 * 1024 * 1024)], "bigger") }));

    const ids: [string, Record<string, string>][] = [
      ["deleteAttachment", { attachment_id }],
      ["deleteComment", { comment_id }],
      ["deleteCard", { card_id }],
      ["deleteLabel", { label_id }],
      ["deleteList", { list_id }],
      ["deleteBoard", { board_id }],
    ];
    for (const [operationId, id] of ids) {
      expect((await call(operationId, id)).status).toBe(204);
      expect((await call(operationId, id)).status).toBe(404);
    }

    expect(problems).toEqual([]);
    const untried = operations().filter(
      ({ operationId, responses }) =>
        !Object.keys(responses).some((status) => Number(status) !== 401 && seen.get(operationId)?.has(Number(status))),
    );
    expect(untried.map(({ operationId }) => operationId)).toEqual([]);
    expect([...new Set([...seen.values()].flatMap((statuses) => [...statuses]))].toSorted()).toEqual([
      200, 201, 204, 302, 400, 401, 404, 409, 413, 415, 422, 429, 500, 503,
    ]);
  });
});
