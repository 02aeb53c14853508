import { expect, it } from "vitest";
import { refusedImports } from "./imports.ts";

it("lets a tool import Node's own modules and the kit", () => {
  const code = `
    import { tool } from "@patchbay/kit";
    import { createHash } from "node:crypto";
    import type { Readable } from "node:stream";
    const { parseArgs } = await import("node:util");
    export { URL } from "node:url";
    export default tool({ slug: "x", operations: {} });
  `;
  expect(refusedImports(code)).toEqual([]);
});

it.each([
  ["a package", `import chalk from "chalk";`],
  ["a builtin without its prefix", `import fs from "fs";`],
  ["a relative file", `import x from "./secrets.ts";`],
  ["a file URL", `import x from "file:///etc/passwd" with { type: "text" };`],
  ["an absolute path", `import x from "/etc/passwd";`],
  ["a page", `import x from "https://evil.example/x.ts";`],
  ["an npm specifier", `import x from "npm:left-pad";`],
  ["a jsr specifier", `import x from "jsr:@std/fs";`],
  ["a data URL", `import x from "data:text/javascript,export default 1";`],
  ["an unknown node: name", `import x from "node:secrets";`],
  ["the module loader", `import { createRequire } from "node:module";`],
  ["worker threads", `import { Worker } from "node:worker_threads";`],
  ["child processes", `import { spawn } from "node:child_process";`],
  ["a virtual machine", `import vm from "node:vm";`],
  ["an import only for its effect", `import "./x.js";`],
  ["an import of types only", `import type { X } from "./x.ts";`],
  ["a re-export", `export { x } from "./x.ts";`],
  ["a re-export of everything", `export * from "./x.ts";`],
  ["a literal dynamic import", `await import("./x.ts");`],
  ["a dynamic import of a variable", `const n = "node:fs"; await import(n);`],
  ["a dynamic import of a template", "await import(`node:fs`);"],
  ["a dynamic import of a sum", `await import("node:" + "fs");`],
  ["import equals", `import x = require("./x");`],
  ["require", `const x = require("fs");`],
  ["createRequire by a namespace", `process.getBuiltinModule("module").createRequire("/")("./x");`],
  ["createRequire in brackets", `globalThis.process["getBuiltinModule"]("module");`],
  ["createRequire under another name", `const { getBuiltinModule: get } = process;`],
  ["eval", `eval("import('./x')");`],
  ["indirect eval", `(0, eval)("import('./x')");`],
  ["eval as a member", `globalThis.eval("import('./x')");`],
  ["an empty re-export", `export {} from "./x.ts";`],
  ["new Function", `new Function("return import('./x')")();`],
  ["a type import", `type X = import("./x.ts").X;`],
])("refuses %s", (_name, code) => {
  expect(refusedImports(`const a = 1;\n${code}\n`)[0]?.line).toBe(2);
});

it("shows where and what", () => {
  expect(refusedImports(`import { tool } from "@patchbay/kit";\n\nimport {\n  a,\n} from "./a.ts";\n`)).toEqual([
    { line: 3, text: `import { a, } from "./a.ts";` },
  ]);
});

it("refuses a file it cannot parse, and says so", () => {
  const [first] = refusedImports("const = 1;");
  expect(first?.line).toBe(1);
  expect(first?.text).toMatch(/token|expected/i);
});

it("does not take words in strings, comments or property names for imports", () => {
  const code = `// import "./x.ts"\nconst text = 'import x from "./y"';\nconst fields = { require: { in: "query" }, eval: 1, summary: "require a body" };\nconst x = fields.require;\n`;
  expect(refusedImports(code)).toEqual([]);
});
