import type { ToolResult } from "../model.ts";
import { type Answer, choose, type Outcome, outcomeOf, run, say } from "./answer.ts";
import { namedIn, remainder, statedChange, statedValues, textInput, typed } from "./fill.ts";
import type { Memory, Task } from "./memory.ts";
import {
  commandLine,
  Described,
  describeCommand,
  firstJson,
  type Input,
  inputsOf,
  labelOf,
  nounsOf,
  quoted,
  readSearch,
  thingOf,
} from "./operation.ts";
import { pickFrom } from "./pick.ts";
import { askedIn, rank, selves } from "./rank.ts";
import { failed, lookedUp, shownResult } from "./show.ts";
import { rowsAtOnce, shrinkCommand } from "./shrink.ts";
import { chosen, newTask, top, unlisted, withTask, withValue, withWords } from "./stack.ts";
import { changeable, formOf, isUpdate, openInputs, placeToName, spoken } from "./wanted.ts";
import type { Where } from "./place.ts";
import { stem, verbsOf, wordsOf } from "./words.ts";

type At<Step extends Memory["step"]> = Extract<Memory, { step: Step }>;

/** The next thing to do for an operation: learn what it needs, get what it needs, run it. */
export function advance(stack: Task[], lead = ""): Answer {
  const task = top(stack);
  const { described } = task;
  if (!described) return run([describeCommand(task.slug, task.operation)], { step: "describing", stack }, lead);

  const [next] = openInputs(task, described);
  if (next) return fillIn(stack, described, next, lead);

  if (stack.length === 1 && described.access === "write") {
    const free =
      task.saidIn === undefined && !isUpdate(described) ? textInput(described, task.operation, task.values) : undefined;
    const said = free === undefined ? undefined : remainder(task.sentence, task.operation, task.slug, task.used);
    if (free !== undefined && said !== undefined) return advance(withWords(stack, free, said), lead);
    const changes = changeable(task, described);
    if (changes.length > 0) {
      return choose(
        "What do you want to change?",
        changes.map(({ label, hint }) => ({ label, hint })),
        { step: "choosing_change", stack, options: changes },
        lead,
      );
    }
  }
  return runTask(stack, 0, lead);
}

export function runTask(stack: Task[], from: number, lead = ""): Answer {
  const task = top(stack);
  const isLookup = task.lookup !== undefined;
  const wanted = isLookup ? 100 : from + (task.limit ?? rowsAtOnce) + 1;
  const flags =
    task.described?.access === "write" ? [] : [...(task.described?.paged ? ["--all"] : []), "--limit", String(wanted)];
  const values = Object.fromEntries(
    Object.entries(task.values).filter(([name]) => flags.length === 0 || name !== "limit"),
  );
  return run(
    [commandLine(task.slug, task.operation, values, { account: task.account, flags })],
    { step: "running", stack, from },
    lead,
  );
}

function fillIn(
  stack: Task[],
  described: Described,
  { name, input }: { name: string; input: Input },
  lead: string,
): Answer {
  const task = top(stack);
  const { slug, operation } = task;
  const thing = task.unlisted.includes(name) ? undefined : thingOf(name, described, operation);
  const known = thing === undefined || stack.length === 1 ? undefined : stack[0]?.known[thing];
  if (known !== undefined) return advance(withValue(stack, name, known), lead);
  // "My boards" are those of a member called "me", as many services spell it.
  if (
    thing !== undefined &&
    selves.has(thing) &&
    described.access === "read" &&
    (task.lookup || askedIn(task.sentence).mine)
  ) {
    return advance(withValue(stack, name, "me"), lead);
  }
  if (input.enum) {
    const options = input.enum.map((one) => ({ label: String(one), value: one }));
    return choose(
      `Which ${spoken(name)}?`,
      options.map(({ label }) => ({ label })).slice(0, 20),
      { step: "asking", stack, input: name, options },
      lead,
    );
  }
  if (thing !== undefined && stack.length < deepest) {
    return run([listingSearch(slug, thing)], { step: "listing", stack, input: name, thing }, lead);
  }
  if (stack.length === 1 && task.saidIn === undefined && name === textInput(described, operation, task.values)) {
    const said = remainder(task.sentence, operation, slug, task.used);
    if (said !== undefined) return advance(withWords(stack, name, said), lead);
  }
  if (input.type === "boolean") {
    const options = [
      { label: "Yes", value: true },
      { label: "No", value: false },
    ];
    return choose(
      `${spoken(name)}?`,
      options.map(({ label }) => ({ label })),
      { step: "asking", stack, input: name, options },
      lead,
    );
  }
  // Nobody should be asked for what only a detour needs.
  if (task.lookup) return otherLookup(stack);
  const help = input.help ? ` (${input.help.replace(/\s+/g, " ").replace(/\.$/, "")})` : "";
  const form = formOf(input);
  return say(`${lead ? `${lead}\n\n` : ""}What should the **${spoken(name)}** be?${help}${form}`, {
    step: "asking",
    stack,
    input: name,
  });
}

/** "List lists" says one word twice; what lists lie on tells more. */
const listingSearch = (slug: string, thing: string) =>
  [`list ${thing}s`, ...(thing === "list" ? ["board lists"] : [])]
    .map((wish) => `${slug} search ${quoted(wish)}`)
    .join("; ");

const deepest = 4;

export function afterDescribing({ stack }: At<"describing">, result: ToolResult): Answer {
  const task = top(stack);
  const outcome = outcomeOf(result);
  const read = Described.safeParse(firstJson(outcome.output));
  if (outcome.exitCode !== 0 || !read.success) return failed(stack, outcome);
  const described = read.data;
  if (task.lookup) {
    const { thing } = task.lookup;
    const needed = inputsOf(described).filter(({ input }) => input.required && input.default === undefined);
    const leadsNowhere = needed.some(({ name }) => {
      const of = thingOf(name, described, task.operation);
      return of === undefined || of === thing || stack.slice(0, -1).some((one) => one.lookup?.thing === of);
    });
    return leadsNowhere ? otherLookup(stack) : advance(withTask(stack, { ...task, described }));
  }
  const values = { ...statedValues(task.sentence, described), ...task.values };
  const limit = /\b(?:first|top|last|latest|newest)\s+(\d{1,3})\b/i.exec(task.sentence)?.[1];
  const change = isUpdate(described) ? statedChange(task.sentence, described) : undefined;
  if (change?.value !== undefined) values[change.name] ??= change.value;
  const target = placeToName(task.sentence, described, task.operation);
  return advance(
    withTask(stack, {
      ...task,
      described,
      values,
      wanted: [...task.wanted, ...(target === undefined ? [] : [target]), ...(change ? [change.name] : [])],
      ...(limit === undefined ? {} : { limit: Number(limit) }),
    }),
  );
}

/** A search for the operation that lists things came back. */
export function afterListing({ stack, input, thing }: At<"listing">, result: ToolResult): Answer {
  const task = top(stack);
  const words = wordsOf(thing).map(stem);
  const last = words.at(-1) ?? thing;
  const candidates = readSearch(task.slug, outcomeOf(result).output).filter(
    ({ access, name, needs }) =>
      access === "read" &&
      nounsOf(name).includes(last) &&
      !needs.some((need) => wordsOf(need).map(stem).includes(last)) &&
      name !== task.operation,
  );
  const [best, ...others] = rank(candidates, {
    ...askedIn(`list all ${words.join(" ")}s`),
    nouns: words,
    plurals: [last],
  }).map(({ candidate }) => candidate.name);
  if (best === undefined) return advance(unlisted(stack, input));
  const lookup = newTask({
    sentence: sentenceForLookup(stack),
    slug: task.slug,
    operation: best,
    others: others.slice(0, 3),
    lookup: { input, thing },
    ...(task.account ? { account: task.account } : {}),
  });
  return advance([...stack, lookup]);
}

/** "Move Buy milk to Done": where the card lies now is not what "to" names. */
function sentenceForLookup(stack: Task[]): string {
  const { sentence } = top(stack);
  const isTarget =
    stack.length === 1 &&
    top(stack).wanted.length > 0 &&
    openInputs(top(stack), top(stack).described ?? Described.parse({ access: "read" }))[0]?.input.in !== "path";
  return askedIn(sentence).verbs.includes("move") && !isTarget
    ? sentence.replace(/\s(?:in)?to\s+(?!.*\s(?:in)?to\s).*$/i, "")
    : sentence;
}

function otherLookup(stack: Task[]): Answer {
  const task = top(stack);
  const [next, ...others] = task.others;
  if (next !== undefined)
    return advance(
      withTask(stack, { ...task, operation: next, others, described: undefined, values: {}, unlisted: [] }),
    );
  return advance(unlisted(stack.slice(0, -1), task.lookup?.input ?? ""));
}

export function afterRunning({ stack, from }: At<"running">, result: ToolResult): Answer {
  const outcome = outcomeOf(result);
  if (outcome.exitCode !== 0) {
    const isLookup = top(stack).lookup !== undefined && outcome.exitCode === 5;
    return isLookup ? otherLookup(stack) : failed(stack, outcome);
  }
  if (outcome.file) return run([shrinkCommand(outcome.file, top(stack), from)], { step: "shrinking", stack, from });
  return withAnswer(stack, from, outcome, from);
}

export function afterShrinking({ stack, from }: At<"shrinking">, result: ToolResult): Answer {
  const outcome = outcomeOf(result);
  return outcome.exitCode === 0 ? withAnswer(stack, from, outcome, 0) : failed(stack, outcome);
}

/** `from`: how many rows were shown before; `skip`: how many of them this answer begins with. */
function withAnswer(stack: Task[], from: number, outcome: Outcome, skip: number): Answer {
  const task = top(stack);
  const answer = firstJson(outcome.output);
  if (!task.lookup) return shownResult(task, { from, skip }, answer, outcome);
  const options = lookedUp(answer, task.lookup.thing);
  const parent = stack.slice(0, -1);
  const { input, thing } = task.lookup;
  const [only] = options;
  if (!only) return say(`There is no ${thing} to choose from, so I stopped. Make one first, or tell me more.`);
  const byId = options.find(({ value }) => task.sentence.split(/[\s,]+/).includes(String(value)));
  const named = byId ?? namedIn(task.sentence, options);
  if (named ?? options.length === 1) return advance(chosen(parent, input, thing, named ?? only));
  const shown = options.slice(0, 12);
  const rest = options.length > shown.length ? ` There are ${options.length}; you can also type a name.` : "";
  const above = top(parent).lookup?.thing;
  return choose(
    `Which ${thing}?${above ? ` (To find the ${above}.)` : ""}${rest}`,
    shown.map(({ label, hint }) => ({ label, ...(hint ? { hint } : {}) })),
    {
      step: "asking",
      stack: parent,
      input,
      options: options.slice(0, 100),
    },
  );
}

/** The person answered what an input should be; undefined when they speak of something else. */
export function afterAsking(memory: At<"asking">, words: string): Answer | undefined {
  const { stack, input, options } = memory;
  const task = top(stack);
  const described = task.described ?? Described.parse({ access: "read" });
  const slot = inputsOf(described).find(({ name }) => name === input)?.input;
  const thing = thingOf(input, described, task.operation) ?? spoken(input);
  if (options) {
    const picked = pickFrom(options, words);
    if (picked) return advance(chosen(stack, input, thing, picked));
    if (words.trim().split(/\s+/).length > 2 && verbsOf(wordsOf(words)[0] ?? "").length > 0) return undefined; // a new wish
    const looksLikeId = /^[\w-]{6,}$/.test(words.trim()) && /\d/.test(words);
    if (!looksLikeId || slot?.enum) {
      return choose(
        `I know no ${thing} called that. Which one?`,
        options.slice(0, 12).map(({ label, hint }) => ({ label, ...(hint ? { hint } : {}) })),
        memory,
      );
    }
  }
  // Quotes mark an answer that would otherwise read as a new wish.
  const said = options ? words.trim() : words.trim().replace(/^"([^"]+)"$|^“([^”]+)”$/, "$1$2");
  const value = typed(said, slot?.type ?? "string");
  if (value === undefined) return say(`That does not fit.${formOf(slot)} Try again, or say "cancel".`, memory);
  return advance(withValue(stack, input, value));
}

/** The person said what an update should change. */
export function afterChange({ stack, options }: At<"choosing_change">, words: string): Answer | undefined {
  const picked = pickFrom(options, words);
  if (!picked) return undefined;
  const task = top(stack);
  return advance(withTask(stack, { ...task, wanted: [...task.wanted, String(picked.value)] }));
}

/** The person picked an operation. */
export function afterChoosing(
  { candidates, sentence }: At<"choosing">,
  words: string,
  whereFor: (slug: string) => Where,
): Answer | undefined {
  const labelled = candidates.map((candidate) => ({ ...candidate, label: labelOf(candidate) }));
  const picked =
    labelled.find(({ name, slug }) => words.trim() === `${slug} ${name}` || words.trim() === name) ??
    pickFrom(labelled, words);
  return picked && begin(picked.slug, picked.name, sentence, whereFor(picked.slug));
}

export function begin(slug: string, operation: string, sentence: string, { account, where }: Where): Answer {
  return advance([
    newTask({ sentence, slug, operation, ...(account ? { account } : {}), ...(where ? { where } : {}) }),
  ]);
}

/** More rows of what was shown last. */
export function more({ task, count, more }: At<"shown">): Answer {
  return more ? runTask([task], count) : say("That was all of it.", { step: "shown", task, count, more });
}
