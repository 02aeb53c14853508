import { parseJson } from "./json.ts";
import type { Answer } from "./send.ts";
import { isObject } from "./serialize.ts";

/** The body of an answer: parsed JSON, text, bytes, or nothing. */
export type Content =
  | { kind: "json"; value: unknown }
  | { kind: "text"; text: string }
  | { kind: "bytes"; bytes: Uint8Array; type: string }
  | { kind: "nothing" };

export function contentOf(answer: Answer): Content {
  if (answer.bytes.length === 0) return { kind: "nothing" };
  const type = (answer.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const isText =
    type === "" ||
    /^text\/|[/+](?:json|xml|yaml|javascript|x-www-form-urlencoded|ndjson|x-ndjson|jsonl|graphql)$/.test(type);
  if (!isText && !/json/.test(type)) return { kind: "bytes", bytes: answer.bytes, type };
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: type === "" }).decode(answer.bytes);
  } catch {
    return { kind: "bytes", bytes: answer.bytes, type: "application/octet-stream" };
  }
  try {
    return { kind: "json", value: parseJson(text) };
  } catch {
    return { kind: "text", text };
  }
}

/** The list in an answer and the dotted way to it: the answer itself, the place the tool names, or the only list there is. */
export function listIn(value: unknown, place?: string): { list: unknown[]; way: string[] } | undefined {
  if (Array.isArray(value)) return { list: value, way: [] };
  if (place !== undefined) {
    const way = place === "" ? [] : place.split(".");
    const list = at(value, way);
    return Array.isArray(list) ? { list, way } : undefined;
  }
  if (!isObject(value)) return undefined;
  const lists = Object.entries(value).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const ofObjects = lists.filter(([, list]) => list.some(isObject));
  const [only] = ofObjects.length > 0 ? ofObjects : lists;
  if (!only || (ofObjects.length > 0 ? ofObjects : lists).length > 1) return undefined;
  return { list: only[1], way: [only[0]] };
}

/** `--fields` and `--limit`: a smaller answer of the same form. */
export function trimmed(
  value: unknown,
  fields: string[] | undefined,
  limit: number | undefined,
  place?: string,
): unknown {
  const found = listIn(value, place);
  if (!found) return fields && isObject(value) ? pick(value, fields) : value;
  const top =
    found.way.length > 0 && fields && isObject(value) && fields.some((field) => (field.split(".")[0] ?? "") in value);
  const list = limit === undefined ? found.list : found.list.slice(0, limit);
  if (top) return pick(putAt(value, found.way, list), fields);
  const picked = fields ? list.map((one) => pick(one, fields)) : list;
  if (found.way.length === 0) return picked;
  return fields ? putAt({}, found.way, picked) : putAt(value, found.way, picked);
}

/** What lies at a dotted way; `-1` is the last of a list. A name that holds a dot itself is found as well. */
export function at(value: unknown, way: string[]): unknown {
  const [name, ...deeper] = way;
  if (name === undefined) return value;
  if (Array.isArray(value)) return at(value.at(Number(name)), deeper);
  if (!isObject(value)) return undefined;
  const whole = way.join(".");
  return whole in value ? value[whole] : at(value[name], deeper);
}

function putAt(value: unknown, way: string[], list: unknown): unknown {
  const [name, ...deeper] = way;
  if (name === undefined) return list;
  const base = isObject(value) ? value : {};
  return { ...base, [name]: putAt(base[name], deeper, list) };
}

/** `id,owner.name` of an object; of a list on the way, of each member. */
function pick(value: unknown, fields: string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => pick(one, fields));
  if (!isObject(value)) return value;
  const deeper = new Map<string, string[] | undefined>();
  for (const field of fields) {
    const dot = field.indexOf(".");
    const name = field in value || dot < 0 ? field : field.slice(0, dot);
    const rest = name === field ? undefined : field.slice(dot + 1);
    if (rest === undefined) deeper.set(name, undefined);
    else if (!deeper.has(name) || deeper.get(name) !== undefined) deeper.set(name, [...(deeper.get(name) ?? []), rest]);
  }
  const picked: Record<string, unknown> = {};
  for (const [name, rest] of deeper) {
    if (name in value) picked[name] = rest === undefined ? value[name] : pick(value[name], rest);
  }
  return picked;
}
