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

/**
 * `trello boards list --help`: required inputs first, in at most 300 tokens. What does not fit is told in fewer words, first
 * of all optional inputs; `everything` leaves nothing out.
 */
export function operationHelp(tool: AnyTool, name: string, operation: AnyOperation, everything: boolean): string {
  if (everything) return helpWithin(tool, name, operation, { line: 400, optional: Infinity, form: 60, text: 1000 });
  const tries = rooms.map((room) => () => helpWithin(tool, name, operation, room));
  let help = "";
  for (const write of tries) {
    help = write();
    if (tokensIn(help) <= mostTokens) break;
  }
  return help;
}

/** Room in letters: for what is said of an input, for all optional inputs, for the form of an object in the example, for the summary. */
type Room = { line: number; optional: number; form: number; text: number };
const rooms: Room[] = [
  { line: 70, optional: 600, form: 60, text: 140 },
  { line: 60, optional: 480, form: 24, text: 140 },
  { line: 40, optional: 360, form: 24, text: 140 },
  { line: 24, optional: 240, form: 3, text: 100 },
  { line: 10, optional: 0, form: 3, text: 100 },
  // Required inputs by name alone.
  { line: 0, optional: 0, form: 3, text: 80 },
];
const mostTokens = 270;

/** About as many as a language model's tokenizer makes of it, rather more than fewer. */
function tokensIn(text: string): number {
  return text.match(/[A-Z]?[a-z]{1,6}|[A-Z]{1,3}|\d{1,3}|[^ -~\s]{1,2}|[^\w\s]{1,2}|_|\n/g)?.length ?? 0;
}

function helpWithin(tool: AnyTool, name: string, operation: AnyOperation, room: Room): string {
  const { method, path } = requestOf(operation);
  const everything = room.optional === Infinity;
  const all = slots(operation);
  const head = [
    `${tool.slug} ${name}${operation.summary ? ` - ${cut(operation.summary, room.text)}` : ""}`,
    `${operation.access}${operation.deprecated ? ", deprecated" : ""}: ${hasCode(operation) ? (operation.requests ?? []).join(", ") : `${method} ${cut(path, 120)}`}`,
  ];
  if (operation.reason && everything) head.push(operation.reason);
  const types = takesBody(operation) ? mediaTypes(operation) : [];
  const tail: string[] = [];
  if (all.some((slot) => slot.type === "array")) tail.push("lists: --name a,b or --name a --name b");
  if (types.length > 1 || (types[0] && types[0] !== "application/json"))
    tail.push(`body: ${types.slice(0, 4).join(", ")}`);
  if (takesBody(operation) && !all.some((slot) => slot.in === "body")) tail.push("--body JSON (or @file, -)");
  const paging = operation.pages ? " --all" : "";
  if (operation.graphql?.select)
    tail.push(`--select "…" what to ask for; else ${cut(operation.graphql.select, everything ? 2000 : 160)}`);
  tail.push(`example: ${example(tool, name, operation, all, room.form)}${paging}`);

  const needed = all.filter((slot) => slot.required);
  const lines: string[] = [];
  // Many needed inputs are each told in fewer words; none is left out as long as their names have room.
  const line = !everything && needed.length > 8 ? Math.min(room.line, 24) : room.line;
  if (line > 0) for (const slot of needed) lines.push(`  ${flagOf(slot)} ${describeInput(slot, line)}`.trimEnd());
  else if (needed.length > 0) lines.push(`  needed (--help --all): ${names(needed, 600, true)}`);
  let spent = lines.join("").length;
  const rest = all.filter((slot) => !slot.required);
  let shown = 0;
  for (const slot of rest) {
    const text = `  ${flagOf(slot)} ${describeInput(slot, line)}`.trimEnd();
    if (spent + text.length > room.optional) break;
    lines.push(text);
    spent += text.length;
    shown += 1;
  }
  const left = rest.slice(shown);
  if (left.length > 0) lines.push(`  and ${left.length} more (--help --all): ${names(left, 160)}`);
  return `${[...head, ...lines, ...tail].join("\n")}\n`;
}

function names(slots: Slot[], room: number, withTypes = false): string {
  const named = slots.map(
    (slot) => `${flagOf(slot).slice(2)}${withTypes && slot.type !== "string" ? `:${slot.type}` : ""}`,
  );
  return cut(named.join(" "), room);
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
  const facts = [isNeeded(slot) ? "(needed)" : "", form || type, choice, usual].filter(Boolean).join(" ");
  return [facts, cut(telling(slot), room)].filter(Boolean).join(choice ? "; " : " ");
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
  const few = room > 100 ? 100 : room < 40 ? 4 : 8;
  const short = values.slice(0, few).join(", ");
  return values.length > few && room <= 100
    ? `${cut(short, room < 40 ? 40 : 90)}, … ${values.length} in all`
    : cut(short, Math.max(room, 100));
}

function example(tool: AnyTool, name: string, operation: AnyOperation, all: Slot[], form: number): string {
  const parts = [`${tool.slug} ${name}`];
  const needed = all.filter(isNeeded);
  if (needed.length > 8) return `${parts[0]} --input '{"${needed[0]?.key}": …, and the others needed}'`;
  for (const slot of all) {
    if (isNeeded(slot))
      parts.push(
        slot.in === "path" && slot.type === "string" && !slot.enum
          ? `<${slot.key}>`
          : `${flagOf(slot)} ${sample(slot, form)}`,
      );
  }
  // What a write does to everything when nothing is named is no example to follow.
  const narrowing = parts.length > 1 || operation.access === "read" ? [] : all.filter((slot) => slot.in === "query");
  for (const slot of narrowing.slice(0, 2)) parts.push(`[${flagOf(slot)} …]`);
  if (operation.body?.required && !all.some((slot) => slot.in === "body")) parts.push("--body '{…}'");
  return cut(parts.join(" "), 300);
}

function sample(slot: Slot, form: number): string {
  if (slot.enum?.length) return String(slot.enum[0]);
  if (isFile(slot)) return "./file";
  switch (slot.type) {
    case "integer":
    case "number":
      return "1";
    case "boolean":
      return "true";
    case "object":
      return `'${formOf(slot, form)}'`;
    case "array":
      return slot.items === "object" ? `'[${formOf(slot, form)}]'` : "a,b";
    default:
      return "…";
  }
}

function formOf({ shape = "{…}" }: Slot, room: number): string {
  return room < 20 ? "{…}" : cut(shape, room);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function cut(text: string, room: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > room ? `${line.slice(0, Math.max(room - 1, 1)).trimEnd()}…` : line;
}
