import { parseSync } from "oxc-parser";
import { type Fault, lineAt } from "./fault.ts";

export type TableRead = { table?: Entry; faults: Fault[] };

type Node = { type: string; start: number; end: number; [key: string]: unknown };

/** A literal of the table with the place it was written at; `start` is that of its name, where it has one. */
export type Entry = {
  value: unknown;
  line: number;
  start: number;
  end: number;
  fields?: Map<string, Entry>;
  members?: Entry[];
  code?: Node;
  /** Written as the text of a large table: the members of a JSON object inside of a template. */
  isText?: true;
};

/**
 * Reads the table out of `cli.ts` without running it: one import of the kit, one exported call of `tool`, literals inside.
 * What is no literal cannot be judged by reading, so it is a fault; only `run` may hold code. The operations of a large
 * table stand as text, which is held to the same.
 *
 * Not for a process that matters: others' code may end it. `readTable` is.
 */
export function parseTable(source: string): TableRead {
  const faults: Fault[] = [];
  const refuse = (node: { start: number }, text: string) =>
    faults.push({ file: "cli.ts", line: lineAt(source, node.start), text });
  const { program, errors } = parseSync("cli.ts", source, { sourceType: "module" });
  const [error] = errors;
  if (error) {
    refuse(error.labels[0] ?? { start: 0 }, `cannot be read: ${error.message}`);
    return { faults };
  }
  if (depthOf(program) > deepest) throw new RangeError("nested too deeply");
  let table: Entry | undefined;
  for (const statement of program.body as unknown as Node[]) {
    if (statement.type === "ImportDeclaration") {
      if (!imports.has(source.slice(statement.start, statement.end)))
        refuse(statement, 'only `import { tool } from "@patchbay/kit";` may be imported');
      continue;
    }
    const call = statement.type === "ExportDefaultDeclaration" ? (statement.declaration as Node) : undefined;
    const [argument, more] = (call?.arguments as Node[] | undefined) ?? [];
    const named = call?.type === "CallExpression" && (call.callee as Node).name === "tool";
    if (!named || !argument || more || table) {
      refuse(statement, "only one `export default tool({ … })` may stand here, no other statement");
      continue;
    }
    table = read(argument, "", plainly);
  }
  if (!table && faults.length === 0) refuse({ start: 0 }, "exports no tool({ … })");
  return table ? { table, faults } : { faults };

  function read(node: Node, key: string, where: Where): Entry {
    const at = { line: lineAt(source, where(node.start)), start: where(node.start), end: where(node.end) };
    switch (node.type) {
      case "Literal":
        if (node.regex || node.bigint) break;
        return { value: node.value, ...at };
      case "UnaryExpression": {
        const inner = node.argument as Node;
        if (node.operator === "-" && typeof inner.value === "number") return { value: -inner.value, ...at };
        break;
      }
      case "ArrayExpression": {
        const members = (node.elements as (Node | null)[]).flatMap((one) => (one ? [read(one, "", where)] : []));
        return { value: members.map((one) => one.value), ...at, members };
      }
      case "ObjectExpression": {
        const fields = new Map<string, Entry>();
        for (const property of node.properties as Node[]) {
          const name = property.type === "Property" && !property.computed ? nameOf(property.key as Node) : undefined;
          if (name === undefined || property.kind !== "init" || property.shorthand || name === "__proto__") {
            refuse({ start: where(property.start) }, "only plain `name: value` may stand in the table");
            continue;
          }
          if (fields.has(name)) refuse({ start: where(property.start) }, `"${name}" stands here twice`);
          fields.set(name, { ...read(property.value as Node, name, where), start: where(property.start) });
        }
        return { value: Object.fromEntries([...fields].map(([name, one]) => [name, one.value])), ...at, fields };
      }
      case "ArrowFunctionExpression":
        if (key === "run" && node.async && where === plainly) return { value: undefined, ...at, code: node };
        break;
      case "CallExpression": {
        const text = key === "operations" && where === plainly ? templateOf(node) : undefined;
        const entry = text && readText(text);
        if (entry) return entry;
        break;
      }
    }
    refuse(
      { start: where(node.start) },
      `must be written out as a plain value, not computed: ${source.slice(node.start, node.end).split("\n")[0]?.slice(0, 80)}`,
    );
    return { value: undefined, ...at };
  }

  /** The operations of `table(`…`)`, each letter of the text at its place in the source. */
  function readText({ cooked, raw, start }: Template): Entry | undefined {
    try {
      JSON.parse(`{${cooked.trim().replace(/,$/, "")}}`);
    } catch (error) {
      refuse({ start }, `the table is no JSON: ${error instanceof Error ? error.message.slice(0, 200) : "unreadable"}`);
      return undefined;
    }
    const places = placesIn(raw, start);
    const inner = parseSync("table.ts", `({${cooked}})`, { sourceType: "module" });
    const statement = inner.program.body[0] as unknown as Node | undefined;
    if (inner.errors.length > 0 || inner.program.body.length !== 1 || statement?.type !== "ExpressionStatement")
      return undefined;
    if (depthOf(inner.program) > deepest) throw new RangeError("nested too deeply");
    const expression = statement.expression as Node;
    const object = expression.type === "ParenthesizedExpression" ? (expression.expression as Node) : expression;
    const where: Where = (at) => places[at - "({".length] ?? start;
    return { ...read(object, "", where), isText: true };
  }
}

const imports = new Set(['import { tool } from "@patchbay/kit";', 'import { table, tool } from "@patchbay/kit";']);

/** Where in the source a place in the parsed text lies. */
type Where = (at: number) => number;
const plainly: Where = (at) => at;

/** A template without values: its text, the same as it is written, and where that begins. */
type Template = { cooked: string; raw: string; start: number };

function templateOf(call: Node): Template | undefined {
  const [argument, more] = call.arguments as Node[];
  if ((call.callee as Node).name !== "table" || argument?.type !== "TemplateLiteral" || more) return undefined;
  const [quasi, another] = argument.quasis as (Node & { value: { cooked: string | null; raw: string } })[];
  if (!quasi || another || quasi.value.cooked === null) return undefined;
  return { cooked: quasi.value.cooked, raw: quasi.value.raw, start: argument.start + 1 };
}

/** For each letter of a template's text its place in the source: an escaped one is written with two letters or more. */
function placesIn(raw: string, start: number): number[] {
  const places: number[] = [];
  for (const { index } of raw.matchAll(/\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^])|[^]/g)) places.push(start + index);
  places.push(start + raw.length);
  return places;
}

/** Far above what anyone writes, far below what any walk over it can stand. */
const deepest = 500;

function depthOf(root: object): number {
  const level = (nodes: object[]): object[] =>
    nodes.flatMap((node) => Object.values(node).filter((one) => typeof one === "object" && one !== null));
  let depth = 0;
  for (let nodes = [root]; nodes.length > 0 && depth <= deepest; nodes = level(nodes)) depth += 1;
  return depth;
}

function nameOf(key: Node): string | undefined {
  if (key.type === "Identifier") return String(key.name);
  return key.type === "Literal" && typeof key.value === "string" ? key.value : undefined;
}
