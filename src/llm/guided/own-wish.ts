import type { Task } from "./memory.ts";
import { pickFrom } from "./pick.ts";
import { inputsOf, nounsOf, thingOf } from "./operation.ts";
import { sameName, stem, verbsOf, wordsOf } from "./words.ts";

/**
 * True for a whole sentence with a verb and a thing of its own, said while a question was open: it is a new wish, not the
 * answer. A plain name, a number, or words that name no thing of this kind still answer.
 */
export function isOwnWish(words: string, stack: Task[], options: { label: string }[] | undefined): boolean {
  const text = words
    .trim()
    .replace(/^(?:(?:please|now|and|then|no|can you|could you|let'?s|i(?: want|'d like) to)[\s,]+)*/i, "");
  if (text.includes("\n") || /^["“']/.test(text) || options?.some(({ label }) => sameName(label, words))) return false;
  const [verb = "", ...rest] = wordsOf(text);
  if (rest.length < 2 || nameWords.has(verb) || verbsOf(verb).length === 0) return false;
  if (options && !pickFrom(options, words)) return true;
  const near = rest.slice(0, 4).map(stem);
  if (options && /["“]/.test(text)) return true;
  return usualOrder.test(text) || near.some((word) => thingsOf(stack).has(word));
}

/** An order that hardly is the name of anything here, whatever the open wish deals with. */
const usualOrder =
  /^(?:add|create|make|delete|remove|rename|move|show|list)(?: me)? (?:an?|the|my|all|another)(?: my| the)? (?:[\w-]+ )?(?:board|card|list|label|project|channel|folder|task|issue|repo|repository|page|file|database)s?\b/i;

/** Verbs that begin a name as often as an order: "New card layout". */
const nameWords = new Set(
  "new done note label comment message mail email book log track end stop post query when how open".split(" "),
);

/** What the open wish deals with: a card, its list, the board of that. */
function thingsOf(stack: Task[]): Set<string> {
  return new Set(
    stack.flatMap(({ operation, described, known }) => [
      ...nounsOf(operation),
      ...Object.keys(known),
      ...(described ? inputsOf(described).flatMap(({ name }) => thingOf(name, described, operation) ?? []) : []),
    ]),
  );
}
