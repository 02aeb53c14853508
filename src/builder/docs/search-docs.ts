import MiniSearch from "minisearch";
import { requestsIn } from "./requests-in.ts";
import { type Section, topicOf } from "./sections.ts";

/** The sections that fit these words best. Paths (`/boards/{id}`) and method names count as words. */
export function searchDocs(sections: Section[], words: string, limit = 4): Section[] {
  const byNumber = new Map(sections.map((one) => [one.number, one]));
  const found = indexOf(sections).search(words, {
    boost: { heading: 3, requests: 4, title: 1.5 },
    prefix: (term) => term.length > 3,
    fuzzy: (term) => (term.length > 5 ? 0.15 : false),
  });
  return found.slice(0, limit).flatMap(({ id }) => byNumber.get(Number(id)) ?? []);
}

/** Built once for the sections of a docs set, which never change. */
function indexOf(sections: Section[]): MiniSearch {
  const known = indexes.get(sections);
  if (known) return known;
  const index = new MiniSearch({
    idField: "number",
    fields: ["heading", "title", "requests", "text"],
    tokenize,
    processTerm,
  });
  index.addAll(
    sections.map((section) => ({
      ...section,
      heading: `${section.heading} ${topicOf(section) ?? ""}`,
      requests: requestsIn(section.text)
        .map(({ method, path }) => `${method} ${path}`)
        .join(" "),
    })),
  );
  indexes.set(sections, index);
  return index;
}

const indexes = new WeakMap<Section[], MiniSearch>();

/** `/time_entries/{id}` is found by "time", "entries" and "time_entries". */
function tokenize(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  return words.flatMap((word) => (word.includes("_") ? [word, ...word.split("_")] : [word]));
}

/** Plurals and endings of verbs aside. */
function processTerm(term: string): string | null {
  const word = term.toLowerCase();
  if (word === "" || stopWords.has(word)) return null;
  return word.length > 4 ? word.replace(/(?:ies|es|s|ing|ed)$/, "") : word;
}

const stopWords = new Set([
  "the",
  "a",
  "an",
  "of",
  "to",
  "in",
  "and",
  "or",
  "for",
  "is",
  "how",
  "do",
  "i",
  "with",
  "on",
]);
