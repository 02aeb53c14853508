import { parseInline, startsTable } from "../../contract/parse-markdown.ts";
import { printable, style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Writes the agent's text as it comes, tables drawn. A line that may belong to a table is held until it is clear; everything else
 * goes out at once.
 */
export function markdownWriter(
  terminal: Pick<Terminal, "write">,
  columns: () => number = () => process.stdout.columns || 100,
) {
  let line = "";
  let held: string[] = [];
  const flush = () => {
    if (held.length === 0) return;
    const rows = held;
    held = [];
    terminal.write(startsTable(rows, 0) ? drawTable(rows, columns()) : rows.map((one) => `${one}\n`).join(""));
  };
  return {
    write(text: string): void {
      for (const piece of printable(text).split(/(?<=\n)/)) {
        line += piece;
        const mayBeRow = /^\s*(\||$)/.test(line);
        if (!mayBeRow) {
          flush();
          terminal.write(line.length > piece.length ? piece : line);
          if (line.endsWith("\n")) line = "";
          continue;
        }
        if (!line.endsWith("\n")) continue;
        if (line.trim() === "") {
          flush();
          terminal.write(line);
        } else held.push(line.slice(0, -1));
        line = "";
      }
    },
    /** Writes what is still held; true when the last line is open. */
    end(): boolean {
      if (/^\s*\|/.test(line)) held.push(line);
      const isOpen = held.length === 0 && line !== "";
      if (held.length > 0) line = "";
      flush();
      line = "";
      return isOpen;
    },
  };
}

const cellsOf = (row: string) =>
  row
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) =>
      parseInline(cell.trim().replaceAll("\\|", "|"))
        .map((part) =>
          part.type === "link" && part.text !== part.href ? `${part.text} (${hostOf(part.href)})` : part.text,
        )
        .join(""),
    );

/** Where a link leads is told: in the terminal its text alone would hide it. */
const hostOf = (href: string) => URL.parse(href)?.host ?? href;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Columns a text takes: wide letters and emoji take two. */
export function widthOf(text: string): number {
  return [...segmenter.segment(text)].reduce((sum, { segment }) => sum + (wide.test(segment) ? 2 : 1), 0);
}
const wide =
  /\p{Extended_Pictographic}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u;

/** A table as columns under a line, cut to the width that is there; numbers stand to the right. */
export function drawTable(lines: string[], width: number): string {
  const [head = [], , ...rows] = lines.map(cellsOf);
  const widths = head.map((name, column) => Math.max(widthOf(name), ...rows.map((row) => widthOf(row[column] ?? ""))));
  const gaps = 2 * (head.length - 1) + 2;
  // The widest give way until all fit.
  while (widths.reduce((sum, one) => sum + one, gaps) > width && Math.max(...widths) > 8) {
    widths[widths.indexOf(Math.max(...widths))]! -= 1;
  }
  const isNumeric = head.map((_, column) => rows.every((row) => /^[-+]?[\d.,]*\d%?$/.test(row[column] || "0")));
  const draw = (row: string[]) =>
    `  ${head.map((_, column) => fitted(row[column] ?? "", widths[column] ?? 0, isNumeric[column] ?? false)).join("  ")}`.trimEnd();
  const rule = `  ${widths.map((one) => "─".repeat(one)).join("  ")}`;
  return `${[style.bold(draw(head)), style.soft(rule), ...rows.map(draw)].join("\n")}\n`;
}

function fitted(text: string, width: number, isNumeric: boolean): string {
  const own = widthOf(text);
  if (own <= width) return isNumeric ? " ".repeat(width - own) + text : text + " ".repeat(width - own);
  let cut = "";
  for (const { segment } of segmenter.segment(text)) {
    if (widthOf(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…${" ".repeat(Math.max(0, width - 1 - widthOf(cut)))}`;
}
