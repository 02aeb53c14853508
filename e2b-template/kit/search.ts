import type { OperationDescription, ToolDescription } from "./definition.ts";
import { requestOf } from "./inputs.ts";
import { stem, terms } from "./stem.ts";
import { deedOf, related } from "./synonyms.ts";

export type Hit = { name: string; operation: OperationDescription; score: number };

/**
 * Operations that fit a wish in plain words, best first. Rare words count more than common ones, a word of the name more
 * than one of a description, and a name that says nothing beside the wish more than one that says a lot else.
 */
export function search(tool: ToolDescription, wish: string, most = 8): Hit[] {
  const index = indexOf(tool);
  const wanted = wordsOf(wish, index);
  if (wanted.length === 0) return [];
  const sums = new Map<Entry, { score: number; covered: number; inName: Set<string> }>();
  for (const term of wanted) {
    const best = new Map<Entry, { score: number; weight: number; word: string }>();
    for (const [word, closeness] of alike(index, term)) {
      const postings = index.words.get(word);
      if (!postings) continue;
      // What a verb asks for is also told by the method: the thing weighs more.
      const importance = deedOf(term) === undefined ? 1 : 0.7;
      const rarity = Math.log(1 + (index.entries.length - postings.size + 0.5) / (postings.size + 0.5)) + 0.3;
      for (const [entry, weight] of postings) {
        const score = importance * closeness * rarity * (weight / (weight + 1.5));
        if (score > (best.get(entry)?.score ?? 0)) best.set(entry, { score, weight: weight * closeness, word });
      }
    }
    for (const [entry, { score, weight, word }] of best) {
      const sum = sums.get(entry) ?? { score: 0, covered: 0, inName: new Set<string>() };
      sum.score += score;
      sum.covered += Math.min(1, weight / 3);
      const plain = word.endsWith(thing) ? stem(word.slice(0, -1)) : word;
      if (entry.name.has(plain)) sum.inName.add(plain);
      sums.set(entry, sum);
    }
  }
  // "My boards" without a verb: someone wants to see them.
  const said = wanted.map(deedOf).find((one) => one !== undefined);
  const deed = said ?? "look";
  const hits = [...sums].map(([entry, { score, covered, inName }]) => {
    const fit = 0.45 + 0.55 * (inName.size / Math.max(entry.name.size, 1));
    const coverage = 0.3 + 0.7 * (covered / wanted.length);
    const does =
      entry.deed === undefined
        ? 1
        : entry.deed === deed
          ? said === undefined
            ? 1.05
            : 1.2
          : said === undefined
            ? 1
            : 0.8;
    return {
      name: entry.title,
      operation: entry.operation,
      score: score * fit * coverage * does * (entry.operation.deprecated ? 0.7 : 1),
    };
  });
  return hits
    .sort((a, b) => b.score - a.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}

type Entry = {
  title: string;
  operation: OperationDescription;
  name: Set<string>;
  /** What its method does. */
  deed?: string;
};
type Index = { entries: Entry[]; words: Map<string, Map<Entry, number>> };

const indexes = new WeakMap<ToolDescription, Index>();

/** Words of all operations, weighted by where they stand. Made once for a description. */
function indexOf(tool: ToolDescription): Index {
  const known = indexes.get(tool);
  if (known) return known;
  const index: Index = { entries: [], words: new Map() };
  // The same input is explained in the same words in hundreds of operations.
  const read = new Map<string, string[]>();
  const termsOf = (text: string) => {
    let found = read.get(text);
    if (!found) read.set(text, (found = [...new Set(terms(text))]));
    return found;
  };
  for (const [title, operation] of Object.entries(tool.operations)) {
    const { method, path } = requestOf(operation);
    const name = terms(title);
    const entry: Entry = { title, operation, name: new Set(name), deed: deeds[method] };
    index.entries.push(entry);
    const weights = new Map<string, number>();
    const add = (words: string[], weight: number) => {
      for (const word of words) weights.set(word, Math.min((weights.get(word) ?? 0) + weight, 8));
    };
    add([...entry.name], 4);
    add([...new Set(things(title))], 4);
    add([...new Set(things(path))], 1.5);
    add(termsOf(operation.summary ?? ""), 2.5);
    add(termsOf(operation.id ?? ""), 1);
    add(termsOf(path.replace(/\{[^}]*\}/g, " ")), 1.5);
    for (const [key, input] of Object.entries(operation.input ?? {})) {
      add(termsOf(key), 0.4);
      if (input.help) add(termsOf(input.help), 0.1);
    }
    for (const [word, weight] of weights) {
      let postings = index.words.get(word);
      if (!postings) index.words.set(word, (postings = new Map()));
      postings.set(entry, weight);
    }
  }
  indexes.set(tool, index);
  return index;
}

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
  return words.filter((word) => deedOf(stem(word)) !== undefined).map((word) => `${word}${thing}`);
}

/** The words of a wish, each thing once: in "create a new board", "new" says nothing that "create" did not. */
function wordsOf(wish: string, index: Index): string[] {
  const named = things(wish).filter((word) => index.words.has(word));
  const rest = named.reduce((text, word) => text.replace(new RegExp(`\\b${word.slice(0, -1)}\\b`, "gi"), " "), wish);
  return named.length > 0 && terms(rest).length === 0 ? named : [...chosenWords(rest), ...named];
}

function chosenWords(wish: string): string[] {
  const chosen: string[] = [];
  for (const term of new Set(terms(wish.replace(/\bwho\s*am\s*i\b/i, "current user")))) {
    const isSaid = chosen.some((one) => deedOf(one) !== undefined && deedOf(one) === deedOf(term));
    if (!isSaid && !chatter.has(term)) chosen.push(term);
  }
  return chosen.length > 0 ? chosen : [...new Set(terms(wish))];
}

const chatter = new Set(
  "do doe am was have has want need can could would should will you your some someone somebody something any every another other there here what when where how which about into onto out up off than then also now only just give us our"
    .split(" ")
    .map(stem),
);

/** Words of the index a wished word may stand for: itself, another word for it, one that begins with it. */
function* alike(index: Index, term: string): Iterable<[word: string, closeness: number]> {
  yield [term, 1];
  for (const [other, closeness] of related(term)) yield [other, closeness];
  if (term.length < 4) return;
  for (const word of index.words.keys()) {
    if (word !== term && (word.startsWith(term) || (word.length >= 4 && term.startsWith(word)))) yield [word, 0.6];
  }
}
