import { afterAll, expect, it } from "vitest";
import { typeChecker } from "./check-types.ts";

const types = typeChecker();
afterAll(() => types.close());

it("names the line of a wrong type", async () => {
  expect(await types.check(`const a = 1;\nexport const b: string = a;\n`)).toEqual([
    { line: 2, text: "Type 'number' is not assignable to type 'string'." },
  ]);
});

it("knows Node's modules, process and fetch", async () => {
  const code = `import { createHash } from "node:crypto";
export const a: string = createHash("sha256").update(process.env["X"] ?? "").digest("hex");
export const b: Promise<Response> = fetch("https://a.example");
`;
  expect(await types.check(code)).toEqual([]);
});

it("judges many files at once, each by itself", async () => {
  const codes = Array.from({ length: 6 }, (_, index) =>
    index % 2 ? `export const a: string = ${index};` : `export const a: number = ${index};`,
  );
  const faults = await Promise.all(codes.map((code) => types.check(code)));
  expect(faults.map((found) => found.length)).toEqual([0, 1, 0, 1, 0, 1]);
});

it.each([
  ["an absolute import", `import hosts from "/etc/hosts";\nexport default hosts;`],
  [
    "a JSON import",
    `import it from "${import.meta.dirname}/../../package.json" with { type: "json" };\nexport const n: number = it.name;`,
  ],
  [
    "a triple-slash path",
    `/// <reference path="${import.meta.dirname}/build.ts" />\nimport type { Builder } from "${import.meta.dirname}/build.ts";\nexport const a: Builder = 1;`,
  ],
  ["a relative import", `import "../../../../../../etc/passwd";\nexport {};`],
])("shows the compiler no file of this machine: %s", async (_, code) => {
  const faults = await types.check(code);
  expect(faults.length).toBeGreaterThan(0);
  expect(JSON.stringify(faults)).toMatch(/not found|Cannot find module/i);
  expect(JSON.stringify(faults)).not.toMatch(/root:|localhost|patchbay"|readPage/);
});
