import { type Described, inputsOf, nounsOf, thingOf } from "./operation.ts";
import { askedIn } from "./rank.ts";
import { normal, stem, verbsOf, wordsOf } from "./words.ts";

/** Values a sentence states by itself: `due: 2026-12-01`, a word that is one of an input's choices, "first 5". */
export function statedValues(sentence: string, described: Described): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const { verbWord } = askedIn(sentence);
  const words = wordsOf(sentence);
  for (const { name, input } of inputsOf(described)) {
    const stated = new RegExp(
      `(?:^|[\\s,;])(?:--)?${name.replace(/[^\w]/g, ".")}\\s*[=:]\\s*("[^"]*"|'[^']*'|[^\\s,;]+)`,
      "i",
    ).exec(sentence)?.[1];
    if (stated) {
      values[name] = typed(stated.replace(/^["']|["']$/g, ""), input.type);
      continue;
    }
    const choice = input.enum?.find(
      (one) =>
        String(one).length > 2 && words.includes(String(one).toLowerCase()) && String(one).toLowerCase() !== verbWord,
    );
    if (choice !== undefined) values[name] = choice;
  }
  return values;
}

/** Reads an answer to "What should … be?". Undefined when it does not fit the input. */
export function typed(text: string, type: string): unknown {
  if (type === "integer") return /^-?\d+$/.test(text) ? Number(text) : undefined;
  if (type === "number") return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  if (type === "boolean") {
    if (/^(yes|true|on|y|1)$/i.test(text)) return true;
    return /^(no|false|off|n|0)$/i.test(text) ? false : undefined;
  }
  if (type === "array") return text.startsWith("[") ? json(text) : text.split(",").map((one) => one.trim());
  if (type === "object") return json(text);
  return text;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The input that takes what somebody simply says: the card's name, the comment's text, the words to search for. */
export function textInput(
  described: Described,
  operation: string,
  values: Record<string, unknown>,
): string | undefined {
  const free = inputsOf(described).filter(
    ({ name, input }) =>
      /^(string|any)$/.test(input.type) &&
      !input.enum &&
      values[name] === undefined &&
      thingOf(name, described, operation) === undefined,
  );
  const required = free.filter(({ input }) => input.required);
  const byName = (list: typeof free) =>
    textNames.map((wanted) => list.find(({ name }) => normal(name) === wanted)).find((one) => one !== undefined);
  const lastIsVerbOfSearch = /search|find|query/.test(operation);
  return (
    byName(required) ??
    required[0] ??
    (described.access === "write" || lastIsVerbOfSearch ? byName(free) : undefined)
  )?.name;
}

const textNames = [
  "q",
  "query",
  "search",
  "term",
  "keyword",
  "keywords",
  "name",
  "title",
  "text",
  "content",
  "body",
  "message",
  "subject",
  "summary",
  "comment",
  "value",
  "description",
  "label",
];

/**
 * What is left of a sentence when the verb, the thing and everything already understood are taken away:
 * "add a card Buy milk to Groceries" leaves "Buy milk".
 */
export function remainder(sentence: string, operation: string, slug: string, used: string[]): string | undefined {
  const quotes = /"([^"]+)"|“([^”]+)”|(?:^|\s)'([^']+)'(?=\s|$|[.,!?])/.exec(sentence);
  const inQuotes = quotes?.[1] ?? quotes?.[2] ?? quotes?.[3];
  if (inQuotes && !used.some((one) => normal(one) === normal(inQuotes))) return inQuotes.trim();

  let text = sentence.replace(/[.!?]+\s*$/, "");
  const kinds =
    "board|list|card|project|channel|folder|column|label|tag|repo|repository|team|workspace|database|table|page|file|document|issue|ticket|task|item|event|user|person|member|contact|customer|order|account|comment|message|thread|calendar";
  for (const name of [...used].toSorted((one, other) => other.length - one.length)) {
    const pattern = normal(name)
      .split(" ")
      .map((word) => word.replace(/[^\p{L}\p{N}]/gu, "."))
      .join("[^\\p{L}\\p{N}]+");
    text = text.replace(
      new RegExp(
        String.raw`(?:\s*\b(?:to|in|on|into|onto|from|at|of|under|for|as|with)\b)?(?:\s+(?:the|my|our|${kinds}))*\s*["“']?${pattern}["”']?(?:\s+(?:${kinds})\b)?`,
        "iu",
      ),
      " ",
    );
  }
  text = text.replace(
    new RegExp(`\\b(?:(?:in|on|at|to|with|using|via|from)\\s+(?:my\\s+)?)?${slug.replaceAll("-", "[ -]")}\\b`, "i"),
    " ",
  );
  const named =
    /\b(?:called|named|titled|saying|that says|with (?:the )?(?:name|title|text)|reading)\b:?\s+(.+)$/i.exec(text)?.[1];
  const sought = askedIn(sentence).verbs.includes("find")
    ? /\b(?:for|about|containing|matching|with)\s+(.+)$/i.exec(text)?.[1]
    : undefined;
  const found = (named ?? sought ?? withoutLead(text, operation))
    .replace(/\s+/g, " ")
    .replace(/\s+please$/i, "")
    .replace(/^[\s:,-]+|[\s:,-]+$/g, "");
  return found === "" ? undefined : found;
}

/** Takes the verb, articles and the operation's own nouns off the front. */
function withoutLead(text: string, operation: string): string {
  const nouns = new Set(nounsOf(operation));
  let rest = text.trim().replace(/^(?:please|can you|could you|i want to|i would like to|i'd like to|let'?s)\s+/i, "");
  let seenVerb = false;
  for (;;) {
    const word = /^([\p{L}']+)[\s:,]+(?=\S)/u.exec(`${rest} `)?.[1] ?? (/^[\p{L}']+$/u.test(rest) ? rest : undefined);
    if (!word) return rest;
    const lower = word.toLowerCase();
    const isLead =
      /^(?:a|an|the|my|me|us|new|another|to|for|about|with|all|some|any|of|on|in|containing|matching)$/.test(lower);
    const isVerb = !seenVerb && verbsOf(lower).length > 0;
    if (!isLead && !isVerb && !nouns.has(stem(lower))) return rest;
    if (isVerb) seenVerb = true;
    rest = rest.slice(word.length).replace(/^[\s:,]+/, "");
  }
}

/**
 * What an update is to change, as far as the sentence says it: "set the due date of … to 1 May" names `due_at` and its value.
 * `value` is absent where only the thing to change is named.
 */
export function statedChange(sentence: string, described: Described): { name: string; value?: unknown } | undefined {
  const said = new Set(wordsOf(sentence).map(stem));
  const inputs = inputsOf(described).filter(({ input }) => input.in !== "path");
  const named = inputs.find(({ name }) => {
    const own = wordsOf(name)
      .map(stem)
      .filter((word) => !/^(?:at|id|is|the|date|on)$/.test(word));
    return own.length > 0 && own.every((word) => said.has(word));
  });
  const isRename = /\b(?:rename|retitle|call)\b/i.test(sentence);
  const found =
    named ?? (isRename ? inputs.find(({ name }) => /^(?:name|title|label|subject|summary)$/i.test(name)) : undefined);
  if (!found) return undefined;
  const to = /.*\b(?:to|as|=)\s+(.+?)[.!?]*$/i.exec(sentence)?.[1]?.replace(/^["“']|["”']$/g, "");
  const value = to === undefined ? undefined : typed(to, found.input.type);
  return { name: found.name, ...(value === undefined ? {} : { value }) };
}

/** The option a sentence names; the longest wins, and two of one name are no answer. */
export function namedIn<T extends { label: string }>(sentence: string, options: T[]): T | undefined {
  const words = ` ${normal(sentence)} `;
  const named = options.filter(({ label }) => normal(label) !== "" && words.includes(` ${normal(label)} `));
  const longest = Math.max(0, ...named.map(({ label }) => normal(label).length));
  const best = named.filter(({ label }) => normal(label).length === longest);
  return best.length === 1 ? best[0] : undefined;
}
