import { isRecord } from "./read-document.ts";
import type { References } from "./references.ts";

/** Text of a stranger's value; nothing when it is something else. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Documents write `"true"` too. */
export function flag(value: unknown): boolean {
  return value === true || value === "true";
}

/** Named objects, references followed; what is no object is skipped. */
export function records(value: unknown, references: References): [string, Record<string, unknown>][] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const record = references.record(one);
    return record ? [[name, record] as [string, Record<string, unknown>]] : [];
  });
}

/** Prose of a document as one plain line: no HTML, no markdown marks. */
export function plainText(value: unknown): string {
  const prose = text(value);
  if (prose === "") return "";
  return prose
    .slice(0, 4000)
    .replace(/<!--[\s\S]*?-->/g, " ")
    .replace(/<\/?[a-z][^<>]*>/gi, " ")
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, "$1")
    .replace(/[`*]{1,3}([^`*\n]+)[`*]{1,3}/g, "$1")
    .replace(/(^|[\s(])_([^_\n]+)_(?=[\s.,;:!?)]|$)/g, "$1$2")
    .replace(/^#{1,6}\s+/gm, "")
    .replace(/&(?:nbsp|#160);/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;|&#34;/g, '"')
    .replace(/&#39;|&apos;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}

/** The first sentence, at most so many characters. */
export function firstSentence(prose: string, room: number): string {
  const end = /[.!?](?=\s+["'(]?\p{Lu}|\s*$)/u.exec(prose);
  const sentence = end && end.index > 10 ? prose.slice(0, end.index) : prose;
  if (sentence.length <= room) return sentence.replace(/[.:;,\s]+$/, "");
  const cut = sentence.slice(0, room - 1);
  const gap = cut.lastIndexOf(" ");
  return `${(gap > room / 2 ? cut.slice(0, gap) : cut).replace(/[.:;,\s]+$/, "")}…`;
}

/** What a document says of its tags, by name. */
export function readTags(tags: unknown): Map<string, string> {
  return new Map(
    list(tags)
      .filter(isRecord)
      .map((tag) => [text(tag.name), plainText(tag.description)]),
  );
}
