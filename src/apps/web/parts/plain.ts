/** A text of others as it is: marks that turn the reading direction, and would let a line read as another, show as `�`. */
export function plain(text: string): string {
  return text.replace(/[\u202A-\u202E\u2066-\u2069]/g, "\uFFFD");
}
