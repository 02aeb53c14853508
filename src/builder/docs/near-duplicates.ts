/**
 * Remembers texts and tells whether a new one says nearly the same as an earlier one: nine in ten of the smaller one's runs
 * of four words. Languages, print views and mirrored pages come back like that.
 */
export function seenTexts(): { isNearlySeen(text: string): boolean } {
  const all: Set<number>[] = [];
  return {
    isNearlySeen(text) {
      const runs = runsOf(text);
      if (runs.size < fewest) return false;
      const isSeen = all.some((other) => isLike(runs, other));
      if (!isSeen) all.push(runs);
      return isSeen;
    },
  };
}

const fewest = 20;
const alike = 0.9;
/** One run in so many is looked at: the same in every text, since its hash decides. */
const sampled = 4;

function isLike(one: Set<number>, other: Set<number>): boolean {
  // A page that is only part of a longer one is told twice as well, but dropping the longer one would lose its rest.
  if (one.size > other.size * 1.15) return false;
  let common = 0;
  for (const run of one) if (other.has(run)) common += 1;
  return common >= one.size * alike;
}

function runsOf(text: string): Set<number> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_/{}-]+/gu) ?? [];
  const all: number[] = [];
  for (let at = 0; at + 4 <= words.length; at += 1) all.push(hash(words.slice(at, at + 4).join(" ")));
  const some = all.filter((one) => one % sampled === 0);
  return new Set(some.length < fewest ? all : some);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
