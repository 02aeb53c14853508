import { type Candidate, nounsOf } from "./operation.ts";
import { isReading, isStopWord, stem, type Verb, verbsOf, wordsOf } from "./words.ts";

/** What a sentence asks for: its verb and the words that may name things, those in the plural marked. */
export type Asked = {
  verbs: Verb[];
  verbWord: string | undefined;
  nouns: string[];
  plurals: string[];
  /** They speak of what is theirs. */
  mine: boolean;
  aboutMe: boolean;
};

export function askedIn(sentence: string): Asked {
  const words = wordsOf(sentence.replace(/"[^"]*"|“[^”]*”|'[^']+'(?=\s|$)/g, " "));
  const verbWord = words.slice(0, 6).find((word) => verbsOf(word).length > 0 && !isStopWord(word));
  const verbs = verbWord ? verbsOf(verbWord) : (["show"] as Verb[]);
  const things = words.filter((word) => word !== verbWord && !isStopWord(word));
  // "comment on the card" makes a comment: the verb is the thing as well.
  const nouns = [...things.map(stem), ...(verbWord && alsoThings.has(verbWord) ? [verbWord] : [])];
  return {
    verbs,
    verbWord,
    nouns: [...new Set(nouns)],
    plurals: things.filter((word) => stem(word) !== word).map(stem),
    mine: /\b(my|mine|me|i)\b/i.test(sentence),
    aboutMe: /\b(who am i|whoami|about me|my (account|profile|user|self))\b/i.test(sentence),
  };
}

const alsoThings = new Set([
  "comment",
  "label",
  "note",
  "message",
  "email",
  "mail",
  "search",
  "post",
  "invite",
  "log",
  "query",
  "track",
  "book",
]);

/**
 * Wishes to hand to a tool's search, the verb as documents say it: with the thing that is named first, for that is mostly what
 * it is about, and with all words that may name things.
 */
export function searchWishes(sentence: string): string[] {
  const { verbs, verbWord, nouns, mine } = askedIn(sentence);
  const verb = documentVerbs[verbs[0] ?? "show"];
  const things = nouns.filter((noun) => noun !== verbWord).slice(0, 6);
  const [first] = things;
  if (first === undefined) return [[verbWord ?? verb, ...(mine ? ["me"] : [])].join(" ")];
  return [...new Set([`${verb} ${first}`, [verb, ...things, ...(mine ? ["me"] : [])].join(" ")])];
}

const documentVerbs: Record<Verb, string> = {
  show: "list",
  find: "search",
  make: "create",
  change: "update",
  move: "move",
  remove: "delete",
  send: "send",
  finish: "close",
};

/** Candidates from the likeliest on, each with how well it fits. */
export function rank(candidates: Candidate[], asked: Asked): { candidate: Candidate; fit: number }[] {
  // What is named first is what it is about: "cards of the board" wants cards.
  const topic = asked.nouns.find((noun) => candidates.some(({ name }) => nounsOf(name)[0] === noun));
  const placed = candidates.some((one) =>
    placesOf(one).some((thing) => thing !== topic && asked.nouns.includes(thing)),
  );
  return candidates
    .map((candidate) => ({
      candidate,
      fit: fitOf(candidate, asked, topic) + fitOfNeeds(candidate, asked, topic, placed),
    }))
    .toSorted((one, other) => other.fit - one.fit || one.candidate.name.length - other.candidate.name.length);
}

/** True when the first is so much likelier than the rest that asking would only annoy. */
export function isClear(ranked: { fit: number }[]): boolean {
  const [first, second] = ranked;
  if (!first || first.fit < 1.5) return false;
  return !second || first.fit - second.fit >= 0.9;
}

function fitOf({ name, access, summary, needs }: Candidate, asked: Asked, topic: string | undefined): number {
  const nameWords = wordsOf(name);
  const own = nounsOf(name);
  const verb = verbsOfOperation(nameWords, summary);
  const wantsRead = asked.verbs.some(isReading);
  const wantsWrite = asked.verbs.some((one) => !isReading(one));

  let fit = 0;
  const fits = verb.some((one) => asked.verbs.includes(one));
  if (fits) fit += asked.verbs.includes("find") ? 4.5 : 3;
  else if (asked.verbs.includes("find") && verb.includes("show")) fit += 1;
  if (access === "write" && !wantsWrite) fit -= 6;
  if (access === "read" && !wantsRead) fit -= 4;
  if (!fits && verb.includes("remove")) fit -= 4;
  else if (!fits && access === "write" && verb.length > 0) fit -= 1.5;

  const summaryStems = new Set(wordsOf(summary).map(stem));
  for (const noun of asked.nouns) {
    if (own[0] === noun) fit += noun === topic ? 3 : 2;
    else if (own.includes(noun)) fit += 1.2;
    else if (summaryStems.has(noun)) fit += 0.8;
  }
  // "Write me a poem" is no reason to make a board: a usual verb alone says nothing.
  const isNamed = asked.nouns.length === 0 || asked.nouns.some((noun) => own.includes(noun) || summaryStems.has(noun));
  if (!isNamed && asked.verbs.every((one) => usualVerbs.has(one))) fit -= 3;
  const places = placesOf({ needs });
  const besides = own.filter((noun) => !asked.nouns.includes(noun) && !places.includes(noun)).length;
  fit -= (access === "write" ? 1.3 : 0.9) * besides;
  if (asked.aboutMe && /\b(me|self|whoami|current|profile|viewer|account)\b/.test(nameWords.join(" "))) fit += 4;
  if (asked.mine && /\b(me|my|authenticated)\b/.test(nameWords.join(" "))) fit += 1;
  if (asked.mine && wantsRead && places.some((place) => selves.has(place))) fit += 1;

  // "show boards" means the list of them, "show the board Kitchen" that one.
  const needsOwn = own[0] !== undefined && places.includes(own[0]);
  if (wantsRead && topic !== undefined && topic === own[0]) {
    const several = asked.plurals.includes(own[0]);
    if (needsOwn) fit += several ? -2 : asked.nouns.length > 1 ? 1.8 : -0.5;
    else if (several || asked.nouns.length === 1) fit += 1;
  }
  if (nameWords.some((word) => word !== stem(word) && asked.plurals.includes(stem(word)))) fit += 0.6;
  // One of several ways to the same: only when its way is what was named.
  const way = nameWords.slice(nameWords.indexOf("by") + 1).filter((word) => !isStopWord(word));
  if (nameWords.includes("by") && !way.some((word) => asked.nouns.includes(stem(word)))) fit -= 1.5;
  if (/\b(admin|awkward|deprecated|internal|test|batch|bulk)\b/i.test(`${name} ${summary}`)) fit -= 1.5;
  return fit;
}

/**
 * How well what an operation asks for is answered by the sentence. A thing nobody mentioned has to be asked for; where no
 * place is named at all, the widest is the likeliest: cards of a board rather than of one of its lists.
 */
function fitOfNeeds(candidate: Candidate, asked: Asked, topic: string | undefined, placed: boolean): number {
  const [own] = nounsOf(candidate.name);
  const places = placesOf(candidate).filter((thing) => thing !== own);
  const named = places.filter((thing) => thing !== topic && asked.nouns.includes(thing)).length;
  const wide = placed || own !== topic ? 0 : places.filter((thing) => wideThings.has(thing)).length;
  return 1.5 * named + 1.2 * wide - 0.4 * (places.length - named);
}

const wideThings = new Set(
  "board project repo repository workspace team organization org account user member base site space calendar database owner".split(
    " ",
  ),
);

const usualVerbs = new Set<Verb>(["show", "make", "change", "remove"]);

/** Things a person is one of. */
export const selves = new Set(["member", "user", "person", "me"]);

/** The things whose ids an operation asks for. */
function placesOf({ needs }: Pick<Candidate, "needs">): string[] {
  return needs.flatMap((need) =>
    wordsOf(need)
      .map(stem)
      .filter((word) => word !== "id"),
  );
}

/** The verb of an operation stands behind its group, or begins its summary. */
function verbsOfOperation(nameWords: string[], summary: string): Verb[] {
  const [group = "", ...rest] = nameWords;
  const found = rest.find((word) => verbsOf(word).length > 0 && stem(word) === word);
  if (found) return verbsOf(found);
  const first = wordsOf(summary)[0] ?? "";
  return verbsOf(first).length > 0 ? verbsOf(first) : verbsOf(group);
}
