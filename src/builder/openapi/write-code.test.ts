import { table, type ToolDefinition } from "@patchbay/kit";
import { expect, it } from "vitest";
import { refusedImports } from "../../sandbox/imports.ts";
import { writeCode } from "./write-code.ts";

const definition = (operations: number): ToolDefinition => ({
  slug: "large",
  operations: Object.fromEntries(
    Array.from({ length: operations }, (_, at) => [
      `things do-${at}`,
      {
        access: "write" as const,
        request: `POST /things/${at}`,
        summary: 'Says `code` and ${value}, \\ and "quotes" and \u2028, in one breath',
        input: { name: { in: "body" as const, enum: ["`", "${", "\\u0060"], required: true }, count: {} },
      },
    ]),
  ),
});

it("writes a small tool as a program", () => {
  const code = writeCode(definition(3));
  expect(code).toContain('import { tool } from "@patchbay/kit";');
  expect(code).toContain('  operations: {\n    "things do-0": {\n      access: "write",');
});

it("writes a large tool as text that no operation can end, an operation in a few lines", () => {
  const large = definition(800);
  const code = writeCode(large);
  expect(refusedImports(code)).toEqual([]);
  const [, text = ""] = /table\((`(?:[^`\\]|\\.)*`)\),\n\}\);\n$/.exec(code) ?? [];
  expect(text.split("\n").slice(1, 4)).toEqual([
    '"things do-0": {',
    '  "access": "write",',
    '  "request": "POST /things/0",',
  ]);
  // oxlint-disable-next-line no-eval -- the file is this test's own
  expect(table((0, eval)(text) as string)).toEqual(large.operations);
});

it("writes few letters of another script by number, so that the file is read at one byte a letter, and many as they are", () => {
  const said = (summary: string) =>
    writeCode({
      ...definition(800),
      operations: { ...definition(800).operations, a: { access: "read", request: "GET /a", summary } },
    });
  expect(said("and so on…")).toMatch(/^[\0-\xff]*$/);
  expect(said("и так далее ".repeat(100))).toContain("и так далее");
});
