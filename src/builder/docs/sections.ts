import { type DocRequest, requestsIn } from "./requests-in.ts";

/** A page as it was read. */
export type DocsPage = { url: string; title: string; markdown: string };

/** A part of a page below one heading, small enough to be handed over whole. */
export type Section = {
  number: number;
  url: string;
  /** Of the page. */
  title: string;
  /** The way to it: `Cards › Move a card`. */
  heading: string;
  text: string;
};

/** Splits pages at their headings, as far as it takes to keep each section at a readable size. Numbers count from 1. */
export function sectionsOf(pages: DocsPage[]): Section[] {
  const sections: Section[] = [];
  for (const page of pages) {
    for (const { trail, text } of split(withWholeHeadings(page.markdown), [], 1)) {
      sections.push({
        number: sections.length + 1,
        url: page.url,
        title: page.title,
        heading: trail.filter((one) => one !== page.title).join(" › ") || page.title,
        text,
      });
    }
  }
  return sections;
}

/** `#### GET` below `### /boards` becomes `#### GET /boards`: a section has to say by itself what it is about. */
function withWholeHeadings(markdown: string): string {
  const above: { level: number; path: string | undefined }[] = [];
  const lines = markdown.split("\n");
  for (const { level, line } of headingsOf(markdown)) {
    while ((above.at(-1)?.level ?? 0) >= level) above.pop();
    const words = (lines[line] ?? "").replace(/^#+\s+|\s*#*$/g, "");
    const method = /^[`*]*(GET|POST|PUT|PATCH|DELETE|HEAD)[`*]*\s*[¶#]?$/.exec(words)?.[1];
    const path = above.findLast((one) => one.path !== undefined)?.path;
    if (method && path) lines[line] = `${"#".repeat(level)} ${method} ${path}`;
    above.push({ level, path: /^[`*]*(\/[^\s`,]*)[`*]*\s*[¶#]?$/.exec(words)?.[1] });
  }
  return lines.join("\n");
}

type Piece = { trail: string[]; text: string };

const readable = 3_000;
const mostCharacters = 9_000;
const tooLittle = 250;

function split(markdown: string, trail: string[], level: number): Piece[] {
  const text = markdown.trim();
  if (text === "") return [];
  const [first] = headingsOf(text);
  const here = first && text.slice(0, first.at).trim() === "" ? [...trail, first.text] : trail;
  if (text.length <= readable) return [{ trail: here, text }];
  for (let depth = level; depth <= 6; depth += 1) {
    const cuts = headingsOf(text).filter((one) => one.level === depth && one.at > 0);
    if (cuts.length === 0) continue;
    const bounds = [0, ...cuts.map(({ at }) => at), text.length];
    const pieces = bounds.slice(0, -1).flatMap((from, index) => {
      const part = text.slice(from, bounds[index + 1]);
      return split(part, index === 0 ? trail : trailAt(here, trail, depth, first), depth + 1);
    });
    return joined(pieces);
  }
  return parted(text).map((part) => ({ trail: here, text: part }));
}

/** A heading of the depth of the page's own first one is its sibling, not below it. */
function trailAt(here: string[], above: string[], depth: number, first: Heading | undefined): string[] {
  return first && first.level >= depth ? above : here;
}

/** Pieces of a line or two go to the one before. */
function joined(pieces: Piece[]): Piece[] {
  const kept: Piece[] = [];
  for (const piece of pieces) {
    const last = kept.at(-1);
    if (
      last &&
      (piece.text.length < tooLittle || last.text.length < tooLittle) &&
      last.text.length + piece.text.length <= 2 * readable
    ) {
      kept[kept.length - 1] = {
        trail: last.text.length < tooLittle ? piece.trail : last.trail,
        text: `${last.text}\n\n${piece.text}`,
      };
    } else kept.push(piece);
  }
  return kept;
}

/** A long text without headings, cut between paragraphs. */
function parted(text: string): string[] {
  const parts: string[] = [];
  let open = "";
  for (const paragraph of text.split(/\n{2,}/).flatMap(cutAtLines)) {
    if (open.length > tooLittle && open.length + paragraph.length > readable) {
      parts.push(open);
      open = "";
    }
    open += `${open === "" ? "" : "\n\n"}${paragraph}`;
  }
  return open === "" ? parts : [...parts, open];
}

/** A long list or table, cut between its lines; each piece of a table begins with its head. */
function cutAtLines(paragraph: string): string[] {
  if (paragraph.length <= mostCharacters) return [paragraph];
  const lines = paragraph.split("\n");
  const isTable = /^[>\s]*\|/.test(lines[0] ?? "") && /^[>\s]*\|[\s:|-]+$/.test(lines[1] ?? "");
  const head = isTable ? lines.splice(0, 2) : [];
  const headSize = head.join("\n").length;
  const pieces: string[][] = [];
  let size = Infinity;
  for (const line of lines.flatMap((one) => one.match(new RegExp(`[^]{1,${mostCharacters}}`, "g")) ?? [])) {
    if (size + line.length > readable) {
      pieces.push([...head]);
      size = headSize;
    }
    pieces.at(-1)?.push(line);
    size += line.length + 1;
  }
  return pieces.map((piece) => piece.join("\n"));
}

type Heading = { level: number; text: string; at: number; line: number };

/** Headings outside of code. */
export function headingsOf(markdown: string): Heading[] {
  const found: Heading[] = [];
  let fence: string | undefined;
  let at = 0;
  for (const [number, line] of markdown.split("\n").entries()) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (mark && (fence === undefined || line.trim().startsWith(fence))) fence = fence === undefined ? mark : undefined;
    const heading = fence === undefined && !mark ? /^(#{1,6})\s+(.+?)\s*#*$/.exec(line) : null;
    if (heading) found.push({ level: heading[1]?.length ?? 1, text: plain(heading[2] ?? ""), at, line: number });
    at += line.length + 1;
  }
  return found;
}

/** A heading without its marks and anchor links. */
const plain = (text: string) =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_`]|\s*[#¶]\s*$/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 120);

export type Topic = "sign-in" | "pagination" | "errors" | "limits" | "base";

/** What a section is about, of the things every tool needs; undefined for the rest. */
export function topicOf({ title, heading, text, url }: Section): Topic | undefined {
  const name = `${heading} ${title} ${url.split("/").slice(3).join(" ")}`.toLowerCase();
  const last = (heading.split(" › ").at(-1) ?? "").toLowerCase();
  for (const where of [last, name]) for (const [topic, words] of topics) if (words.test(where)) return topic;
  // Words of a page on another matter: only what is unmistakable counts.
  if (
    /\bauthorization:\s*(bearer|basic|token)|\bcurl\b[^\n]*\s-u\s|\bx-api-key\b/i.test(text) &&
    requestsIn(text).length === 0
  )
    return "sign-in";
  return undefined;
}

const topics: [Topic, RegExp][] = [
  ["sign-in", /authenti|authoriz|api.?(key|token)|access.?token|oauth|credential|sign.?in\b|security/],
  ["pagination", /paginat|paging|cursor|page.?size/],
  ["limits", /rate.?limit|throttl|quota|limits\b/],
  ["errors", /\berrors?\b|status.?codes?|response.?codes?|failures?\b/],
  ["base", /base.?url|introduction|overview|getting.?started|basics|api.?format|versions?\b|requests?\b/],
];

/** The requests a section names, each with the heading right above it. */
export function requestsWithHeading(section: Section): (DocRequest & { heading: string })[] {
  const headings = headingsOf(section.text);
  return requestsIn(section.text).map((request) => ({
    ...request,
    heading: headings.findLast(({ at }) => at <= request.at)?.text ?? section.heading,
  }));
}
