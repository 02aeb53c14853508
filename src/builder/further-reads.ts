import type { ToolDescription } from "../contract/tool.ts";
import { failureOf, harmlessReads, type RunOperation } from "./prove.ts";
import { type Shape, shapeOf } from "../contract/shape.ts";

/** A read the server made, and what came: the form of the answer, never its data. */
export type Trial = {
  operation: string;
  outcome: "worked" | "failed";
  status?: number;
  message?: string;
  shape?: Shape;
};

export type Tried = {
  trials: Trial[];
  /** The service did not accept the credential, or its rights: nothing was tried after that. */
  refused?: { operation: string; status: number };
};

type Limits = { reads: number; seconds: number };

/**
 * Tries as many reads as are harmless: those that need no input, and those whose blanks can be filled with ids that earlier
 * answers held, one of each. Writes are never tried. A 401 or 403 ends it: that is a question for a person.
 */
export async function furtherReads(
  tool: ToolDescription,
  run: RunOperation,
  limits: Limits = { reads: 20, seconds: 25 },
): Promise<Tried> {
  const end = performance.now() + limits.seconds * 1000;
  const trials: Trial[] = [];
  const ids = new Map<string, string>();
  const waiting = new Set(
    Object.entries(tool.operations)
      .filter(([, one]) => one.access === "read" && one.requests.length === 1 && !one.coded && !one.graphql)
      .filter(([name, one]) => !costly.test(`${name} ${pathOf(one.requests[0] ?? "")}`))
      .map(([name]) => name),
  );
  const easy = harmlessReads(tool).filter((name) => waiting.has(name));
  for (;;) {
    const next = following(tool, easy, waiting, ids);
    if (!next || trials.length >= limits.reads || performance.now() > end) return { trials };
    waiting.delete(next.operation);
    const result = await run([...next.operation.split(" "), ...next.words]);
    if (result.exitCode === 0) {
      const answer = parsed(result.stdout);
      gatherIds(tool, next.operation, answer, ids);
      trials.push({ operation: next.operation, outcome: "worked", shape: shapeOf(answer) });
      continue;
    }
    const { message, status } = failureOf(result.stderr);
    trials.push({
      operation: next.operation,
      outcome: "failed",
      message: message.slice(0, 300),
      ...(status === undefined ? {} : { status }),
    });
    if (status === 401 || status === 403) return { trials, refused: { operation: next.operation, status } };
  }
}

/** Reads by which a service measures or copies itself. */
const costly =
  /(^|[/ _.-])(debug|pprof|cpu-?prof\w*|heap-?prof\w*|heap-?dump|thread-?dump|dump|backup|support-bundle)([/ _.-]|$)/i;

type Next = { operation: string; words: string[] };

function following(
  tool: ToolDescription,
  easy: string[],
  waiting: Set<string>,
  ids: Map<string, string>,
): Next | undefined {
  const first = easy.find((name) => waiting.has(name));
  if (first) return { operation: first, words: limitOf(tool, first) };
  for (const name of waiting) {
    const words = blanksFilled(tool, name, ids);
    if (words) return { operation: name, words: [...words, ...limitOf(tool, name)] };
  }
  return undefined;
}

const pathOf = (request: string) => request.split(" ")[1] ?? "";

/** `--board brd_1` for `GET /boards/{board}/cards`, when `/boards` told an id; undefined when something else is needed. */
function blanksFilled(tool: ToolDescription, name: string, ids: Map<string, string>): string[] | undefined {
  const operation = tool.operations[name];
  const path = pathOf(operation?.requests[0] ?? "");
  const words: string[] = [];
  const blanks = [...path.matchAll(/\{([^{}]+)\}/g)];
  if (blanks.length === 0) return undefined;
  let filled = path;
  for (const [blank, parameter = ""] of blanks) {
    const id = ids.get(filled.slice(0, filled.indexOf(blank)).replace(/\/$/, ""));
    if (id === undefined) return undefined;
    filled = filled.replace(blank, id);
    const own = Object.entries(operation?.input ?? {}).find(([typed, { name: wire }]) => (wire ?? typed) === parameter);
    words.push(`--${own?.[0] ?? parameter}`, id);
  }
  const needsMore = Object.entries(operation?.input ?? {}).some(
    ([typed, one]) => one.required && one.default === undefined && one.in !== "path" && !words.includes(`--${typed}`),
  );
  return needsMore ? undefined : words;
}

const limitOf = (tool: ToolDescription, name: string) =>
  tool.operations[name]?.pages || tool.operations[name]?.input?.["limit"] ? ["--limit", "3"] : [];

/** The id of the first thing in an answer, under the path of its collection, and under any other its fields name. */
function gatherIds(tool: ToolDescription, name: string, answer: unknown, ids: Map<string, string>): void {
  const path = pathOf(tool.operations[name]?.requests[0] ?? "");
  const [thing] = thingsIn(answer);
  const id = idIn(thing, "id");
  if (id !== undefined && !path.endsWith("}")) {
    if (!path.includes("{") && !ids.has(path)) ids.set(path, id);
    // `/boards/{board}/lists` tells ids for `/lists/{list}` too.
    const last = `/${path.split("/").at(-1)}`;
    if (!ids.has(last)) ids.set(last, id);
  }
}

function thingsIn(answer: unknown): unknown[] {
  if (Array.isArray(answer)) return answer;
  if (typeof answer !== "object" || answer === null) return [];
  return Object.values(answer).find((one): one is unknown[] => Array.isArray(one)) ?? [];
}

/** Plain ids only: what a service says is put into a path by nobody but the kit, and never as an option. */
function idIn(thing: unknown, field: string): string | undefined {
  if (typeof thing !== "object" || thing === null) return undefined;
  const value: unknown = Reflect.get(thing, field);
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" && /^[A-Za-z0-9][\w.:-]{0,80}$/.test(value) && !value.includes("..")
    ? value
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? null : "text";
  }
}
