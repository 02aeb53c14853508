import { z } from "zod";
import type { ToolResult } from "../model.ts";
import { type Answer, type Choice, choose, outcomeOf, run, say } from "./answer.ts";
import type { Memory } from "./memory.ts";
import { firstJson, labelOf, nounsOf, quoted } from "./operation.ts";
import { fenced, plural } from "./show.ts";
import { escaped } from "./table.ts";

/** Asks a tool what it can do: its things, and what can be done with each. */
export function ability(slug: string): Answer {
  const named = (access: string) => `map(select(.value.access == "${access}") | .key | split(" ")[1:] | join(" "))`;
  const easy = `map(select(.value.access == "read" and ((.value.requests[0] // "{") | contains("{") | not)) | {name: .key, summary: (.value.summary // "")})`;
  const filter = [
    ".operations | to_entries",
    'group_by(.key | split(" ")[0])',
    `map({thing: (.[0].key | split(" ")[0]), reads: (${named("read")} | .[0:8]), writes: (${named("write")} | .[0:8]), count: length, easy: (${easy} | .[0:2])})`,
    "sort_by(-.count) | .[0:25]",
  ].join(" | ");
  return run([`${slug} --describe | jq -c ${quoted(filter)}`], { step: "explaining", slug });
}

const Things = z.array(
  z.object({
    thing: z.string(),
    reads: z.array(z.string()),
    writes: z.array(z.string()),
    count: z.number(),
    easy: z.array(z.object({ name: z.string(), summary: z.string() })),
  }),
);

export function afterExplaining({ slug }: Extract<Memory, { step: "explaining" }>, result: ToolResult): Answer {
  const outcome = outcomeOf(result);
  const read = Things.safeParse(firstJson(outcome.output));
  if (!read.success) return say(fenced(outcome.plain.slice(0, 2_000)));
  const things = read.data.filter(({ thing }) => !/awkward|deprecated/.test(thing));
  const list = (names: string[]) => names.map((name) => escaped(name.replaceAll("-", " "))).join(", ");
  const rows = things
    .slice(0, 14)
    .map(({ thing, reads, writes }) => `| ${escaped(thing)} | ${list(reads)} | ${list(writes)} |`);
  const rest =
    things.length > rows.length
      ? `\n\nAnd ${things.length - rows.length} more ${plural("thing", 2)}: \`$ ${slug} --help\`.`
      : "";
  const table = ["| With | I can look | and, once you say yes, change |", "| --- | --- | --- |", ...rows].join("\n");
  const choices = things
    .flatMap(({ easy }) => easy)
    .toSorted((one, other) => Number(/\blist\b/.test(other.name)) - Number(/\blist\b/.test(one.name)))
    .slice(0, 4)
    .map(({ name, summary }) => ({ label: labelOf({ name, summary }), hint: name, say: `${slug} ${name}` }));
  const text = `${table}${rest}\n\nTell me what you want in plain words, such as "show …" or "add …".`;
  return choices.length > 0 ? choose("Or begin here:", choices, { step: "idle" }, text) : say(text);
}

/** Asks a tool for its lists that need no input. */
export function firstLooksCommand(slug: string): string {
  const filter = [
    ".operations | to_entries",
    'map(select(.value.access == "read" and ((.value.requests[0] // "{") | contains("{") | not)))',
    "map(select([(.value.input // {})[] | select(.required == true and .default == null)] == []))",
    'map({name: .key, summary: (.value.summary // "")} | select(.name | test("(^| |-)list(-|$)")))',
    "sort_by(.name | length) | .[0:12]",
  ].join(" | ");
  return `${slug} --describe | jq -c ${quoted(filter)}`;
}

/** Two or three lists to begin with, called as people call them; none where the tool did not say. */
export function firstLooks(slug: string, result: ToolResult): Choice[] {
  const read = z.array(Look).safeParse(firstJson(outcomeOf(result).output));
  const looks = (read.success ? read.data : [])
    .filter(({ name }) => !/awkward|deprecated|admin|internal|test/.test(name))
    .map(({ name, summary }) => {
      const nouns = nounsOf(name);
      const label = nouns.length === 1 ? `List the ${plural(nouns[0] ?? "", 2)}` : labelOf({ name, summary });
      return { label, say: `${slug} ${name}` };
    });
  return looks.filter(({ label }, index) => looks.findIndex((one) => one.label === label) === index).slice(0, 3);
}

const Look = z.object({ name: z.string(), summary: z.string() });
