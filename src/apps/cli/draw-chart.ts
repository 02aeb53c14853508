import type { Chart } from "../../contract/chat.ts";
import { widthOf } from "./draw-markdown.ts";
import { printable, style } from "./style.ts";

/** Bars for a chart, of a line as well: one for each value, with its number. */
export function drawChart({ title, labels, series, unit }: Chart): string {
  const top = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => Math.abs(value ?? 0))));
  const names = labels.map((label) => printable(label).slice(0, 24));
  const width = Math.max(...names.map(widthOf));
  const lines = series.flatMap(({ name, values }) => [
    ...(series.length > 1 ? [`  ${style.soft(printable(name))}`] : []),
    ...values.map((value, index) => {
      const label = names[index] ?? "";
      const bar = "█".repeat(Math.round((Math.max(0, value ?? 0) / top) * 32)) || "▏";
      return `  ${" ".repeat(width - widthOf(label))}${label}  ${value === null ? "" : `${bar} ${value.toLocaleString("en")}`}`;
    }),
  ]);
  return `${style.bold(printable(title))}${unit ? style.soft(` · ${printable(unit)}`) : ""}\n${lines.join("\n")}`;
}
