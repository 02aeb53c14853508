import { describe, type Input, table, type ToolDefinition } from "@patchbay/kit";
import { expect, it } from "vitest";
import { sayOnce } from "./say-once.ts";
import { writeCode } from "./write-code.ts";

const owner: Input = { help: "The account that owns the repository, a person or an organization, by its handle" };
const page: Input = { type: "integer", default: 1, help: "The number of the page of results to fetch" };

const repeating = (...extra: [string, ToolDefinition["operations"][string]][]): ToolDefinition => ({
  slug: "desk",
  operations: Object.fromEntries([
    ...Array.from({ length: 5 }, (_, at): [string, ToolDefinition["operations"][string]] => [
      `things list-${at}`,
      { access: "read", request: `GET /repos/{owner}/things${at}`, input: { owner, page } },
    ]),
    ...extra,
  ]),
});

it("says at the head what many operations take, and in an operation only what is its own", () => {
  const said = sayOnce(repeating());
  expect(said.inputs).toEqual({ owner, page });
  expect(said.operations["things list-0"]).toEqual({
    access: "read",
    request: "GET /repos/{owner}/things0",
    input: { page: true },
  });
});

it.each<[string, ToolDefinition["operations"][string]]>([
  ["a path parameter of which nothing is said", { access: "read", request: "GET /other/{owner}" }],
  ["one told otherwise", { access: "read", request: "GET /other/{owner}", input: { owner: { help: "Who pays" } } }],
  [
    "one told under another name",
    {
      access: "write",
      request: "POST /other/{owner}",
      input: { path_owner: { name: "owner", help: "The first" }, owner: { in: "body", required: true } },
    },
  ],
  [
    "a body field beside a path parameter of its name",
    { access: "write", request: "PUT /other/{owner}", input: { owner, body_owner: { name: "owner", in: "body" } } },
  ],
  [
    "the same words for a field that is no path parameter",
    { access: "write", request: "POST /other", input: { owner } },
  ],
  [
    "several requests in code",
    { access: "write", requests: ["GET /a/{owner}", "POST /b"], input: { page }, run: async () => undefined },
  ],
  ["names that objects have by themselves", { access: "read", request: "GET /{constructor}/{toString}" }],
])("changes nothing of what a tool takes: %s", (_, operation) => {
  const definition = repeating(["other do", operation]);
  expect(describe(sayOnce(definition))).toEqual(describe(definition));
});

it("leaves a tool alone that repeats nothing", () => {
  const definition: ToolDefinition = { slug: "desk", operations: { "a b": { access: "read", request: "GET /a" } } };
  expect(sayOnce(definition)).toBe(definition);
});

it("is the same tool again when its file is read", () => {
  const definition = repeating(
    ...Array.from({ length: 900 }, (_, at): [string, ToolDefinition["operations"][string]] => [
      `others get-${at}`,
      { access: "read", request: `GET /others/${at}/{owner}`, summary: "Says `this`, ${that} and \\n … in a breath" },
    ]),
  );
  const code = writeCode(sayOnce(definition));
  const [, text = ""] = /table\((`(?:[^`\\]|\\.)*`)\)/.exec(code) ?? [];
  // oxlint-disable-next-line no-eval -- the file is this test's own
  const operations = table((0, eval)(text) as string);
  expect(describe({ ...sayOnce(definition), operations })).toEqual(describe(definition));
});
