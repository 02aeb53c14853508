/** Others' words on a page of ours: no markup, no mention, no line of their own. */
export function escaped(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, " ")
    .slice(0, 300)
    .replace(/[\\`*_{}[\]<>()#!|~@&]/g, (one) => ({ "@": "&#64;", "&": "&amp;" })[one] ?? `\\${one}`);
}

export function code(text: string): string {
  return `\`${text
    .slice(0, 200)
    .replace(/[\r\n`]/g, " ")
    .replaceAll("|", "\\|")}\``;
}

export function quoted(text: string): string {
  return `“${escaped(text)}”`;
}

/** Names in short: twelve, and how many more. */
export function names(some: { name: string }[]): string {
  const shown = some.slice(0, 12).map(({ name }) => code(name));
  return some.length > 12 ? `${shown.join(", ")} and ${some.length - 12} more` : shown.join(", ");
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A text as it is, in a fence it cannot close, folded under a title. */
export function folded(title: string, text: string, language = ""): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const shown = text.length > mostText ? `${text.slice(0, mostText)}\n… the rest stands in the file` : text;
  return [
    `<details><summary>${title}</summary>`,
    "",
    `${fence}${language}`,
    shown.trimEnd(),
    fence,
    "",
    "</details>",
    "",
  ];
}

// GitHub takes 65,536 characters in the text of a pull request.
const mostText = 8_000;
