import { type Answer, outcomeOf, run, say } from "./answer.ts";
import type { Memory, Task } from "./memory.ts";
import { commandLine, firstJson, quoted } from "./operation.ts";
import { failed, plural, thingsShown } from "./show.ts";
import { escaped } from "./table.ts";
import type { ToolResult } from "../model.ts";

/** "Count them by list", "chart by status": the word behind "by". */
export function countWish(text: string): string | undefined {
  return /^(?:please )?(?:count|chart|plot|graph|draw|how many)(?: (?:them|these|those|it|all|are there|there are))*(?: (?:by|per|in each|for each|of each)) ([a-z][a-z _-]{0,30})\??$/i.exec(
    text.trim(),
  )?.[1];
}

/** Counts what was shown last, all of it, by one of its properties. */
export function count(task: Task, by: string): Answer {
  const word = by.toLowerCase().replace(/[^a-z]/g, "");
  const rows = 'if type == "array" then . else ([.[] | select(type == "array")] | first // [.]) end';
  const name =
    'if type == "object" then (.name // .title // .id // "…") elif type == "array" then (.[]? | if type == "object" then (.name // .title // .id) else . end) else . end';
  const program = `(${rows}) as $rows | ([$rows[] | keys_unsorted[]] | unique | map(select(ascii_downcase | gsub("[^a-z]"; "") | startswith("${word}"))) | first) as $key | {key: $key, counts: (if $key == null then [] else ([$rows[] | .[$key] | ${name} | tostring] | group_by(.) | map({label: .[0], value: length}) | sort_by(-.value)) end)}`;
  const values = Object.fromEntries(Object.entries(task.values).filter(([input]) => input !== "limit"));
  const flags = [...(task.described?.paged ? ["--all"] : []), "--limit", "5000"];
  const command = commandLine(task.slug, task.operation, values, { account: task.account, flags });
  return run([`${command} | jq -c ${quoted(program)}`], { step: "counting", task, by });
}

/** The counts as a picture; the most frequent first. */
export function afterCounting({ task, by }: Extract<Memory, { step: "counting" }>, result: ToolResult): Answer {
  const outcome = outcomeOf(result);
  if (outcome.exitCode !== 0) return failed([task], outcome);
  const answer = firstJson(outcome.output) as
    | { key?: string | null; counts?: { label: string; value: number }[] }
    | undefined;
  const counts = answer?.counts ?? [];
  const memory: Memory = { step: "shown", task, count: 0, more: false };
  const things = plural(thingsShown(task), 2);
  if (counts.length === 0) return say(`The ${things} have nothing called "${escaped(by)}" to count by.`, memory);
  const total = counts.reduce((sum, { value }) => sum + value, 0);
  const shown = counts.slice(0, 40);
  const input = {
    title: `${total} ${things} by ${(answer?.key ?? by).replaceAll("_", " ").replace(/ ids?$/, "")}`,
    kind: "bar",
    labels: shown.map(({ label }) => label),
    series: [{ name: things, values: shown.map(({ value }) => value) }],
  };
  return { text: "", calls: [{ name: "chart", input }], memory: { step: "charting", task } };
}

export function afterCharting({ task }: Extract<Memory, { step: "charting" }>): Answer {
  return say("Anything else?", { step: "shown", task, count: 0, more: false });
}
