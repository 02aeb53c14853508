import { builtinModules } from "node:module";
import { parseSync, Visitor } from "oxc-parser";

/**
 * Finds what in a generated file brings in code from elsewhere: a generated file may import Node's own modules by their
 * `node:` names and the kit, nothing else. An empty list means it does. This is the second of two layers, and the one
 * that a reader of the file understands; the first is that its process has no permission to load anything.
 *
 * @returns Lines count from 1; `text` is the offending source, or why the file cannot be read at all.
 */
export function refusedImports(code: string): { line: number; text: string }[] {
  const refused: { line: number; text: string }[] = [];
  const refuse = (span: { start: number; end: number }, why?: string) => {
    const line = code.slice(0, span.start).split("\n").length;
    refused.push({
      line,
      text: why ?? code.slice(span.start, Math.min(span.end, span.start + 120)).replaceAll(/\s+/g, " "),
    });
  };
  const { program, errors } = parseSync("tool.ts", code, { sourceType: "module" });
  for (const error of errors) {
    if (error.severity === "Error") refuse(error.labels[0] ?? { start: 0, end: 0 }, error.message);
  }
  if (refused.length > 0) return refused;
  const labels = new Set<object>(); // names that stand for no variable: keys of tables, members
  new Visitor({
    ImportDeclaration: (node) => {
      if (!isAllowed(node.source.value)) refuse(node);
    },
    ExportNamedDeclaration: (node) => {
      if (node.source && !isAllowed(node.source.value)) refuse(node);
    },
    ExportAllDeclaration: (node) => {
      if (!isAllowed(node.source.value)) refuse(node);
    },
    ImportExpression: (node) => {
      const named =
        node.source.type === "Literal" && typeof node.source.value === "string" && isAllowed(node.source.value);
      if (!named) refuse(node);
    },
    TSImportEqualsDeclaration: (node) => refuse(node),
    TSImportType: (node) => refuse(node),
    // Ways around the list: a `require` made by hand, and text that is run as code.
    Property: (node) => {
      if (!node.computed && !node.shorthand) labels.add(node.key);
      if ("name" in node.key && loadersByName.has(String(node.key.name))) refuse(node);
    },
    TSPropertySignature: (node) => labels.add(node.key),
    MemberExpression: (node) => {
      if (!node.computed) labels.add(node.property);
      const name =
        node.computed && node.property.type === "Literal"
          ? node.property.value
          : "name" in node.property && node.property.name;
      const ofGlobal = node.object.type === "Identifier" && globals.has(node.object.name);
      if (ofGlobal ? evasions.has(String(name)) : loadersByName.has(String(name))) refuse(node);
    },
    Identifier: (node) => {
      if (evasions.has(node.name) && !labels.has(node)) refuse(node);
    },
  }).visit(program);
  return refused.toSorted((a, b) => a.line - b.line);
}

const loadersByName = new Set(["createRequire", "getBuiltinModule"]);
const evasions = new Set([...loadersByName, "require", "importScripts", "eval", "Function"]);

const globals = new Set(["globalThis", "self", "window", "global"]);

/** Built in, but made to load or run other code. */
const loaders = new Set(["child_process", "cluster", "inspector", "module", "repl", "vm", "wasi", "worker_threads"]);

function isAllowed(specifier: string): boolean {
  if (specifier === "@patchbay/kit") return true;
  if (!specifier.startsWith("node:")) return false;
  const [name = ""] = specifier.slice("node:".length).split("/");
  return builtinModules.includes(name) && !loaders.has(name);
}
