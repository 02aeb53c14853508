import type { OperationDescription, ToolDescription } from "./definition.ts";
import { type Failure, usage } from "./failure.ts";
import { groupHelp, groupsOf, operationHelp, searchHelp, toolHelp } from "./help.ts";
import { requestOf } from "./inputs.ts";
import { search } from "./search.ts";

export type Route =
  | { kind: "help" | "search" | "describe" | "usage-error"; stdout: string; stderr: string; exitCode: number }
  | {
      kind: "call";
      operation: string;
      /** The tool with this one operation: all that a process needs to run it, unless it has code. */
      slice: ToolDescription;
      needsCode: boolean;
      /** Given as exact parts (`call`), and the words that follow the operation's name. */
      exact: boolean;
      rest: string[];
    };

/** Reads a command line. Help, search and description are answered from the stored description alone, without a process. */
export function route(tool: ToolDescription, argv: string[]): Route {
  const [first = "--help", second] = argv;
  if (first === "--describe") return said("describe", `${JSON.stringify(tool)}\n`);
  if (argv.length === 0 || first === "--help" || first === "-h" || (first === "help" && argv.length === 1))
    return said("help", toolHelp(tool));

  const words = argv.slice(
    0,
    argv.findIndex((word) => word.startsWith("-")) >= 0 ? argv.findIndex((word) => word.startsWith("-")) : argv.length,
  );
  const isHelp = argv.includes("--help") || argv.includes("-h");
  for (let length = Math.min(words.length, 5); length > 0; length -= 1) {
    const name = words.slice(0, length).join(" ");
    const operation = own(tool, name);
    if (!operation) continue;
    if (isHelp) return said("help", operationHelp(tool, name, operation, argv.includes("--all")));
    return call(tool, name, operation, argv.slice(length), false);
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

function exactCall(tool: ToolDescription, target: string | undefined, rest: string[], isHelp: boolean): Route {
  if (target === undefined || target.startsWith("-")) {
    return refused(
      usage(
        "Call what?",
        `${tool.slug} call <operationId or "METHOD /path"> --input '{"path":{},"query":{},"body":{}}'`,
      ),
    );
  }
  const found = own(tool, target) ? target : findExact(tool, target);
  const operation = found === undefined ? undefined : own(tool, found);
  if (found === undefined || !operation)
    return refused(usage(`There is no operation "${target}".`, suggestion(tool, target, `${tool.slug} --help`)));
  if (isHelp) return said("help", operationHelp(tool, found, operation, rest.includes("--all")));
  return call(tool, found, operation, rest, true);
}

function findExact(tool: ToolDescription, target: string): string | undefined {
  const entries = Object.entries(tool.operations);
  const byId = entries.find(([, operation]) => operation.id === target);
  if (byId) return byId[0];
  const wanted = target.trim().replace(/^\S+/, (method) => method.toUpperCase());
  return entries.find(([, operation]) => {
    const { method, path } = requestOf(operation);
    return !operation.coded && (`${method} ${path}` === wanted || operation.requests[0] === wanted);
  })?.[0];
}

function call(
  tool: ToolDescription,
  name: string,
  operation: OperationDescription,
  rest: string[],
  exact: boolean,
): Route {
  const slice: ToolDescription = { ...tool, operations: { [name]: operation } };
  return { kind: "call", operation: name, slice, needsCode: operation.coded === true, exact, rest };
}

function own(tool: ToolDescription, name: string): OperationDescription | undefined {
  return Object.hasOwn(tool.operations, name) ? tool.operations[name] : undefined;
}

function suggestion(tool: ToolDescription, words: string, otherwise: string): string {
  const hits = search(tool, words, 3).map((hit) => `"${hit.name}"`);
  const groups = [...groupsOf(Object.keys(tool.operations)).keys()]
    .filter((group) => group.startsWith(words.split(" ")[0] ?? ""))
    .slice(0, 3);
  return hits.length > 0
    ? `Did you mean ${hits.join(", ")}? See also ${otherwise}.`
    : `See ${otherwise}.${groups.length > 0 ? ` Groups: ${groups.join(", ")}.` : ""}`;
}

function said(kind: "help" | "search" | "describe", stdout: string): Route {
  return { kind, stdout, stderr: "", exitCode: 0 };
}

function refused(failure: Failure): Route {
  return { kind: "usage-error", stdout: "", stderr: String(failure), exitCode: failure.exitCode };
}
