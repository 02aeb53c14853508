type Account = { id: string; label: string };

/** The shortest beginning of an id that is taken for it. */
const least = 8;

/** Where several of these accounts have the same label: the beginning of this one's id, as long as tells them apart. */
export function idShown(one: Account, all: readonly Account[]): string | undefined {
  const alike = all.filter(({ id, label }) => id !== one.id && label === one.label);
  if (alike.length === 0) return undefined;
  let length = least;
  while (length < one.id.length && alike.some(({ id }) => id.startsWith(one.id.slice(0, length)))) length += 1;
  return one.id.slice(0, length);
}

/** These accounts, so that each can be named: `"Work", "ana@example.com" (01995b3c)`. */
export function accountNames(all: readonly Account[]): string[] {
  return all.map((one) => {
    const id = idShown(one, all);
    return id === undefined ? `"${one.label}"` : `"${one.label}" (${id})`;
  });
}

/** Those that are meant by an id, a label, or the beginning of an id. Several only when that does not tell them apart. */
export function accountsNamed<T extends Account>(all: readonly T[], named: string): T[] {
  const byId = all.filter(({ id }) => id === named);
  if (byId.length > 0) return byId;
  const byLabel = all.filter(({ label }) => label === named);
  if (byLabel.length > 0) return byLabel;
  return named.length < least ? [] : all.filter(({ id }) => id.startsWith(named));
}
