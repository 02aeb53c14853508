import { type Candidate, nounsOf } from "./operation.ts";
import { isReading, isStopWord, stem, type Verb, verbsOf, wordsOf } from "./words.ts";

/** What a sentence asks for: its verb and the words that may name things. */
export type Asked = { verbs: Verb[]; verbWord: string | undefined; nouns: string[] };

export function askedIn(sentence: string): Asked {
  const words = wordsOf(sentence.replace(/"[^"]*"|“[^”]*”|'[^']+'(?=\s|$)/g, " "));
  const verbWord = words.slice(0, 6).find((word) => verbsOf(word).length > 0 && !isStopWord(word));
  const verbs = verbWord ? verbsOf(verbWord) : (["show"] as Verb[]);
  const nouns = words.filter((word) => word !== verbWord && !isStopWord(word)).map(stem);
  return { verbs, verbWord, nouns: [...new Set(nouns)] };
}

/** Words to hand to a tool's search: what may name an operation, without what is only this person's. */
export function searchWords(sentence: string): string {
  const { verbWord, nouns } = askedIn(sentence);
  return [verbWord, ...nouns]
    .filter((word) => word !== undefined)
    .slice(0, 8)
    .join(" ");
}

/** Candidates from the likeliest on, each with how well it fits. */
export function rank(candidates: Candidate[], asked: Asked): { candidate: Candidate; fit: number }[] {
  return candidates
    .map((candidate) => ({ candidate, fit: fitOf(candidate, asked) }))
    .toSorted((one, other) => other.fit - one.fit || one.candidate.name.length - other.candidate.name.length);
}

/** True when the first is so much likelier than the rest that asking would only annoy. */
export function isClear(ranked: { fit: number }[]): boolean {
  const [first, second] = ranked;
  if (!first || first.fit < 3) return false;
  return !second || first.fit - second.fit >= 1.2;
}

function fitOf({ name, access, summary, needs }: Candidate, asked: Asked): number {
  const nameWords = wordsOf(name);
  const own = nounsOf(name);
  const verb = verbsOfOperation(nameWords, summary);
  const wantsRead = asked.verbs.some(isReading);
  const wantsWrite = asked.verbs.some((one) => !isReading(one));

  let fit = 0;
  if (verb.some((one) => asked.verbs.includes(one))) fit += 3;
  if (access === "write" && !wantsWrite) fit -= 6;
  if (access === "read" && !wantsRead) fit -= 4;
  const summaryStems = new Set(wordsOf(summary).map(stem));
  for (const [index, noun] of asked.nouns.entries()) {
    // What is named first is what it is about: "cards of the board" wants cards.
    if (own.includes(noun)) fit += index === 0 ? 3 : 2;
    else if (summaryStems.has(noun)) fit += 0.8;
  }
  fit -= 0.9 * own.filter((noun) => !asked.nouns.includes(noun)).length;
  // A thing whose name nobody mentioned would have to be asked for.
  fit -=
    0.4 *
    needs.filter(
      (need) =>
        !wordsOf(need)
          .map(stem)
          .some((word) => asked.nouns.includes(word)),
    ).length;
  // "show boards" means the list of them; "show the board Kitchen" may mean one.
  if (asked.verbs.includes("show") && /\b(list|all|index)\b/.test(nameWords.join(" "))) fit += 1;
  if (/\b(admin|awkward|deprecated|internal|test|batch|bulk)\b/i.test(`${name} ${summary}`)) fit -= 1.5;
  return fit;
}

function verbsOfOperation(nameWords: string[], summary: string): Verb[] {
  const last = verbsOf(nameWords.at(-1) ?? "");
  if (last.length > 0) return last;
  const inName = nameWords.slice(1).flatMap(verbsOf);
  return inName.length > 0 ? inName : verbsOf(wordsOf(summary)[0] ?? "");
}
