/**
 * Draws which room imports which, and fails on an import that points up, a circle between files, or a package used where
 * it is not allowed. Run by `npm run imports` and `npm test`; the table below is the one in README.md.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseSync } from "oxc-parser";

/** Room -> the rooms it may import. A room may always import itself. */
const allowed: Record<string, string[]> = {
  contract: [],
  gateway: ["contract"],
  llm: ["contract"],
  sandbox: ["contract"],
  practice: ["contract"],
  database: ["contract"],
  vault: ["contract", "database"],
  integrations: ["contract", "database"],
  connections: ["contract", "database", "gateway", "vault", "integrations"],
  runs: ["contract", "database", "gateway", "sandbox", "integrations", "connections"],
  builder: ["contract", "database", "gateway", "llm", "sandbox", "integrations"],
  agent: ["contract", "database", "llm", "integrations", "connections", "runs", "builder"],
  "apps/web": ["contract"],
  "apps/cli": ["contract"],
  apps: [
    "contract",
    "gateway",
    "llm",
    "sandbox",
    "practice",
    "database",
    "vault",
    "integrations",
    "connections",
    "runs",
    "builder",
    "agent",
    "apps/cli",
  ],
};

/** The front door's own files stand in `apps/cli` but put the whole house together. */
const doors = new Set(["apps/cli/main.ts", "apps/cli/demo.ts"]);

/** Packages without input or output, the only ones the contract may use. */
const contractPackages = /^(zod|@orpc\/contract|node:crypto)$/;

export type Edge = { from: string; to: string; file: string; line: number; specifier: string };
export type Report = { edges: Edge[]; faults: string[]; files: number };

/** Reads every source file below `root/src` and judges its imports. Tests are left out: they may reach where they like. */
export function judgeImports(root: string): Report {
  const source = join(root, "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|tsx)$/.test(name) && !/\.test\.tsx?$|\/testing\.ts$|\/testing\//.test(name))
    .map((name) => join(source, name))
    .toSorted();
  const edges: Edge[] = [];
  const faults: string[] = [];
  const graph = new Map<string, string[]>();

  for (const file of files) {
    const name = relative(source, file);
    const room = roomOf(name);
    if (!(room in allowed)) faults.push(`src/${name} lies in no room`);
    const targets: string[] = [];
    for (const found of importsOf(file)) {
      if (!found.specifier.startsWith(".")) {
        if (room === "contract" && !contractPackages.test(found.specifier)) {
          faults.push(`src/${name}:${found.line} imports ${found.specifier}: contract has no input or output`);
        }
        continue;
      }
      const target = resolve(dirname(file), found.specifier);
      const inside = relative(source, target);
      if (inside.startsWith("..")) continue;
      if (!found.typeOnly) targets.push(target);
      const to = roomOf(inside);
      if (to === room) continue;
      edges.push({ from: room, to, file: `src/${name}`, line: found.line, specifier: found.specifier });
      if (!doors.has(name) && !(allowed[room] ?? []).includes(to)) {
        faults.push(`src/${name}:${found.line} imports ${found.specifier}: ${room} may not import ${to}`);
      }
    }
    graph.set(file, targets);
  }
  faults.push(...circles(graph).map((circle) => `circle: ${circle.map((file) => relative(root, file)).join(" -> ")}`));
  return { edges, faults, files: files.length };
}

function roomOf(name: string): string {
  const [first = "", second = ""] = name.split("/");
  return first === "apps" && (second === "web" || second === "cli") ? `apps/${second}` : first;
}

function importsOf(file: string): { specifier: string; line: number; typeOnly: boolean }[] {
  const text = readFileSync(file, "utf8");
  const { module } = parseSync(file, text);
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const found = module.staticImports.map((one) => ({
    specifier: one.moduleRequest.value,
    line: lineAt(one.start),
    typeOnly: one.entries.length > 0 && one.entries.every((entry) => entry.isType),
  }));
  for (const one of module.staticExports) {
    for (const entry of one.entries) {
      if (entry.moduleRequest)
        found.push({ specifier: entry.moduleRequest.value, line: lineAt(one.start), typeOnly: entry.isType });
    }
  }
  for (const one of module.dynamicImports) {
    const literal = /^(["'`])(.*)\1$/.exec(text.slice(one.moduleRequest.start, one.moduleRequest.end));
    if (literal?.[2]) found.push({ specifier: literal[2], line: lineAt(one.start), typeOnly: false });
  }
  return found;
}

/** Circles of imports that exist at run time, each once, smallest file first. */
function circles(graph: Map<string, string[]>): string[][] {
  const found = new Map<string, string[]>();
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  const visit = (file: string) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      const circle = path.slice(path.indexOf(file));
      found.set(circle.toSorted().join(), [...circle, file]);
      return;
    }
    state.set(file, "open");
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file);
  return [...found.values()];
}

function print(report: Report): void {
  const rooms = Object.keys(allowed).toReversed();
  for (const room of rooms) {
    const counts = new Map<string, number>();
    for (const edge of report.edges) if (edge.from === room) counts.set(edge.to, (counts.get(edge.to) ?? 0) + 1);
    const targets = [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([to, count]) => `${to} ${count}`);
    console.log(`${room.padEnd(13)} -> ${targets.join(", ") || "nothing"}`);
  }
  for (const fault of report.faults) console.error(`fault: ${fault}`);
  console.log(`${report.files} files, ${report.edges.length} imports between rooms, ${report.faults.length} faults`);
}

if (import.meta.main) {
  const report = judgeImports(resolve(import.meta.dirname, ".."));
  print(report);
  process.exitCode = report.faults.length > 0 ? 1 : 0;
}
