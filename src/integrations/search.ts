type Named = { slug: string; name: string; description: string; category?: string };

/** Lower case, without accents and punctuation: "Créer une carte!" -> creer, une, carte. */
export function wordsOf(text: string): string[] {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Whether these words name it: in one piece ("github"), in several ("git hub", "google drive"), or with one letter wrong. */
export function isNamed({ slug, name }: Pick<Named, "slug" | "name">, words: string[]): boolean {
  const wanted = new Set([wordsOf(name).join(""), wordsOf(slug).join("")]);
  for (let from = 0; from < words.length; from++) {
    for (let to = from + 1; to <= Math.min(words.length, from + 5); to++) {
      if (wanted.has(words.slice(from, to).join(""))) return true;
    }
  }
  // A short name is too close to ordinary words for guessing.
  return words.some((word) => [...wanted].some((name) => name.length >= 5 && isOneLetterOff(word, name)));
}

/** How well it fits: a hit in the name counts most, then the category, then the description; zero is no fit. */
export function score(entry: Named, words: string[]): number {
  if (isNamed(entry, words)) return 100 + wordsOf(entry.name).length;
  const places: [string[], number][] = [
    [[...wordsOf(entry.name), ...wordsOf(entry.slug)], 10],
    [wordsOf(entry.category ?? ""), 4],
    [wordsOf(entry.description), 1],
  ];
  return words
    .map((word) => {
      const points = places.map(([texts, weight]) => {
        if (texts.includes(word)) return weight * 2;
        return word.length >= 3 && texts.some((text) => text.startsWith(word)) ? weight : 0;
      });
      return Math.max(...points);
    })
    .reduce((sum, points) => sum + points, 0);
}

/** One letter added, left out, changed, or two neighbours swapped. */
function isOneLetterOff(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < Math.min(a.length, b.length) && a[same] === b[same]) same++;
  const [restA, restB] = [a.slice(same), b.slice(same)];
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}
