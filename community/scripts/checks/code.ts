import { Visitor } from "oxc-parser";
import { type Fault, lineAt } from "./fault.ts";

type Node = { type: string; start: number; end: number; [key: string]: unknown };

/**
 * Judges the code of one `run`. It may shape data and make requests the operation declares, and nothing else: no name from
 * outside but a few harmless ones, no way to reach one in a roundabout manner, and `api` only as `api.request("GET", "/…")`.
 */
export function codeFaults(source: string, run: Node, requests: string[]): Fault[] {
  const faults: Fault[] = [];
  const refuse = (node: { start: number }, text: string) =>
    faults.push({ file: "cli.ts", line: lineAt(source, node.start), text });
  const own = new Set<string>();
  const labels = new Set<unknown>();
  const called = new Set<unknown>();
  const bind = (pattern: Node | null | undefined): void => {
    if (!pattern) return;
    if (pattern.type === "Identifier") own.add(String(pattern.name));
    else if (pattern.type === "ObjectPattern")
      for (const one of pattern.properties as Node[]) bind((one.value ?? one.argument) as Node);
    else if (pattern.type === "ArrayPattern") for (const one of pattern.elements as (Node | null)[]) bind(one);
    else bind((pattern.left ?? pattern.argument) as Node | undefined);
  };
  const program = {
    type: "Program",
    start: run.start,
    end: run.end,
    sourceType: "module",
    hashbang: null,
    body: [{ type: "ExpressionStatement", start: run.start, end: run.end, expression: run }],
  };
  const walk = (visitor: ConstructorParameters<typeof Visitor>[0]) => new Visitor(visitor).visit(program as never);

  walk({
    ArrowFunctionExpression: (node) => (node.params as unknown as Node[]).forEach(bind),
    VariableDeclarator: (node) => bind(node.id as unknown as Node),
    CatchClause: (node) => bind(node.param as unknown as Node),
    Property: (node) => {
      if (node.computed) refuse(node, "a computed name cannot be judged by reading");
      else if (!node.shorthand) labels.add(node.key);
      if ("name" in node.key && unreachable.has(String(node.key.name)))
        refuse(node, `"${String(node.key.name)}" may not be used`);
    },
    MemberExpression: (node) => {
      if (node.computed && !(node.property.type === "Literal" && typeof node.property.value === "number"))
        refuse(node, "a computed member cannot be judged by reading");
      if (!node.computed) {
        labels.add(node.property);
        const name = "name" in node.property ? String(node.property.name) : "";
        if (unreachable.has(name)) refuse(node, `"${name}" may not be used`);
      }
    },
    CallExpression: (node) => {
      const callee = node.callee as unknown as Node;
      if (callee.type !== "MemberExpression" || (callee.object as Node).name !== "api") return;
      called.add(callee.object);
      if ((callee.property as Node).name !== "request") return refuse(node, "only api.request may be called");
      const [method, path] = node.arguments as unknown as Node[];
      const text = path && pathOf(path);
      if (typeof method?.value !== "string" || text === undefined)
        return refuse(node, "method and path must be written out: a literal, or a template that begins with its path");
      if (!requests.some((one) => fits(one, `${method.value} ${text}`)))
        refuse(node, `"${method.value} ${text}" is not among the requests this operation declares`);
    },
    FunctionExpression: (node) => refuse(node, "only arrow functions may be written here"),
    FunctionDeclaration: (node) => refuse(node, "only arrow functions may be written here"),
    ClassExpression: (node) => refuse(node, "no class may be written here"),
    ClassDeclaration: (node) => refuse(node, "no class may be written here"),
    NewExpression: (node) => {
      if (!("name" in node.callee && constructable.has(String(node.callee.name))))
        refuse(node, "may not be constructed here");
    },
    ImportExpression: (node) => refuse(node, "no code may be loaded"),
    MetaProperty: (node) => refuse(node, "may not be used"),
    ThisExpression: (node) => refuse(node, '"this" may not be used'),
    TaggedTemplateExpression: (node) => refuse(node, "no tagged template may be used"),
    AssignmentExpression: (node) => {
      if (node.left.type === "MemberExpression") refuse(node, "may not change what it was given");
    },
    WhileStatement: (node) => refuse(node, "no open-ended loop: walk over a list"),
    DoWhileStatement: (node) => refuse(node, "no open-ended loop: walk over a list"),
    ForStatement: (node) => refuse(node, "no open-ended loop: walk over a list"),
  } as ConstructorParameters<typeof Visitor>[0]);
  walk({
    Identifier: (node) => {
      if (labels.has(node) || called.has(node)) return;
      const parameter = (run.params as Node[]).some((one) => (one as unknown) === node);
      if (node.name === "api" && !parameter) refuse(node, "`api` may only be used as api.request(…)");
      else if (!own.has(node.name) && !harmless.has(node.name)) refuse(node, `"${node.name}" may not be used`);
    },
  });
  return faults;
}

const unreachable = new Set(
  "constructor prototype __proto__ __defineGetter__ __lookupGetter__ callee caller call apply bind fromCharCode fromCodePoint raw getPrototypeOf setPrototypeOf defineProperty defineProperties getOwnPropertyDescriptor getOwnPropertyDescriptors assign".split(
    " ",
  ),
);
const harmless = new Set(
  "input undefined NaN Infinity Math Number String Boolean Array Object JSON Promise Date Map Set encodeURIComponent parseInt parseFloat isNaN".split(
    " ",
  ),
);
const constructable = new Set(["Date", "Map", "Set", "Error"]);

/** The path with `{}` for each blank; undefined when it is not told by its beginning. */
function pathOf(node: Node): string | undefined {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type !== "TemplateLiteral") return undefined;
  const pieces = (node.quasis as { value: { cooked: string } }[]).map((one) => one.value.cooked);
  return /^\/[^/\\]?|^https:\/\/[^/{}\\@]+\//.test(pieces[0] ?? "") ? pieces.join("{}") : undefined;
}

function fits(declared: string, asked: string): boolean {
  const pattern = declared.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replace(/\{[^{}]+\}/g, "[^/?#\\\\@]+");
  return new RegExp(`^${pattern}$`).test(asked);
}
