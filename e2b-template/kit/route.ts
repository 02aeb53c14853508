import type { AnyOperation, AnyTool, ToolDescription } from "./definition.ts";
import { describe } from "./describe.ts";
import { type Failure, usage } from "./failure.ts";
import { groupHelp, groupsOf, operationHelp, searchHelp, toolHelp } from "./help.ts";
import { hasCode, operationOf, requestOf } from "./inputs.ts";
import { search } from "./search.ts";

export type Route =
  | { kind: "help" | "search" | "describe" | "usage-error"; stdout: string; stderr: string; exitCode: number }
  | {
      kind: "call";
      operation: string;
      needsCode: boolean;
      /** Given as exact parts (`call`), and the words that follow the operation's name. */
      exact: boolean;
      rest: string[];
    };

/** A tool with one of its operations: all that a process needs to run it, unless it has code. */
export function sliceOf(tool: ToolDescription, operation: string): ToolDescription {
  const only = tool.operations[operation];
  return { ...tool, operations: only ? { [operation]: only } : {} };
}

/** Reads a command line. Help, search and description are answered from the stored description alone, without a process. */
export function route(tool: AnyTool, argv: string[]): Route {
  const [first = "--help", second] = argv;
  if (first === "--describe") return said("describe", `${JSON.stringify("hosts" in tool ? tool : describe(tool))}\n`);
  if (argv.length === 0 || first === "--help" || first === "-h" || (first === "help" && argv.length === 1))
    return said("help", toolHelp(tool));

  const words = argv.slice(
    0,
    argv.findIndex((word) => word.startsWith("-")) >= 0 ? argv.findIndex((word) => word.startsWith("-")) : argv.length,
  );
  const isHelp = argv.includes("--help") || argv.includes("-h");
  for (let length = Math.min(words.length, 5); length > 0; length -= 1) {
    const name = words.slice(0, length).join(" ");
    const operation = operationOf(tool, name);
    if (!operation) continue;
    if (isHelp) return said("help", operationHelp(tool, name, operation, argv.includes("--all")));
    return call(name, operation, argv.slice(length), false);
  }
  if (first === "search") {
    const wish = argv
      .slice(1)
      .filter((word) => !word.startsWith("-"))
      .join(" ");
    return wish === ""
      ? refused(usage("Search for what?", `${tool.slug} search "words"`))
      : said("search", searchHelp(tool, wish));
  }
  if (first === "call") return exactCall(tool, second, argv.slice(2), isHelp);

  const names = Object.keys(tool.operations);
  for (let length = words.length; length > 0; length -= 1) {
    const group = words.slice(0, length).join(" ");
    const members = names.filter((name) => name.startsWith(`${group} `));
    if (members.length === 0) continue;
    if (length === words.length) return said("help", groupHelp(tool, group, members));
    return refused(
      usage(
        `"${group}" has no operation "${words.slice(length).join(" ")}".`,
        suggestion(tool, words.join(" "), `${tool.slug} ${group} --help`),
      ),
    );
  }
  return refused(
    usage(
      `There is no operation "${words.join(" ") || first}".`,
      suggestion(tool, words.join(" "), `${tool.slug} --help`),
    ),
  );
}

function exactCall(tool: AnyTool, target: string | undefined, rest: string[], isHelp: boolean): Route {
  if (target === undefined || target.startsWith("-")) {
    return refused(
      usage(
        "Call what?",
        `${tool.slug} call <operationId or "METHOD /path"> --input '{"path":{},"query":{},"body":{}}'`,
      ),
    );
  }
  const found = operationOf(tool, target) ? target : findExact(tool, target);
  const operation = found === undefined ? undefined : operationOf(tool, found);
  if (found === undefined || !operation)
    return refused(usage(`There is no operation "${target}".`, suggestion(tool, target, `${tool.slug} --help`)));
  if (isHelp) return said("help", operationHelp(tool, found, operation, rest.includes("--all")));
  return call(found, operation, rest, true);
}

/** By operationId, or by method and path. An id that differs from the name by its marks alone is not said in the table. */
function findExact(tool: AnyTool, target: string): string | undefined {
  const entries = Object.entries(tool.operations);
  const byId = entries.find(([, operation]) => operation.id === target);
  if (byId) return byId[0];
  const wanted = target.trim().replace(/^\S+/, (method) => method.toUpperCase());
  // A path may be given as the service's own address has it, from its root or whole.
  const base = tool.baseUrl?.replace(/\/+$/, "") ?? "";
  const root = base.replace(/^https?:\/\/[^/]*/, "");
  const byRequest = [[""], [root, base]].flatMap((before) =>
    entries.filter(([, operation]) => {
      const { method, path, server } = requestOf(operation);
      const addresses = server === undefined ? before.map((one) => `${one}${path}`) : [path, `${server}${path}`];
      return !hasCode(operation) && addresses.some((address) => `${method} ${address}` === wanted);
    }),
  )[0];
  if (byRequest) return byRequest[0];
  const alike = entries.filter(([name]) => unmarked(name) === unmarked(target));
  return alike.length === 1 ? alike[0]?.[0] : undefined;
}

/** `issues list-comments` and `issues/listComments` are one. */
export function unmarked(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function call(name: string, operation: AnyOperation, rest: string[], exact: boolean): Route {
  return { kind: "call", operation: name, needsCode: hasCode(operation), exact, rest };
}

function suggestion(tool: AnyTool, words: string, otherwise: string): string {
  const meant = misspelt(Object.keys(tool.operations), words);
  const hits = (meant.length > 0 ? meant : search(tool, words, 3).map((hit) => hit.name)).map((name) => `"${name}"`);
  const groups = [...groupsOf(Object.keys(tool.operations)).keys()]
    .filter((group) => group.startsWith(words.split(" ")[0] ?? ""))
    .slice(0, 3);
  return hits.length > 0
    ? `Did you mean ${hits.join(", ")}? See also ${otherwise}.`
    : `See ${otherwise}.${groups.length > 0 ? ` Groups: ${groups.join(", ")}.` : ""}`;
}

/** Up to three names that were typed with a slip in a word or several, the nearest first: `bords list` is `boards list`. */
function misspelt(names: string[], typed: string): string[] {
  const words = typed.toLowerCase().split(" ");
  const near = names.flatMap((name) => {
    const own = name.split(" ");
    const slips = own.slice(0, words.length).map((word, at) => slipsBetween(word, words[at] ?? ""));
    if (slips.some((count, at) => count > slipsAllowed(own[at] ?? "", words[at] ?? ""))) return [];
    // Words that follow are values; a name that goes on fits less well.
    return [{ name, slips: slips.reduce((sum, count) => sum + count, 0), more: Math.abs(own.length - words.length) }];
  });
  return near
    .sort((a, b) => a.more - b.more || a.slips - b.slips)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** "get" and "set" are two words, not one with a slip. */
function slipsAllowed(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  return length < 4 ? 0 : length < 8 ? 1 : 2;
}

/** How many letters are wrong, missing, too many, or swapped with the next (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  if (a === b) return 0;
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  let [before, last]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (last?.[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(change, (last?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, isSwap ? (before?.[j - 2] ?? 0) + 1 : Infinity),
      );
    }
    [before, last] = [last, row];
  }
  return last?.[b.length] ?? 0;
}

function said(kind: "help" | "search" | "describe", stdout: string): Route {
  return { kind, stdout, stderr: "", exitCode: 0 };
}

function refused(failure: Failure): Route {
  return { kind: "usage-error", stdout: "", stderr: String(failure), exitCode: failure.exitCode };
}
