import type { Block, ToolBlock } from "./transcript.ts";

export type Item = Block | { kind: "calls"; key: string; calls: readonly ToolBlock[] };

/**
 * What stands under one another: tool calls that follow each other become one quiet line. A call that tells a story of its own
 * (steps) stands by itself, and one that only shows something else (a chart, choices) is left out.
 */
export function groupBlocks(blocks: readonly Block[]): Item[] {
  const items: Item[] = [];
  let calls: ToolBlock[] = [];
  const close = () => {
    const [first] = calls;
    if (first) items.push({ kind: "calls", key: `calls-${first.key}`, calls });
    calls = [];
  };
  for (const block of blocks) {
    if (block.kind === "tool" && block.steps.length === 0) {
      if (!showsItself.has(block.tool) || block.state === "failed") calls.push(block);
      continue;
    }
    close();
    items.push(block);
  }
  close();
  return items;
}

const showsItself = new Set(["choices", "chart"]);

/** Whether an item is drawn as it was: the same block, or the same calls. */
export function isSameItem(one: Item, other: Item): boolean {
  if (one === other) return true;
  if (one.kind !== "calls" || other.kind !== "calls" || one.calls.length !== other.calls.length) return false;
  return one.calls.every((call, index) => call === other.calls[index]);
}

/** What a group of calls did, in a line: the operations it used, each once, on which accounts. */
export function tellCalls(calls: readonly ToolBlock[]): {
  operations: { name: string; access: "read" | "write"; times: number }[];
  /** A service with its accounts each: "Practice Boards, ana@a.example and ben@a.example". */
  accounts: string[];
  /** Undefined where none came to its end. */
  ms: number | undefined;
} {
  const operations = new Map<string, { name: string; access: "read" | "write"; times: number }>();
  const accounts = new Map<string, Set<string>>();
  for (const { service, account, operation, access, method, path } of calls.flatMap((call) => call.requests)) {
    const name = operation ?? `${method} ${path}`;
    const known = operations.get(`${service} ${name}`);
    if (known) known.times += 1;
    else operations.set(`${service} ${name}`, { name, access, times: 1 });
    accounts.set(service, (accounts.get(service) ?? new Set()).add(account));
  }
  return {
    operations: [...operations.values()],
    accounts: [...accounts].map(([service, those]) => `${service}, ${[...those].join(" and ")}`),
    ms: calls.every((call) => call.ms === undefined) ? undefined : calls.reduce((sum, call) => sum + (call.ms ?? 0), 0),
  };
}
