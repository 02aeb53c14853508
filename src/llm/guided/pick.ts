import { shownLabel } from "./answer.ts";
import { namedIn } from "./fill.ts";
import { normal, sameName } from "./words.ts";

/** By number, by name, by the beginning or a part of the name. */
export function pickFrom<T extends { label: string }>(options: T[], words: string): T | undefined {
  const number = /^#?(\d{1,3})[.)]?$/.exec(words.trim())?.[1];
  const exact =
    options.find(({ label }) => shownLabel(label) === words.trim()) ??
    options.find(({ label }) => sameName(label, words));
  if (exact) return exact;
  if (number && options[Number(number) - 1]) return options[Number(number) - 1];
  const wanted = normal(words);
  const part = wanted.length < 2 ? [] : options.filter(({ label }) => normal(label).includes(wanted));
  if (part.length === 1) return part[0];
  return namedIn(words, options);
}
