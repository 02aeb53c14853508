import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { judgeImports } from "./imports.ts";

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "imports-"));
  folders.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

it("lets an import point down", () => {
  const report = judgeImports(
    tree({
      "src/gateway/serve.ts": `import { a } from "../contract/a.ts";\na();`,
      "src/contract/a.ts": "export const a = () => 1;",
    }),
  );
  expect(report.faults).toEqual([]);
  expect(report.edges).toMatchObject([{ from: "gateway", to: "contract", line: 1 }]);
});

it.each([
  [`import { run } from "../runs/run.ts";`],
  [`import type { Run } from "../runs/run.ts";`],
  [`export { run } from "../runs/run.ts";`],
  [`const it = await import("../runs/run.ts");`],
])("refuses the upward import %s", (line) => {
  const report = judgeImports(
    tree({ "src/gateway/serve.ts": `export {};\n${line}`, "src/runs/run.ts": "export const run = 1;" }),
  );
  expect(report.faults).toEqual(["src/gateway/serve.ts:2 imports ../runs/run.ts: gateway may not import runs"]);
});

it("names a circle between files of one room", () => {
  const report = judgeImports(
    tree({
      "src/vault/a.ts": `import { b } from "./b.ts";\nexport const a = b;`,
      "src/vault/b.ts": `import { a } from "./a.ts";\nexport const b = a;`,
    }),
  );
  expect(report.faults).toEqual(["circle: src/vault/a.ts -> src/vault/b.ts -> src/vault/a.ts"]);
});

it("keeps input and output out of the contract, and strange folders out of the house", () => {
  const report = judgeImports(
    tree({ "src/contract/a.ts": `import { readFileSync } from "node:fs";`, "src/utils/b.ts": "export {};" }),
  );
  expect(report.faults).toEqual([
    "src/contract/a.ts:1 imports node:fs: contract has no input or output",
    "src/utils/b.ts lies in no room",
  ]);
});
