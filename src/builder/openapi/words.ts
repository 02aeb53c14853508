/** Lower-case words of a name, whatever parts them: `getBoardCards`, `board_cards`, `board-cards`, `HTTPServer`. */
export function words(name: string): string[] {
  const latin = /^[ -~]*$/.test(name) ? name : name.normalize("NFKD").replace(/\p{M}/gu, "");
  return (
    latin
      .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
      .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  );
}

/** One of a thing: `boards` to `board`, `entries` to `entry`, `status` stays. */
export function singular(word: string): string {
  if (word.length < 4 || /(?:ss|us|is|news|series|data|media)$/.test(word)) return word;
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:sses|shes|ches|xes|zes)$/.test(word)) return word.slice(0, -2);
  return word.endsWith("s") ? word.slice(0, -1) : word;
}

export function isPlural(word: string): boolean {
  return singular(word) !== word || /^(?:people|children|media|data|news|series)$/.test(word);
}

export function sameThing(one: string, other: string): boolean {
  return singular(one) === singular(other);
}
