import type { Block } from "./transcript.ts";

/**
 * The names a service gave its ids in the results of this conversation. Only calls that asked that one service count: no other
 * service can give its things a name.
 */
export function knownNames(blocks: readonly Block[], service: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const block of blocks) {
    if (block.kind !== "tool" || block.requests.length === 0) continue;
    if (block.requests.every((one) => one.service === service)) gather(block.result, names);
  }
  return names;
}

function gather(result: string, names: Map<string, string>): void {
  const start = result.search(/^[[{]/m);
  if (start < 0) return;
  for (const line of [result.slice(start), ...result.slice(start).split("\n")]) {
    try {
      take(JSON.parse(line), names, 0);
      return;
    } catch {
      // A preview is cut in the middle, and what follows another text is no JSON: then nothing is known from it.
    }
  }
}

function take(value: unknown, names: Map<string, string>, depth: number): void {
  if (depth > 4 || names.size > 2000 || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const one of value) take(one, names, depth + 1);
    return;
  }
  const { id, name, title } = value as Record<string, unknown>;
  const called = name ?? title;
  if ((typeof id === "string" || typeof id === "number") && typeof called === "string" && called.trim() !== "") {
    names.set(String(id), called.slice(0, 100));
  }
  for (const inner of Object.values(value)) take(inner, names, depth + 1);
}
