/** Words of a text as they are compared: lower case, camelCase and separators split, endings taken off, no filler. */
export function terms(text: string): string[] {
  const words = text
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return (words ?? []).filter((word) => !filler.has(word)).map(stem);
}

/** A word without its English ending (after Porter's first steps): `boards`, `board`; `listing`, `listed`, `list`. */
export function stem(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  const found = withoutEnding(word);
  if (stems.size > 50_000) stems.clear();
  stems.set(word, found);
  return found;
}

/** A large tool says the same words thousands of times. */
const stems = new Map<string, string>();

function withoutEnding(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let root = word;
  if (/(?:ss|sh|ch|x|z)es$/.test(root)) root = root.slice(0, -2);
  else if (root.endsWith("ies")) root = root.length > 4 ? `${root.slice(0, -3)}y` : root;
  else if (/[^su]s$/.test(root)) root = root.slice(0, -1);
  const cut = /^(.*[aeiouy].*?)(?:ing|ed)$/.exec(root)?.[1];
  if (cut !== undefined && cut.length > 2) {
    root = /([^aeiouylsz])\1$/.test(cut) ? cut.slice(0, -1) : cut;
  }
  root = root
    .replace(/(?:ization|isation)$/, "ize")
    .replace(/(?:ation|ator|ation)$/, "ate")
    .replace(/(?:ment|ness|ly)$/, "")
    .replace(/(?:tion|ion)$/, "t");
  return root.length > 4 ? root.replace(/e$/, "").replace(/y$/, "i") : root.replace(/y$/, "i");
}

const filler = new Set(
  "a an the of to in on at for from by with and or is are be it this that these those as into its their which i me please".split(
    " ",
  ),
);
