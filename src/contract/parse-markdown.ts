export type ListItem = { text: string; inner?: { ordered: boolean; start: number; items: ListItem[] } };

export type MarkdownBlock =
  | { type: "paragraph"; text: string }
  | { type: "heading"; level: number; text: string }
  | { type: "code"; text: string; language: string }
  | { type: "list"; ordered: boolean; start: number; items: ListItem[] }
  | { type: "quote"; blocks: MarkdownBlock[] }
  | { type: "rule" }
  | { type: "table"; head: string[]; rows: string[][] };

/** The part of markdown that chat answers use. What is not known stays text; HTML is never more than text. */
export function parseBlocks(text: string): MarkdownBlock[] {
  return blocksOf(text.replace(/\r\n?/g, "\n").split("\n"), 0);
}

const deepest = 6;

function blocksOf(lines: string[], depth: number): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const fence = /^\s*(```+|~~~+)\s*([\w+#.-]{0,20})/.exec(line);
    if (fence?.[1]) {
      const close = fence[1];
      // One that is still being written is shown as code from the start.
      const stop = at + 1 + takeWhile(lines, at + 1, (one) => !one.trim().startsWith(close));
      blocks.push({ type: "code", text: lines.slice(at + 1, stop).join("\n"), language: fence[2] ?? "" });
      at = stop + 1;
      continue;
    }
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (heading) {
      blocks.push({ type: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
      at += 1;
      continue;
    }
    if (rule.test(line)) {
      blocks.push({ type: "rule" });
      at += 1;
      continue;
    }
    if (depth < deepest && isQuote(line)) {
      const length = takeWhile(lines, at, isQuote);
      const inner = lines.slice(at, at + length).map((one) => one.replace(/^\s*> ?/, ""));
      blocks.push({ type: "quote", blocks: blocksOf(inner, depth + 1) });
      at += length;
      continue;
    }
    if (startsTable(lines, at)) {
      const length = takeWhile(lines, at + 2, isRow);
      const head = cells(line);
      const rows = lines.slice(at + 2, at + 2 + length).map(cells);
      blocks.push({ type: "table", head, rows: rows.map((row) => head.map((_, column) => row[column] ?? "")) });
      at += 2 + length;
      continue;
    }
    if (bullet.test(line)) {
      const length = takeWhile(lines, at, (one) => bullet.test(one) || /^\s{2,}\S/.test(one));
      blocks.push({ type: "list", ...listOf(lines.slice(at, at + length), 0) });
      at += length;
      continue;
    }
    if (line.trim() === "") {
      at += 1;
      continue;
    }
    const length = takeWhile(lines, at, (one) => one.trim() !== "" && !startsBlock(one)) || 1;
    blocks.push({ type: "paragraph", text: lines.slice(at, at + length).join("\n") });
    at += length;
  }
  return blocks;
}

/** Items by how far they are indented: what stands deeper than its item's mark belongs into it. */
function listOf(lines: string[], depth: number): { ordered: boolean; start: number; items: ListItem[] } {
  const indent = indentOf(lines[0] ?? "");
  const number = /^\s*(\d+)/.exec(lines[0] ?? "")?.[1];
  const items: ListItem[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const isItem = bullet.test(line) && (depth >= deepest || indentOf(line) < indent + 2);
    if (isItem || items.length === 0) {
      items.push({ text: line.replace(bullet, "") });
      at += 1;
      continue;
    }
    const item = items.at(-1);
    if (item && bullet.test(line) && !item.inner) {
      const length = takeWhile(lines, at, (one) => indentOf(one) >= indent + 2);
      item.inner = listOf(lines.slice(at, at + length), depth + 1);
      at += length;
      continue;
    }
    if (item) item.text += `\n${line.trim()}`;
    at += 1;
  }
  return { ordered: number !== undefined, start: Number(number ?? 1), items };
}

const indentOf = (line: string) => /^\s*/.exec(line)?.[0].length ?? 0;

export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "strong"; text: string }
  | { type: "emphasis"; text: string }
  | { type: "link"; text: string; href: string };

function imageInWords(label: string, source: string): string {
  const host = URL.parse(source)?.host;
  return `[image${label ? `: ${label}` : ""}${host ? `, at ${host}` : ""}, not loaded]`;
}

const inline =
  /!\[([^\]\n]{0,300})\]\(([^()\s]{1,2000})\)|\\([\\`*_~[\]<>|#.!(){}-])|`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<![\w*])[*_](?=\S)([^*_\n]+)(?<=\S)[*_](?![\w*])|\[([^\]\n]{1,300})\]\(([^()\s]{1,2000})\)|(https?:\/\/[^\s<>"'`)\]]+[^\s<>"'`)\].,;:!?])/g;

/** Code, strong, emphasis and links; a link that does not lead to http(s) stays text. */
export function parseInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let at = 0;
  for (const found of text.matchAll(inline)) {
    if (found.index > at) parts.push({ type: "text", text: text.slice(at, found.index) });
    at = found.index + found[0].length;
    const [whole, image, source, escaped, code, strong, emphasis, label, href, bare] = found;
    // An image is asked for as soon as it is shown: its address could carry something out. So it is told, never drawn.
    if (image !== undefined && source !== undefined) parts.push({ type: "text", text: imageInWords(image, source) });
    else if (escaped !== undefined) parts.push({ type: "text", text: escaped });
    else if (code !== undefined) parts.push({ type: "code", text: code });
    else if (strong !== undefined) parts.push({ type: "strong", text: strong });
    else if (emphasis !== undefined) parts.push({ type: "emphasis", text: emphasis });
    else if (bare !== undefined) parts.push({ type: "link", text: bare, href: bare });
    else if (label !== undefined && href !== undefined && /^https?:\/\//i.test(href)) {
      parts.push({ type: "link", text: label, href });
    } else parts.push({ type: "text", text: whole });
  }
  if (at < text.length) parts.push({ type: "text", text: text.slice(at) });
  return parts;
}

const bullet = /^\s*(?:[-*•]|\d{1,3}[.)])\s+/;
const rule = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/;
const isQuote = (line: string) => /^\s{0,3}>/.test(line);
const isRow = (line: string) => /^\s*\|.*\|\s*$/.test(line);
const startsBlock = (line: string) =>
  /^\s*(```|~~~)|^#{1,6}\s/.test(line) || bullet.test(line) || isRow(line) || isQuote(line) || rule.test(line);

/** A row, and under it the line that makes it a head. */
export function startsTable(lines: string[], at: number): boolean {
  const under = lines[at + 1] ?? "";
  return isRow(lines[at] ?? "") && under.includes("|") && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(under);
}

function cells(row: string): string[] {
  return row
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function takeWhile(lines: string[], from: number, fits: (line: string) => boolean): number {
  let length = 0;
  while (from + length < lines.length && fits(lines[from + length] ?? "")) length += 1;
  return length;
}
