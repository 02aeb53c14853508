import type { ToolDescription } from "../contract/tool.ts";
import { failureOf, harmlessReads, lacking, pathOf, type RunOperation, whyNot } from "./prove.ts";
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
  /** Reads that were not tried, each with the reason. */
  untried: { operation: string; why: string }[];
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
  const untried: Tried["untried"] = [];
  const waiting = new Set<string>();
  for (const [name, operation] of Object.entries(tool.operations)) {
    if (operation.access !== "read") continue;
    const why =
      whyNot(name, operation) ?? (operation.coded || operation.graphql ? "not a single plain request" : undefined);
    if (why === undefined) waiting.add(name);
    else untried.push({ operation: name, why });
  }
  const easy = harmlessReads(tool).filter((name) => waiting.has(name));
  const ended = (why?: string): Tried => ({
    trials,
    untried: [...untried, ...[...waiting].map((name) => ({ operation: name, why: why ?? needs(tool, name) }))],
  });
  for (;;) {
    const next = following(tool, easy, waiting, ids);
    if (!next) return ended();
    if (trials.length >= limits.reads || performance.now() > end) return ended("enough was tried");
    waiting.delete(next.operation);
    const result = await run([...next.operation.split(" "), ...next.words]);
    if (result.exitCode === 0) {
      const answer = parsed(result.stdout);
      if (saysItFailed(answer)) {
        trials.push({ operation: next.operation, outcome: "failed", message: "the answer itself says that it failed" });
        continue;
      }
      gatherIds(tool, next.operation, answer, ids);
      trials.push({ operation: next.operation, outcome: "worked", shape: shapeOf(answer) });
      continue;
    }
    const { message, status, code } = failureOf(result.stderr);
    if (code === "asks_first") {
      untried.push({ operation: next.operation, why: "asks first" });
      continue;
    }
    trials.push({
      operation: next.operation,
      outcome: "failed",
      message: message.slice(0, 300),
      ...(status === undefined ? {} : { status }),
    });
    if (status === 401 || status === 403)
      return { ...ended("the service had refused another"), refused: { operation: next.operation, status } };
  }
}

/** `{"ok":false}` with a status that says otherwise. */
function saysItFailed(answer: unknown): boolean {
  if (typeof answer !== "object" || answer === null) return false;
  return Reflect.get(answer, "ok") === false || Reflect.get(answer, "success") === false;
}

/** What a read would have to be given. */
function needs(tool: ToolDescription, name: string): string {
  const operation = tool.operations[name];
  if (!operation) return "";
  const blanks = [...pathOf(operation).matchAll(/\{([^{}]+)\}/g)].map(([, blank = ""]) => blank);
  return `needs ${[...blanks, ...lacking(operation)].join(", ")}`;
}

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

/** `--board brd_1` for `GET /boards/{board}/cards`, when `/boards` told an id; undefined when something else is needed. */
function blanksFilled(tool: ToolDescription, name: string, ids: Map<string, string>): string[] | undefined {
  const operation = tool.operations[name];
  if (!operation || lacking(operation).length > 0) return undefined;
  const path = pathOf(operation);
  const words: string[] = [];
  const blanks = [...path.matchAll(/\{([^{}]+)\}/g)];
  if (blanks.length === 0) return undefined;
  let filled = path;
  for (const [blank, parameter = ""] of blanks) {
    const id = ids.get(filled.slice(0, filled.indexOf(blank)).replace(/\/$/, "")) ?? byName(parameter, ids);
    if (id === undefined) return undefined;
    filled = filled.replace(blank, id);
    const own = Object.entries(operation.input ?? {}).find(([typed, { name: wire }]) => (wire ?? typed) === parameter);
    words.push(`--${own?.[0] ?? parameter}`, id);
  }
  return words;
}

/** `workspace_id` where `/workspaces` told one. */
function byName(parameter: string, ids: Map<string, string>): string | undefined {
  const stem = parameter.toLowerCase().replace(/[-_]?id$/, "");
  if (stem === "") return undefined;
  const isOf = (path: string) => {
    const last = (path.split("/").at(-1) ?? "").toLowerCase();
    return last.replace(/ies$/, "y") === stem || last.replace(/s$/, "") === stem;
  };
  return [...ids].find(([path]) => isOf(path))?.[1];
}

const limitOf = (tool: ToolDescription, name: string) =>
  tool.operations[name]?.pages || tool.operations[name]?.input?.["limit"] ? ["--limit", "3"] : [];

/** The id of the first thing in an answer, under the path of its collection, and under any other its fields name. */
function gatherIds(tool: ToolDescription, name: string, answer: unknown, ids: Map<string, string>): void {
  const operation = tool.operations[name];
  const path = operation ? pathOf(operation) : "";
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
