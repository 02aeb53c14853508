/**
 * Marks text of a third party (an API's answer, a page, a document) as data for a model: between two lines whose name nobody
 * outside can guess, so that the text cannot close its own mark, and with nothing in it that a person would not see.
 */
export function markAsData(text: string, from: string): string {
  const clean = showHidden(text);
  let mark: string;
  do mark = `data-${crypto.randomUUID().slice(-12)}`;
  while (clean.includes(mark));
  return `<${mark} from="${from.replace(/[^\w .:/-]/g, "_")}">\n${clean}\n</${mark}>`;
}

/** The marked texts in a model's message, in order. */
export function markedData(text: string): string[] {
  return [...text.matchAll(/<(data-[0-9a-f]{12}) from="[^"\n]*">\n([\s\S]*?)\n<\/\1>/g)].map((found) => found[2] ?? "");
}

/**
 * Replaces what does not show by what does: control characters (terminal sequences), direction overrides, zero-width and tag
 * characters. Line ends and tabs stay, as do joiners and variation selectors within emoji.
 */
export function showHidden(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("\r\n", "\n")
    .replace(hidden, (run) => {
      const points = [...run];
      if (points.length > 2) return `[${points.length} hidden characters]`;
      return points
        .map((one) => `[U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`)
        .join("");
    });
}

/** A name that others gave, as one line on which everything shows. */
export function shownLine(text: string): string {
  return showHidden(text).replaceAll(/\s+/g, " ").trim();
}

const hiddenParts = [
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]", // control characters, but tab and line feed
  "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u3164\\uffa0]",
  "[\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff0-\\ufffb]",
  "(?<!\\p{Extended_Pictographic}\\ufe0f?|\\p{Emoji_Modifier})\\u200d",
  "(?<![\\p{Emoji}\\p{Extended_Pictographic}])[\\ufe00-\\ufe0f]",
  "[\\u{e0000}-\\u{e0fff}]", // tags and further variation selectors: a whole hidden alphabet
  "[\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}]",
];
const hidden = new RegExp(`(?:${hiddenParts.join("|")})+`, "gu");
