import type { AnyOperation } from "./definition.ts";
import { usage } from "./failure.ts";
import { type Slot, isFile, slots } from "./inputs.ts";
import { readList, readValue } from "./values.ts";

/** What the kit itself understands, beside the operation's own inputs. */
export type Options = {
  input?: string;
  body?: string;
  contentType?: string;
  fields?: string[];
  limit?: number;
  all?: boolean;
  output?: string;
  select?: string;
};

export type Arguments = {
  /** Typed values by input key. */
  values: Map<string, unknown>;
  /** `--owner.name x`: fields of an object input, by dotted path. */
  inside: { slot: Slot; path: string[]; value: unknown }[];
  options: Options;
};

/**
 * Reads the words and flags after an operation's name. Plain words fill required inputs in order. `--fields`, `--limit`,
 * `--all`, `--input`, `--body`, `--output` are the kit's; an input of that name is reached as `--query.fields`.
 */
export function readArguments(operation: AnyOperation, argv: string[]): Arguments {
  const all = slots(operation);
  const typed = new Map<Slot, string[]>();
  const inside: Arguments["inside"] = [];
  const options: Options = {};
  const waiting = all.filter((slot) => slot.required && (slot.in === "path" || slot.default === undefined));
  const add = (slot: Slot, value: string) => typed.set(slot, [...(typed.get(slot) ?? []), value]);

  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (!word.startsWith("--") || word === "--") {
      if (word === "--") continue;
      const slot = waiting.find((one) => !typed.has(one));
      if (!slot) throw usage(`"${word}" is one word too many.`, "Give values as --name value; see --help.");
      add(slot, word);
      continue;
    }
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const given = equals < 0 ? undefined : word.slice(equals + 1);
    const next = () => {
      if (given !== undefined) return given;
      at += 1;
      const value = argv[at];
      if (value === undefined) throw usage(`--${name} needs a value.`);
      return value;
    };
    // "body" is a field of many services: then the whole body is given by --input.
    const isField = name === "body" && all.some((slot) => slot.key === "body" && slot.at?.length !== 0);
    if (!isField && readOption(options, name, given, next)) {
      const own =
        name === "limit" &&
        all.find((slot) => slot.key === "limit" && slot.in === "query" && /integer|number/.test(slot.type));
      if (own && options.limit !== undefined) typed.set(own, [String(Math.min(options.limit, own.max ?? Infinity))]);
      continue;
    }
    const slot = findSlot(all, name);
    if (slot?.type === "boolean" || (slot?.type === "array" && slot.items === "boolean")) {
      const follows = argv[at + 1];
      if (given !== undefined) add(slot, given);
      else if (follows === "true" || follows === "false") add(slot, next());
      else add(slot, "true");
    } else if (slot) {
      add(slot, next());
    } else {
      const negated = name.startsWith("no-") ? findSlot(all, name.slice(3)) : undefined;
      const dot = name.indexOf(".");
      const outer = dot > 0 ? findSlot(all, name.slice(0, dot)) : undefined;
      if (negated?.type === "boolean") add(negated, "false");
      else if (outer && /object|any/.test(outer.type))
        inside.push({ slot: outer, path: name.slice(dot + 1).split("."), value: loose(next()) });
      else throw usage(`There is no input --${name}.`, closest(all, name));
    }
  }
  const values = new Map<string, unknown>();
  for (const [slot, list] of typed) {
    if (slot.type !== "array" && list.length > 1)
      throw usage(`--${slot.key} was given ${list.length} times; it takes one value.`);
    values.set(slot.key, slot.type === "array" ? readList(slot, list) : readValue(slot, list[0] ?? ""));
  }
  return { values, inside, options };
}

/** The input meant by a flag: by key, by `place.name`, or by key without regard to case, dashes and underscores. */
export function findSlot(all: Slot[], name: string): Slot | undefined {
  const exact =
    all.find((slot) => slot.key === name) ??
    all.find((slot) => `${slot.in}.${slot.name}` === name || `${slot.in}.${slot.key}` === name);
  if (exact) return exact;
  const like = all.filter((slot) => plain(slot.key) === plain(name));
  if (like.length === 1) return like[0];
  const files = all.filter(isFile);
  return name === "file" && files.length === 1 ? files[0] : undefined;
}

/** How an input is typed: its key, or with its place when the kit has taken the name. */
export function flagOf(slot: Slot): string {
  const isShared = (slot.key === "limit" && slot.in === "query") || slot.key === "body";
  return kitNames.has(slot.key) && !isShared ? `--${slot.in}.${slot.name}` : `--${slot.key}`;
}

const kitNames = new Set(["input", "body", "content-type", "fields", "limit", "all", "output", "help", "describe"]);

function readOption(options: Options, name: string, given: string | undefined, next: () => string): boolean {
  switch (name) {
    case "input":
      options.input = next();
      return true;
    case "body":
      options.body = next();
      return true;
    case "content-type":
      options.contentType = next();
      return true;
    case "fields":
      options.fields = next()
        .split(",")
        .map((field) => field.trim())
        .filter(Boolean);
      return true;
    case "limit": {
      const typed = next();
      if (!/^[1-9]\d{0,8}$/.test(typed))
        throw usage(`--limit takes a whole number from 1, not "${typed.slice(0, 40)}".`);
      options.limit = Number(typed);
      return true;
    }
    case "all":
      options.all = given !== "false";
      return true;
    case "output":
      options.output = next();
      return true;
    case "select":
      options.select = next();
      return true;
    default:
      return false;
  }
}

function loose(typed: string): unknown {
  return /^(?:true|false|null|-?(?:0|[1-9]\d{0,14})(?:\.\d+)?|[[{].*)$/s.test(typed) ? tryJson(typed) : typed;
}

function tryJson(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function closest(all: Slot[], name: string): string {
  const near = all.filter((slot) => plain(slot.key).includes(plain(name)) || plain(name).includes(plain(slot.key)));
  const shown = (near.length > 0 ? near : all).slice(0, 8).map(flagOf);
  return shown.length > 0
    ? `It takes: ${shown.join(" ")}${near.length === 0 && all.length > 8 ? " …" : ""}.`
    : "It takes no inputs.";
}
