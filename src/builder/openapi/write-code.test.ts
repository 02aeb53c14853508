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
  const [, text = ""] = /table\(String\.raw`([^`]*)`\),\n\}\);\n$/.exec(code) ?? [];
  expect(text).not.toContain("${");
  expect(table(text)).toEqual(large.operations);
  expect(text.split("\n").slice(1, 4)).toEqual([
    '    "things do-0": {',
    '      "access": "write",',
    '      "request": "POST /things/0",',
  ]);
});
