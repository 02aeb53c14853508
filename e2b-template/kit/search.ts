import type { AnyOperation, AnyTool, WrittenOperation } from "./definition.ts";
import { inputsIn, pathParameters, requestOf } from "./inputs.ts";
import { stem, terms } from "./stem.ts";
import { deedOf, related } from "./synonyms.ts";

export type Hit = { name: string; score: number };

/**
 * Operations that fit a wish in plain words, best first. Rare words count more than common ones, a word of the name more
 * than one of a description, and a name that says nothing beside the wish more than one that says a lot else. What says
 * nothing of the things wished for is no hit, as long as others do.
 */
export function search(tool: AnyTool, wish: string, most = 8): Hit[] {
  const wanted = wordsOf(wish, tool);
  if (wanted.length === 0) return [];
  const total = Object.keys(tool.operations).length;
  const speaking = speakers(tool, wanted, wish);
  const entries =
    speaking.length > 0
      ? speaking.flatMap((title) => entryOf(tool, title) ?? [])
      : Object.keys(tool.operations).flatMap((title) => withHelp(tool, entryOf(tool, title)) ?? []);
  const closeness = closenessTo(wanted);
  // Of the same text, said by many operations, the words that count are picked once.
  const picked = new Map<string[], string[]>();
  const told = new Map<Entry, Map<string, number>>();
  const tellers = new Map<string, number>();
  for (const entry of entries) {
    const weights = new Map<string, number>();
    for (const [text, weight] of entry.texts) {
      let words = picked.get(text);
      if (!words) picked.set(text, (words = text.filter((word) => closeness(word) !== undefined)));
      for (const word of words) weights.set(word, Math.min((weights.get(word) ?? 0) + weight, 8));
    }
    if (weights.size === 0) continue;
    told.set(entry, weights);
    for (const word of weights.keys()) tellers.set(word, (tellers.get(word) ?? 0) + 1);
  }
  const rarity = (word: string) => {
    // Only those that speak of the thing were looked at: among them a verb is as common as among all.
    const sample = deedOf(word) === undefined ? 1 : total / entries.length;
    const count = (tellers.get(word) ?? 0) * sample;
    return Math.log(1 + (total - count + 0.5) / (count + 0.5)) + 0.3;
  };
  // "My boards" without a verb: someone wants to see them; "which boards are open" asks for it.
  const said = wanted.map(deedOf).find((one) => one !== undefined) ?? (question.test(wish) ? "look" : undefined);
  // "Star a repository": an order, whatever it does.
  const isOrder = said === undefined && order.test(wish);
  // Who says "boards" wants several, so the list of them rather than one.
  const wantsMany = !isOrder && (said ?? "look") === "look" && /[a-z]{2}(?<![su])s\b/i.test(wish);
  const fitOfDeed = (deed: string) => {
    if (isOrder) return deed === "look" ? 0.8 : 1.05;
    if (said === undefined) return deed === "look" ? 1.05 : 1;
    return deed === said ? 1.2 : 0.8;
  };
  // What a verb asks for is also told by the method, and "my" says whose: the thing weighs more.
  const importance = wanted.map((term) => (deedOf(term) === undefined ? (term === possessive ? 0.5 : 1) : 0.7));
  const hits: Hit[] = [];
  for (const [entry, weights] of told) {
    const best = wanted.map(() => ({ score: 0, weight: 0, word: "" }));
    for (const [word, weight] of weights) {
      for (const [at, close] of closeness(word) ?? []) {
        const score = (importance[at] ?? 1) * close * rarity(word) * (weight / (weight + 1.5));
        if (score > (best[at]?.score ?? 0)) best[at] = { score, weight: weight * close, word };
      }
    }
    let score = 0;
    let covered = 0;
    const inName = new Set<string>();
    for (const one of best) {
      if (one.score === 0) continue;
      score += one.score;
      covered += Math.min(1, one.weight / 3);
      const plain = one.word.endsWith(thing) ? stem(one.word.slice(0, -1)) : one.word;
      if (entry.name.includes(plain)) inName.add(plain);
    }
    const fit = 0.45 + 0.55 * (inName.size / Math.max(entry.name.length, 1));
    const coverage = 0.3 + 0.7 * (covered / wanted.length);
    const does = entry.deed === undefined ? 1 : fitOfDeed(entry.deed);
    const many = wantsMany && entry.deed === "look" && entry.name.some((word) => lists.has(word)) ? 1.2 : 1;
    hits.push({ name: entry.title, score: score * fit * coverage * does * many * (entry.deprecated ? 0.7 : 1) });
  }
  return hits
    .sort((a, b) => b.score - a.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}

type Entry = {
  title: string;
  deprecated: boolean;
  /** Words of its name, each once. */
  name: string[];
  /** What its method does. */
  deed?: string;
  /** Words of all that is said of it, with what a word weighs there. */
  texts: [words: string[], weight: number][];
};

/** Entries are made when an operation is first looked at: of a thousand a wish concerns few. */
const known = new WeakMap<AnyOperation | WrittenOperation, Entry>();
const texts = new Map<string, string[]>();

function entryOf(tool: AnyTool, title: string): Entry | undefined {
  const operation = tool.operations[title];
  if (!operation) return undefined;
  const there = known.get(operation);
  if (there) return there;
  const { method, path } = requestOf(operation);
  const name = termsOf(title);
  const said: Entry["texts"] = [
    [name, 4],
    [things(title), 4],
    [things(path), 1.5],
    [termsOf(operation.summary ?? ""), 2.5],
    [termsOf(operation.id ?? title), 1],
    [termsOf(path.replace(/\{[^}]*\}/g, " ")), 1.5],
  ];
  for (const key of new Set([...Object.keys(operation.input ?? {}), ...pathParameters(operation)]))
    said.push([termsOf(key), 0.4]);
  const entry = { title, deprecated: operation.deprecated === true, name, deed: deeds[method], texts: said };
  known.set(operation, entry);
  return entry;
}

/** What its inputs are told to mean counts only when no operation says the thing in any other way. */
function withHelp(tool: AnyTool, entry: Entry | undefined): Entry | undefined {
  const operation = entry && tool.operations[entry.title];
  if (!operation) return undefined;
  const helps = inputsIn(tool, operation).flatMap(([, { help }]) => (help === undefined ? [] : [termsOf(help)]));
  return { ...entry, texts: [...entry.texts, ...helps.map((words): [string[], number] => [words, 0.1])] };
}

/** Hundreds of operations explain the same input in the same words. */
function termsOf(text: string): string[] {
  let found = texts.get(text);
  if (!found) {
    if (texts.size > 20_000) texts.clear();
    texts.set(text, (found = [...new Set(terms(text))]));
  }
  return found;
}

/**
 * Operations that a look at their names, summaries, requests and inputs' names takes to speak of the things wished for:
 * of most of them, and of fewer only as long as there are not enough to choose from.
 */
function speakers(tool: AnyTool, wanted: string[], wish: string): string[] {
  const nouns = wanted.filter((term) => deedOf(term) === undefined).map((noun) => beginningsOf(noun, wish));
  const byCount: string[][] = nouns.map(() => []);
  for (const [title, text] of textsOf(tool)) {
    let count = 0;
    for (const noun of nouns) if (noun.test(text)) count += 1;
    if (count > 0) byCount[count - 1]?.push(title);
  }
  const candidates: string[] = [];
  for (const titles of byCount.toReversed()) if (candidates.length < enough) candidates.push(...titles);
  return candidates;
}

const enough = 50;

const textsOfTools = new WeakMap<AnyTool, [title: string, text: string][]>();

function textsOf(tool: AnyTool): [title: string, text: string][] {
  const there = textsOfTools.get(tool);
  if (there) return there;
  const texts = Object.entries(tool.operations).map(([title, operation]): [string, string] => {
    const keys = operation.input ? Object.keys(operation.input).join(" ") : "";
    const { path } = requestOf(operation);
    return [title, `${title} ${operation.summary ?? ""} ${operation.id ?? ""} ${path} ${keys}`];
  });
  textsOfTools.set(tool, texts);
  return texts;
}

/** How words for a noun begin: words that are alike begin alike, and a stem ends with "i" where its words have "y". */
function beginningsOf(noun: string, wish: string): RegExp {
  const spoken = (wish.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => stem(word) === noun);
  const words = [...spoken, noun.replace(/#$/, ""), ...related(noun).map(([other]) => other)];
  return new RegExp([...new Set(words.map((word) => word.slice(0, 4).replace(/i$/, "[iy]")))].join("|"), "i");
}

const question = /^\s*(?:which|what|who|whose|whom|where|when|how|is|are|does|did|has|have)\b|\?\s*$/i;
const lists = new Set(["list", "all", "search", "find"].map(stem));
const order = /^\s*[a-z]+\s+(?:an?|the|this|that|my|our|all|some|someone|somebody|it)\b/i;
const possessive = stem("my");

const deeds: { [method: string]: string } = {
  GET: "look",
  HEAD: "look",
  POST: "make",
  PUT: "change",
  PATCH: "change",
  DELETE: "remove",
};

/**
 * In "lists of a board" the first word is no verb: a service may call its things lists, posts or views. Such a word is kept
 * with a mark, beside its stem.
 */
const thing = "#";

function things(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z]+s\b/g) ?? [];
  return [...new Set(words)].filter((word) => deedOf(stem(word)) !== undefined).map((word) => `${word}${thing}`);
}

/** The words of a wish, each thing once: in "create a new board", "new" says nothing that "create" did not. */
function wordsOf(wish: string, tool: AnyTool): string[] {
  const named = things(wish).filter((word) =>
    Object.entries(tool.operations).some(
      ([title, operation]) => things(title).includes(word) || things(requestOf(operation).path).includes(word),
    ),
  );
  const rest = named.reduce((text, word) => text.replace(new RegExp(`\\b${word.slice(0, -1)}\\b`, "gi"), " "), wish);
  return named.length > 0 && terms(rest).length === 0 ? named : [...chosenWords(rest), ...named];
}

function chosenWords(wish: string): string[] {
  const chosen: string[] = [];
  for (const term of new Set(terms(inOtherWords(wish)))) {
    const isSaid = chosen.some((one) => deedOf(one) !== undefined && deedOf(one) === deedOf(term));
    if (!isSaid && !chatter.has(term)) chosen.push(term);
  }
  return chosen.length > 0 ? chosen : [...new Set(terms(wish))];
}

/** Turns of speech that name a thing by none of its words. */
function inOtherWords(wish: string): string {
  return wish
    .replace(/\bwho\s*am\s*i\b/i, "current user")
    .replace(/\b(log|sign|check|opt)\s+(in|out|up|off)\b/gi, "$1$2")
    .replace(/\bwhere\s+(?:is|are)\b/i, "track location")
    .replace(/\bhow\s+much\s+(?:does|do|is|are)\b(.*?)\bcosts?\b/i, "price $1")
    .replace(/\bhow\s+long\s+(?:until|till|before|does)\b/i, "time")
    .replace(/\bout\s+of\s+(?:the\s+)?office\b/i, "vacation");
}

const chatter = new Set(
  "do doe am was have has want need can could would should will you your some someone somebody something any every another other there here what when where how which about into onto out up off than then also now only just give us our"
    .split(" ")
    .map(stem),
);

/** Which of the wanted terms a word may stand for, each with how close it is: the term itself, another word for it, one that begins with it. */
function closenessTo(wanted: string[]): (word: string) => [at: number, closeness: number][] | undefined {
  const others = wanted.map((term) => new Map<string, number>(related(term)));
  const found = new Map<string, [number, number][] | undefined>();
  return (word) => {
    if (found.has(word)) return found.get(word);
    const close = wanted.flatMap((term, at): [number, number][] => {
      if (word === term) return [[at, 1]];
      const begins = term.length >= 4 && (word.startsWith(term) || (word.length >= 4 && term.startsWith(word)));
      const best = Math.max(others[at]?.get(word) ?? 0, begins ? 0.6 : 0);
      return best > 0 ? [[at, best]] : [];
    });
    const answer = close.length > 0 ? close : undefined;
    found.set(word, answer);
    return answer;
  };
}
