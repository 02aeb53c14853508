/** One call of a tool as it stands in a script; a word that is only known when the script runs is undefined. */
export type CallInScript = { name: string; argv: (string | undefined)[] };

/**
 * Reads a script with a real parser and gives the calls of these commands, in order. Only what stands plainly as a command is
 * found: what comes out of `eval`, `xargs` or a variable is not. A script that cannot be parsed calls nothing.
 */
export async function callsIn(script: string, names: ReadonlySet<string>): Promise<CallInScript[]> {
  if (![...names].some((name) => script.includes(name))) return [];
  const { parse } = await import("just-bash"); // takes a while to load, and not everybody needs it
  const calls: CallInScript[] = [];
  try {
    walk(parse(script), (node) => {
      if (node["type"] !== "SimpleCommand") return;
      const name = literal(node["name"]);
      if (name === undefined || !names.has(name) || !Array.isArray(node["args"])) return;
      calls.push({ name, argv: node["args"].map(literal) });
    });
  } catch {
    return [];
  }
  return calls;
}

type Node = Record<string, unknown>;

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const one of value) walk(one, visit);
  if (!isNode(value)) return;
  visit(value);
  for (const one of Object.values(value)) walk(one, visit);
}

/** The one word that a word of the script will be, whatever happens before; undefined when nothing is sure. */
function literal(word: unknown): string | undefined {
  return isNode(word) && Array.isArray(word["parts"]) ? joined(word["parts"]) : undefined;
}

function joined(parts: unknown[]): string | undefined {
  let text = "";
  for (const part of parts) {
    if (!isNode(part)) return undefined;
    const { type, value } = part;
    if ((type === "Literal" || type === "SingleQuoted" || type === "Escaped") && typeof value === "string")
      text += value;
    else if (type === "DoubleQuoted" && Array.isArray(part["parts"])) {
      const inner = joined(part["parts"]);
      if (inner === undefined) return undefined;
      text += inner;
    } else return undefined;
  }
  return text;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
