export type MarkdownBlock =
  | { type: "paragraph"; text: string }
  | { type: "heading"; level: number; text: string }
  | { type: "code"; text: string }
  | { type: "list"; ordered: boolean; items: string[] }
  | { type: "table"; head: string[]; rows: string[][] };

/** The part of markdown that chat answers use. What is not known stays text; HTML is never more than text. */
export function parseBlocks(text: string): MarkdownBlock[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: MarkdownBlock[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const fence = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (fence) {
      const end = lines.findIndex((one, index) => index > at && one.trim().startsWith(fence));
      const stop = end === -1 ? lines.length : end; // still being written: shown as code from the start
      blocks.push({ type: "code", text: lines.slice(at + 1, stop).join("\n") });
      at = stop + 1;
      continue;
    }
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (heading) {
      blocks.push({ type: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
      at += 1;
      continue;
    }
    if (isRow(line) && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("|")) {
      const length = takeWhile(lines, at + 2, isRow);
      blocks.push({ type: "table", head: cells(line), rows: lines.slice(at + 2, at + 2 + length).map(cells) });
      at += 2 + length;
      continue;
    }
    if (bullet.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const items: string[] = [];
      while (at < lines.length) {
        const one = lines[at] ?? "";
        if (bullet.test(one)) items.push(one.replace(bullet, ""));
        else if (/^\s{2,}\S/.test(one) && items.length > 0) items.push(`${items.pop()}\n${one.trim()}`);
        else break;
        at += 1;
      }
      blocks.push({ type: "list", ordered, items });
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

export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "strong"; text: string }
  | { type: "emphasis"; text: string }
  | { type: "link"; text: string; href: string };

const inline =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<![\w*])[*_](?=\S)([^*_\n]+)(?<=\S)[*_](?![\w*])|\[([^\]\n]{1,300})\]\(([^()\s]{1,2000})\)|(https?:\/\/[^\s<>"'`)\]]+[^\s<>"'`)\].,;:!?])/g;

/** Code, strong, emphasis and links; a link that does not lead to http(s) stays text. */
export function parseInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let at = 0;
  for (const found of text.matchAll(inline)) {
    if (found.index > at) parts.push({ type: "text", text: text.slice(at, found.index) });
    at = found.index + found[0].length;
    const [whole, code, strong, emphasis, label, href, bare] = found;
    if (code !== undefined) parts.push({ type: "code", text: code });
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
const isRow = (line: string) => /^\s*\|.*\|\s*$/.test(line);
const startsBlock = (line: string) => /^\s*(```|~~~)|^#{1,6}\s/.test(line) || bullet.test(line) || isRow(line);

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
