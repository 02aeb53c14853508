import type { Fault } from "../contract/fault.ts";
import type { RawRequest } from "../contract/request-line.ts";
import { changesOf, type Shape, shapeOf } from "../contract/shape.ts";
import type { ToolOperation } from "../contract/tool.ts";

/**
 * What an answer says of a service that is no longer as its tool has it. Only names that are the tool's own are kept, and
 * the names and types of a known form: what the service says is its data.
 */
export function faultOf(
  request: RawRequest,
  operation: ToolOperation,
  known: Shape | undefined,
): Omit<Fault, "operation"> | undefined {
  const { status, answer } = request;
  if (status === 404 || status === 410)
    return isOfThing(request, operation) ? undefined : { kind: "not_found", detail: "" };
  if (status === 400 || status === 422) {
    const detail = fieldNamed(answer?.text ?? "", operation);
    return detail === undefined ? undefined : { kind: "field_refused", detail };
  }
  if (status !== 200 || known === undefined || !answer || !isWholeAnswer(request, operation)) return undefined;
  const seen = formOf(answer, operation.pages?.items);
  const [change] = seen === undefined ? [] : changesOf(known, seen);
  return change === undefined ? undefined : { kind: "shape_changed", detail: change.slice(0, 200) };
}

/**
 * True when what is not there may be the thing asked for, rather than the address: something was named that a caller can get
 * wrong, and the answer does not say that it is the address.
 */
function isOfThing(request: RawRequest, operation: ToolOperation): boolean {
  const names = /\{/.test(operation.requests.join(" ")) || request.body !== null || !isWholeAnswer(request, operation);
  return names && !ofAddress.test(request.answer?.text ?? "");
}

const ofAddress =
  /\b(no (such )?(route|endpoint|path|url|method)|(route|endpoint|path|url) (was )?not found|unknown (route|endpoint|path|url)|cannot (get|post|put|patch|delete) \/)/i;

/** The field of the tool that an answer speaks of; empty for one the tool does not have. */
function fieldNamed(text: string, { input = {} }: ToolOperation): string | undefined {
  const own = Object.entries(input).flatMap(([typed, { name, at }]) => [name ?? typed, ...(at?.slice(-1) ?? [])]);
  const words = new Set(text.match(/[A-Za-z_$][\w$.-]*/g));
  const found = [...new Set(own)].find((name) => words.has(name) && name.length > 1);
  if (found !== undefined) return found;
  return /\b(field|parameter|param|property|attribute|required|missing|unknown)\b/i.test(text) ? "" : undefined;
}

/** Filters and expansions ask for another form; only what turns pages leaves it as it was. */
function isWholeAnswer({ query }: RawRequest, { pages, input = {} }: ToolOperation): boolean {
  const turns = new Set(["limit", ...(pages ? Object.values(pages).map(String) : [])]);
  const fixed = Object.entries(input).flatMap(([typed, one]) => (one.default === undefined ? [] : [one.name ?? typed]));
  return [...new URLSearchParams(query).keys()].every((name) => turns.has(name) || fixed.includes(name));
}

/** The form of an answer of which the beginning was kept: of a list, that of the members that are whole. */
function formOf({ text, bytes }: { text: string; bytes: number }, items: string | undefined): Shape | undefined {
  const isWhole = Buffer.byteLength(text) >= bytes;
  const value = isWhole ? parsed(text) : listBegunIn(text, items);
  if (value === undefined) return undefined;
  if (items === undefined) return shapeOf(value);
  const list = items
    .split(".")
    .reduce<unknown>((at, name) => (isObject(at) ? Reflect.get(at, name) : undefined), value);
  return list === undefined ? undefined : shapeOf(list);
}

function listBegunIn(text: string, items: string | undefined): unknown {
  const ends = items === undefined ? "]" : `]${"}".repeat(items.split(".").length)}`;
  if (items === undefined && !text.trimStart().startsWith("[")) return undefined;
  let cut = text.lastIndexOf("}");
  for (let tries = 0; tries < mostTries && cut > 0; tries += 1) {
    const value = parsed(text.slice(0, cut + 1) + ends);
    if (value !== undefined) return value;
    cut = text.lastIndexOf("}", cut - 1);
  }
  return undefined;
}

const mostTries = 60;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
