import { showHidden } from "../../contract/marked-data.ts";
import { type Answer, choose, type Outcome, say } from "./answer.ts";
import type { Option, Task } from "./memory.ts";
import { nounsOf } from "./operation.ts";
import { askedIn } from "./rank.ts";
import { cardOf, escaped, idOf, nameOf, rowsIn, tableOf } from "./table.ts";

/** An answer of a service in a form people read: rows as a table, one thing as a list, anything else as it came. */
export function shownResult(
  task: Task,
  { from, skip }: { from: number; skip: number },
  answer: unknown,
  outcome: Outcome,
): Answer {
  const isSearch = /\b(search|find|query)/.test(task.operation);
  const noun = isSearch ? "result" : thingsShown(task);
  const account = task.where ? ` (${escaped(task.where)})` : "";
  if (answer === undefined) {
    const text = outcome.output.trim();
    return say(
      text === "" ? `Done${account}. There was no output.` : `${fenced(text.slice(0, 4_000))}`,
      done(task, 0, false),
    );
  }
  const isWrite = task.described?.access === "write";
  const { rows, whole } = rowsIn(answer);
  if (isWrite) {
    const what =
      task.described?.summary && !/^[A-Z]+ \//.test(task.described.summary)
        ? `: ${escaped(task.described.summary.replace(/\.$/, ""))}`
        : "";
    const card =
      rows[0] && whole && Object.keys(rows[0]).some((key) => key !== "ok" && key !== "status")
        ? `\n\n${cardOf(rows[0], true)}`
        : "";
    return say(`Done${account}${what}.${card}`, done(task, 0, false));
  }
  if (whole && rows[0])
    return say(`${task.where ? `${escaped(task.where)}:\n\n` : ""}${cardOf(rows[0])}`, done(task, 1, false));

  const most = task.limit ?? 20;
  const shown = rows.slice(skip);
  const page = shown.slice(0, most);
  const more = shown.length > most;
  if (page.length === 0)
    return say(
      from > 0 ? "That was all of it." : `There are no ${plural(noun, 0)}${account}.`,
      done(task, from, false),
    );
  const count =
    from > 0 ? `${from + 1} to ${from + page.length}` : more ? `The first ${page.length}` : `${page.length}`;
  const title = from > 0 ? `${capital(plural(noun, 2))} ${count}` : `${count} ${plural(noun, page.length)}`;
  const rest = more ? '\n\nSay "more" for the next ones.' : "";
  return say(`${title}${account}:\n\n${tableOf(page, most)}${rest}`, done(task, from + page.length, more));
}

/** What the rows are: of "members list-boards" the boards, when boards were asked for. */
export function thingsShown({ operation, sentence }: Task): string {
  const nouns = nounsOf(operation);
  const { plurals } = askedIn(sentence);
  return nouns.find((noun) => plurals.includes(noun)) ?? nouns[0] ?? "result";
}

const done = (task: Task, count: number, more: boolean) => ({ step: "shown" as const, task, count, more });

/** Things a person can choose by name. */
export function lookedUp(answer: unknown, thing: string): Option[] {
  const { rows, whole } = rowsIn(answer);
  const named = (whole ? [] : rows).flatMap((row) => {
    const value =
      idOf(row, thing.split(" ").at(-1)) ?? ("value" in row && typeof row.value === "string" ? row.value : undefined);
    if (value === undefined) return [];
    return [{ label: nameOf(row) ?? String(value), value }];
  });
  // Two of one name are told apart by what the service calls them.
  return named.map((one) =>
    named.filter(({ label }) => label === one.label).length > 1 ? { ...one, hint: String(one.value) } : one,
  );
}

/** What to say, and what can be done, when a command did not work. */
export function failed(stack: Task[], outcome: Outcome): Answer {
  const task = stack[0];
  const words = outcome.failure ? escaped(showHidden(outcome.failure.message).slice(0, 600)) : "";
  const action = outcome.failure?.action ? ` ${escaped(showHidden(outcome.failure.action).slice(0, 300))}` : "";
  if (outcome.exitCode === undefined)
    return say(`This did not come to its end, and I did not repeat it.\n\n${fenced(outcome.plain.slice(0, 2_000))}`);
  if (outcome.exitCode === 3 && task) {
    return {
      text: `${words || "The sign-in has ended."} Sign in again, and I will go on.`,
      calls: [{ name: "connect", input: { wish: task.slug } }],
      memory: { step: "connecting", after: task.sentence },
    };
  }
  if (outcome.exitCode === 4) return say(`Nothing was sent. ${words}`);
  if (outcome.exitCode === 2)
    return say(
      `I could not put that command together rightly: ${words}${action} You can also type it yourself, beginning with \`$ \`.`,
    );
  const again = task ? [{ label: "Try again", say: task.sentence }] : [];
  return again.length > 0 && task?.described?.access !== "write"
    ? choose(
        "Shall I try again?",
        [...again, { label: "Leave it", say: "cancel" }],
        { step: "idle" },
        `That did not work: ${words}${action}`,
      )
    : say(`That did not work: ${words}${action}`);
}

/**
 * A refusal of a command that was typed, in words: what it printed before, the message, and what to do. Undefined where no tool
 * of ours refused. The answer as it came stands with the call.
 */
export function refusal({ failure, exitCode }: Outcome): string | undefined {
  if (exitCode === undefined || failure?.code === undefined || failure.before === undefined) return undefined;
  const { message, action, before, retryable } = failure;
  const words = [escaped(showHidden(message).slice(0, 600)), ...(action ? [whatToDo(action.slice(0, 300))] : [])];
  if (retryable) words.push("It may work when you try again in a moment.");
  return `${before.trim() === "" ? "" : `${fenced(before.trim().slice(0, 6_000))}\n\n`}${words.join(" ")}`;
}

/** A tool says either a sentence or what to type. */
const whatToDo = (action: string) =>
  /^[a-z0-9-]+ [^`\n]*[^.?\n`]$/.test(action) ? `Type \`$ ${showHidden(action)}\`.` : escaped(showHidden(action));

/** Text that came from outside, shown letter by letter. */
export function fenced(text: string): string {
  const ticks = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map((run) => run[0].length + 1)));
  return `${ticks}text\n${text}\n${ticks}`;
}

export function plural(noun: string, count: number): string {
  if (count === 1 || noun.endsWith("s")) return noun;
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : /(?:x|z|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
