import { usage } from "./failure.ts";
import type { Slot } from "./inputs.ts";
import { rawNumber, parseJson } from "./json.ts";

/** Reads what was typed for an input by the input's type. */
export function readValue(slot: Slot, typed: string): unknown {
  return slot.type === "array" ? readList(slot, [typed]) : readOne(slot, slot.type, typed);
}

/** An array: the flag repeated, a JSON array, or plain values parted by commas. */
export function readList(slot: Slot, typed: string[]): unknown[] {
  const [only = ""] = typed;
  if (typed.length === 1 && only.trimStart().startsWith("[")) {
    const list = json(slot, only);
    if (Array.isArray(list)) return list;
  }
  const type = slot.items ?? "string";
  const isPlain = type !== "object" && type !== "array" && !/^\s*[{[]/.test(only);
  const pieces = typed.length === 1 && isPlain ? only.split(",").map((one) => one.trim()) : typed;
  return pieces.map((piece) => readOne(slot, type, piece));
}

function readOne(slot: Slot, type: Slot["type"], typed: string): unknown {
  const value = convert(slot, type, typed);
  if (slot.enum && !slot.enum.some((one) => one === value || String(one) === typed)) {
    throw usage(`--${slot.key} takes one of: ${slot.enum.join(", ")}.`);
  }
  return value;
}

function convert(slot: Slot, type: Slot["type"], typed: string): unknown {
  switch (type) {
    case "integer":
      if (!/^-?\d+$/.test(typed)) throw usage(`--${slot.key} takes a whole number, not "${shown(typed)}".`);
      return Number.isSafeInteger(Number(typed)) ? Number(typed) : rawNumber(typed);
    case "number":
      if (!/^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(typed))
        throw usage(`--${slot.key} takes a number, not "${shown(typed)}".`);
      return Number(typed);
    case "boolean":
      if (typed !== "true" && typed !== "false")
        throw usage(`--${slot.key} takes true or false, not "${shown(typed)}".`);
      return typed === "true";
    case "object":
    case "array":
      return json(slot, typed);
    case "any":
      return jsonOrText(typed);
    default:
      return typed;
  }
}

function json(slot: Slot, typed: string): unknown {
  try {
    return parseJson(typed);
  } catch {
    throw usage(`--${slot.key} takes JSON${slot.shape ? ` like ${slot.shape}` : ""}, not "${shown(typed)}".`);
  }
}

function jsonOrText(typed: string): unknown {
  try {
    return parseJson(typed);
  } catch {
    return typed;
  }
}

function shown(typed: string): string {
  return typed.length > 60 ? `${typed.slice(0, 60)}…` : typed;
}
