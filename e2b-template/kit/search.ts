import type { OperationDescription, ToolDescription } from "./definition.ts";
import { requestOf } from "./inputs.ts";
import { stem, terms } from "./stem.ts";

export type Hit = { name: string; operation: OperationDescription; score: number };

/** Operations that fit a wish in plain words, best first. */
export function search(tool: ToolDescription, wish: string, most = 8): Hit[] {
  const index = indexOf(tool);
  const wanted = [...new Set(terms(wish))];
  if (wanted.length === 0) return [];
  const scores = new Map<Entry, { score: number; matched: number }>();
  for (const term of wanted) {
    const best = new Map<Entry, number>();
    for (const [word, closeness] of alike(index, term)) {
      const postings = index.words.get(word);
      if (!postings) continue;
      const rarity = Math.log(1 + (index.entries.length - postings.size + 0.5) / (postings.size + 0.5)) + 0.2;
      for (const [entry, weight] of postings) {
        const score = closeness * rarity * (weight / (weight + 1.5));
        if (score > (best.get(entry) ?? 0)) best.set(entry, score);
      }
    }
    for (const [entry, score] of best) {
      const sum = scores.get(entry) ?? { score: 0, matched: 0 };
      scores.set(entry, { score: sum.score + score, matched: sum.matched + 1 });
    }
  }
  return [...scores]
    .map(([entry, { score, matched }]) => ({
      name: entry.name,
      operation: entry.operation,
      score:
        score *
        (0.4 + 0.6 * (matched / wanted.length)) *
        (1 - 0.015 * Math.min(entry.length, 20)) *
        (entry.operation.deprecated ? 0.8 : 1),
    }))
    .sort((a, b) => b.score - a.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}

type Entry = { name: string; operation: OperationDescription; length: number };
type Index = { entries: Entry[]; words: Map<string, Map<Entry, number>> };

const indexes = new WeakMap<ToolDescription, Index>();

function indexOf(tool: ToolDescription): Index {
  const known = indexes.get(tool);
  if (known) return known;
  const index: Index = { entries: [], words: new Map() };
  for (const [name, operation] of Object.entries(tool.operations)) {
    const nameTerms = terms(name);
    const entry: Entry = { name, operation, length: nameTerms.length };
    index.entries.push(entry);
    const weights = new Map<string, number>();
    const add = (words: string[], weight: number) => {
      for (const word of new Set(words)) weights.set(word, Math.min((weights.get(word) ?? 0) + weight, 9));
    };
    add(nameTerms, 4);
    add(terms(operation.summary ?? ""), 3);
    add(terms(operation.id ?? ""), 1.5);
    add(terms(requestOf(operation).path), 1.5);
    for (const [key, input] of Object.entries(operation.input ?? {})) {
      add(terms(key), 0.6);
      add(terms(input.help ?? ""), 0.15);
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

/** Words of the index a wished word may stand for: itself, another word for it, one that begins with it. */
function* alike(index: Index, term: string): Iterable<[word: string, closeness: number]> {
  yield [term, 1];
  for (const other of synonyms.get(term) ?? []) yield [other, 0.75];
  if (term.length < 4) return;
  for (const word of index.words.keys()) {
    if (word !== term && (word.startsWith(term) || (word.length >= 5 && term.startsWith(word)))) yield [word, 0.6];
  }
}

/** Words people use for the same thing. The first of a line is the one that documents use most. */
const synonyms = new Map<string, string[]>();
for (const line of [
  "create add new make insert post register open start",
  "delete remove erase drop destroy cancel",
  "update edit change modify patch set rename replace",
  "list show get see view fetch read all find lookup retrieve query browse display",
  "search find query lookup",
  "me my current authenticated self own user member profile account",
  "repo repository repositories",
  "org organization organisation workspace company",
  "user person people member contact",
  "message mail email",
  "file document attachment upload",
  "label tag",
  "card ticket task issue todo",
  "assign assignee assignees",
  "comment reply note",
  "picture image photo avatar",
  "archive close",
  "move transfer",
  "send post deliver",
  "event meeting appointment",
  "invite invitation",
  "join enter subscribe",
  "leave quit unsubscribe",
  "channel conversation room",
  "download export",
  "hook webhook",
  "ticket incident alert",
  "buy purchase order",
  "holiday vacation",
]) {
  const group = [...new Set(line.split(" ").map(stem))];
  for (const word of group)
    synonyms.set(word, [...new Set([...(synonyms.get(word) ?? []), ...group.filter((other) => other !== word)])]);
}
