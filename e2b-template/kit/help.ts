import { flagOf } from "./arguments.ts";
import type { AnyOperation, AnyTool } from "./definition.ts";
import { type Slot, hasCode, isFile, mediaTypes, operationOf, requestOf, slots, takesBody } from "./inputs.ts";
import { search } from "./search.ts";

/** `trello`: what there is, in groups, and how to go on. */
export function toolHelp(tool: AnyTool): string {
  const names = Object.keys(tool.operations);
  const groups = groupsOf(names);
  const lines = [`${tool.slug}${tool.summary ? ` - ${cut(tool.summary, 120)}` : ""}`, ""];
  if (names.length <= 14) lines.push(...listing(tool, names, 70));
  else
    lines.push(
      ...columns(
        [...groups].map(([group, members]) => `${group} ${members.length}`),
        1000,
      ),
    );
  const [example = names[0] ?? ""] = names.filter((name) => tool.operations[name]?.access === "read");
  lines.push(
    "",
    `${tool.slug} <group>            operations of a group`,
    `${tool.slug} ${example} --help   one operation`,
    `${tool.slug} search "words"      find an operation`,
    "--fields a,b.c  --limit N  --all (every page)  --input '{…}' (JSON, @file, -)  --output FILE",
  );
  return `${lines.join("\n")}\n`;
}

/** `trello boards`: the operations of a group. */
export function groupHelp(tool: AnyTool, group: string, names: string[]): string {
  const room = names.length > 40 ? 0 : names.length > 15 ? 50 : 80;
  const lines = [`${tool.slug} ${group}: ${names.length} operations (w: writes)`, ""];
  if (room > 0) lines.push(...listing(tool, names, room));
  else
    lines.push(
      ...columns(
        names.map(
          (name) => `${name.slice(group.length).trim()}${tool.operations[name]?.access === "write" ? " w" : ""}`,
        ),
        6000,
      ),
    );
  lines.push("", `${tool.slug} ${names[0]} --help`);
  return `${lines.join("\n")}\n`;
}

/** `trello boards list --help`: required inputs first, cut to what is worth reading at once; `everything` leaves nothing out. */
export function operationHelp(tool: AnyTool, name: string, operation: AnyOperation, everything: boolean): string {
  const { method, path } = requestOf(operation);
  const all = slots(operation);
  const head = [
    `${tool.slug} ${name}${operation.summary ? ` - ${cut(operation.summary, everything ? 1000 : 140)}` : ""}`,
    `${operation.access}${operation.deprecated ? ", deprecated" : ""}: ${hasCode(operation) ? (operation.requests ?? []).join(", ") : `${method} ${cut(path, 120)}`}`,
  ];
  if (operation.reason && everything) head.push(operation.reason);
  const types = takesBody(operation) ? mediaTypes(operation) : [];
  const tail: string[] = [];
  if (types.length > 1 || (types[0] && types[0] !== "application/json"))
    tail.push(`body: ${types.slice(0, 4).join(", ")}`);
  if (takesBody(operation) && !all.some((slot) => slot.in === "body")) tail.push("--body JSON (or @file, -)");
  const paging = operation.pages ? " --all" : "";
  if (operation.graphql?.select)
    tail.push(`--select "…" what to ask for; else ${cut(operation.graphql.select, everything ? 2000 : 160)}`);
  tail.push(`example: ${example(tool, name, operation, all)}${paging}`);

  // Many inputs are each told in fewer words; required ones are never left out.
  const isLong = !everything && all.filter((slot) => slot.required).length > 8;
  const budget = everything ? Infinity : isLong ? 450 : 600;
  const lines: string[] = [];
  let spent = 0;
  let shown = 0;
  for (const slot of all) {
    const line = `  ${flagOf(slot)} ${describeInput(slot, everything ? 400 : isLong ? 24 : 70)}`.trimEnd();
    if (spent + line.length > budget && !slot.required) break;
    lines.push(line);
    spent += line.length;
    shown += 1;
  }
  const left = all.slice(shown);
  if (left.length > 0) {
    const names = cut(left.map((slot) => flagOf(slot).slice(2)).join(" "), 160);
    lines.push(`  and ${left.length} more (--help --all): ${names}`);
  }
  return `${[...head, ...lines, ...tail].join("\n")}\n`;
}

/** `trello search "move card"`. */
export function searchHelp(tool: AnyTool, wish: string): string {
  const hits = search(tool, wish);
  if (hits.length === 0) return `Nothing fits "${wish}". ${tool.slug} --help shows the groups.\n`;
  return `${listing(
    tool,
    hits.map((hit) => hit.name),
    90,
  ).join("\n")}\n`;
}

export function groupsOf(names: string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const group = name.split(" ")[0] ?? name;
    const members = groups.get(group);
    if (members) members.push(name);
    else groups.set(group, [name]);
  }
  return groups;
}

function listing(tool: AnyTool, names: string[], room: number): string[] {
  return names.map((name) => {
    const operation = operationOf(tool, name);
    const needed = operation
      ? slots(operation)
          .filter((slot) => slot.required && slot.in === "path")
          .map((slot) => ` <${slot.key}>`)
          .join("")
      : "";
    return `${name}${needed}${operation?.access === "write" ? "  w" : ""}  ${cut(operation?.summary ?? lineOf(operation), room)}`.trimEnd();
  });
}

function lineOf(operation: AnyOperation | undefined): string {
  return operation?.requests?.[0] ?? (operation && "request" in operation ? operation.request : undefined) ?? "";
}

/** Short words in lines, at most so many characters in all. */
function columns(words: string[], room: number): string[] {
  const lines: string[] = [];
  let line = "";
  let spent = 0;
  for (const [index, word] of words.entries()) {
    if (spent + word.length > room) {
      line += `${line ? ", " : ""}… ${words.length - index} more`;
      break;
    }
    spent += word.length + 2;
    if (line.length + word.length > 110) {
      lines.push(`${line},`);
      line = "";
    }
    line += `${line ? ", " : ""}${word}`;
  }
  return line ? [...lines, line] : lines;
}

function describeInput(slot: Slot, room: number): string {
  const type =
    slot.type === "array"
      ? `${slot.items ?? "string"}[]`
      : isFile(slot)
        ? "FILE"
        : slot.type === "string"
          ? ""
          : slot.type;
  const choice = slot.enum ? `one of ${listed(slot.enum, room)}` : "";
  const form = slot.shape && /object|any|array/.test(slot.type) ? cut(slot.shape, room) : "";
  const usual = slot.default !== undefined && String(slot.default).length < 30 ? `(${text(slot.default)})` : "";
  return [isNeeded(slot) ? "(needed)" : "", form || type, choice, usual, cut(telling(slot), room)]
    .filter(Boolean)
    .join(" ");
}

/** What is usual is sent by itself. */
const isNeeded = (slot: Slot) => slot.required && slot.default === undefined;

/** Help that says more than the name: "The id property for the sales order" says nothing. */
function telling({ help = "", key }: Slot): string {
  const said = help.replace(/^\([^)]*\)\s*/, "");
  const bare = /^(?:the\s+)?([\w$]+)\s+(?:property|field|parameter|attribute|value)?\s*(?:for|of)\b/i.exec(said)?.[1];
  return bare?.toLowerCase() === key.toLowerCase() ? "" : help;
}

function listed(values: unknown[], room: number): string {
  const short = values.slice(0, room > 100 ? 100 : 8).join(", ");
  return values.length > 8 && room <= 100
    ? `${cut(short, 90)}, … ${values.length} in all`
    : cut(short, Math.max(room, 100));
}

function example(tool: AnyTool, name: string, operation: AnyOperation, all: Slot[]): string {
  const parts = [`${tool.slug} ${name}`];
  const needed = all.filter(isNeeded);
  if (needed.length > 8) return `${parts[0]} --input '{"${needed[0]?.key}": …, and the others needed}'`;
  for (const slot of all) {
    if (isNeeded(slot))
      parts.push(
        slot.in === "path" && slot.type === "string" && !slot.enum
          ? `<${slot.key}>`
          : `${flagOf(slot)} ${sample(slot)}`,
      );
  }
  if (operation.body?.required && !all.some((slot) => slot.in === "body")) parts.push("--body '{…}'");
  return cut(parts.join(" "), 300);
}

function sample(slot: Slot): string {
  if (slot.enum?.length) return String(slot.enum[0]);
  if (isFile(slot)) return "./file";
  switch (slot.type) {
    case "integer":
    case "number":
      return "1";
    case "boolean":
      return "true";
    case "object":
      return `'${cut(slot.shape ?? "{…}", 60)}'`;
    case "array":
      return slot.items === "object" ? `'[${cut(slot.shape ?? "{…}", 60)}]'` : "a,b";
    default:
      return "…";
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function cut(text: string, room: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > room ? `${line.slice(0, Math.max(room - 1, 1)).trimEnd()}…` : line;
}
