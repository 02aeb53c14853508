import type { Option, Task } from "./memory.ts";
import { type Described, type Input, inputsOf, nounsOf, thingOf } from "./operation.ts";
import { askedIn } from "./rank.ts";
import { wordsOf } from "./words.ts";

/** Required inputs without a value, those that name things first: once known, their names tell the rest of the sentence apart. */
export function openInputs(task: Task, described: Described) {
  const order = ({ name, input }: { name: string; input: Input }) =>
    thingOf(name, described, task.operation) !== undefined ? 0 : input.enum ? 1 : 2;
  return inputsOf(described)
    .filter(
      ({ name, input }) =>
        task.values[name] === undefined &&
        (task.wanted.includes(name) || (input.required && input.default === undefined)),
    )
    .toSorted((one, other) => order(one) - order(other));
}

export const isUpdate = ({ requests }: Described) => /^(PATCH|PUT) /.test(requests[0] ?? "");

/** What an update without any change yet could change. */
export function changeable(task: Task, described: Described): Option[] {
  if (!isUpdate(described)) return [];
  const inputs = inputsOf(described).filter(({ input }) => input.in !== "path");
  if (inputs.some(({ name }) => task.values[name] !== undefined)) return [];
  return inputs
    .slice(0, 12)
    .map(({ name, input }) => ({ label: spoken(name), value: name, hint: input.help?.slice(0, 80) }));
}

/**
 * An optional input that says where a thing belongs: the list a card is moved to, or added to where the document does not
 * demand one and the sentence names a place.
 */
export function placeToName(sentence: string, described: Described, operation: string): string | undefined {
  const { verbs } = askedIn(sentence);
  const isMove = verbs.includes("move");
  if (!isMove && !(verbs.includes("make") && /\b(?:to|in|into|on|under)\s+\S/i.test(sentence))) return undefined;
  const [own] = nounsOf(operation);
  const inputs = inputsOf(described).map(({ name, input }) => ({
    name,
    input,
    thing: thingOf(name, described, operation),
  }));
  if (!isMove && inputs.some(({ input, thing }) => input.required && thing !== undefined)) return undefined;
  const places = inputs.filter(({ input, thing }) => input.in !== "path" && thing !== undefined && thing !== own);
  // The nearest place first: a card lies in a list, and only through it on a board.
  const [place] = placeNames
    .map((names) => places.find(({ thing }) => names.test(thing ?? "")))
    .filter((one) => one !== undefined);
  return place?.name;
}

const placeNames = [/list|column|section|status|state/, /folder|parent|channel/, /project|board/];

/** An input's name as people say it. */
export const spoken = (name: string) => wordsOf(name).join(" ");

/** In which form a value has to be given, where that is not plain text. */
export function formOf(input: Input | undefined): string {
  switch (input?.type) {
    case "integer":
    case "number":
      return " Give a number.";
    case "array":
      return " Give one or several, with commas between.";
    case "object":
      return " Give it as JSON.";
    case "file":
      return " Give the name of a file in this conversation.";
    default:
      return "";
  }
}
