import type { ToolDefinition } from "@patchbay/kit";

/**
 * The text of a tool's file: the table as a person would write it, an operation in a few lines. A large table is written as
 * text of the same form, which Node need not parse as a program at every start.
 */
export function writeCode(definition: ToolDefinition): string {
  const program = codeOf(definition, scriptKey);
  return program.length <= longestProgram ? program : inNarrowLetters(codeOf(definition, jsonKey));
}

const longestProgram = 40_000;

/**
 * One letter beyond Latin 1, such as an ellipsis, makes Node keep and read the whole text at two bytes a letter. Where they
 * are few they are written by number; a text in another script stays as people read it.
 */
function inNarrowLetters(code: string): string {
  const wide = /[^\0-\xff]/g;
  if ((code.match(wide)?.length ?? 0) > code.length / 1000) return code;
  const numbered = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const at = code.indexOf("table(`");
  return code.slice(0, at).replace(wide, numbered) + code.slice(at).replace(wide, (letter) => `\\${numbered(letter)}`);
}

function codeOf(definition: ToolDefinition, key: Key): string {
  const { operations, ...head } = definition;
  const isText = key === jsonKey;
  const lines = [`import { ${isText ? "table, tool" : "tool"} } from "@patchbay/kit";`, "", "export default tool({"];
  for (const [name, value] of Object.entries(head)) {
    if (value !== undefined) lines.push(`  ${name}: ${written(value, 2, name.length + 4, scriptKey)},`);
  }
  lines.push(isText ? "  operations: table(`" : "  operations: {");
  for (const [name, operation] of Object.entries(operations)) {
    // Text stands at the margin: a fifth of a large file would be blanks.
    if (isText) lines.push(inTemplate(`${key(name)}: ${written(operation, 0, name.length + 4, key)},`));
    else lines.push(`    ${key(name)}: ${written(operation, 4, name.length + 8, key)},`);
  }
  lines.push(isText ? "`)," : "  },", "});", "");
  return lines.join("\n");
}

/** Inside of a template nothing may end it, begin a value, or be taken for a sign of the template's own. */
function inTemplate(json: string): string {
  return json.replace(/[\\`]|\$\{/g, (sign) => `\\${sign}`);
}

type Key = (name: string) => string;

const width = 118;

/** One line where it fits, else a line for each member. */
function written(value: unknown, indent: number, before: number, key: Key): string {
  const flat = onOneLine(value, width - indent - before, key);
  if (flat !== undefined) return flat;
  const pad = " ".repeat(indent + 2);
  if (Array.isArray(value)) {
    // Short members share lines.
    const members = value.map((one) => written(one, indent + 2, 0, key));
    const lines: string[] = [];
    let line = "";
    for (const member of members) {
      if (line !== "" && indent + 4 + line.length + member.length > width) {
        lines.push(line);
        line = "";
      }
      line += `${line === "" ? "" : " "}${member},`;
    }
    return bracketed(
      "[",
      [...lines, line].map((one) => pad + one),
      "]",
      indent,
      key,
    );
  }
  if (typeof value !== "object" || value === null) return plain(value);
  const members = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .map(([name, one]) => `${pad}${key(name)}: ${written(one, indent + 2, name.length + 4, key)},`);
  return bracketed("{", members, "}", indent, key);
}

/** JSON has no comma behind the last. */
function bracketed(open: string, lines: string[], close: string, indent: number, key: Key): string {
  const inner = lines.join("\n");
  return `${open}\n${key === jsonKey ? inner.replace(/,$/, "") : inner}\n${" ".repeat(indent)}${close}`;
}

/** The value in one line; undefined as soon as it is longer than the room. */
function onOneLine(value: unknown, room: number, key: Key): string | undefined {
  if (room < 0) return undefined;
  if (typeof value !== "object" || value === null) {
    const text = plain(value);
    return text.length <= room ? text : undefined;
  }
  const parts: string[] = [];
  let left = room - 4;
  const members: [string | undefined, unknown][] = Array.isArray(value)
    ? value.map((one) => [undefined, one])
    : Object.entries(value);
  for (const [name, one] of members) {
    if (one === undefined) continue;
    const label = name === undefined ? "" : `${key(name)}: `;
    const part = onOneLine(one, left - label.length, key);
    if (part === undefined) return undefined;
    parts.push(label + part);
    left -= label.length + part.length + 2;
  }
  if (Array.isArray(value)) return `[${parts.join(", ")}]`;
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function plain(value: unknown): string {
  // A line separator inside of a string is legal in JSON and in today's JavaScript, but not in every reader's eye.
  return (JSON.stringify(value) ?? "null").replace(
    /[\u2028\u2029\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function scriptKey(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : plain(name);
}

function jsonKey(name: string): string {
  return plain(name);
}
