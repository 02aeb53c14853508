import { escapeHtml } from "../pages.ts";

/** One page of the manual: `body` gives its HTML, for a service at `url`. */
export type ManualPage = { slug: string; title: string; body(url: string): string };

/** The headline of one request, as `GET /boards/{board_id}`. */
export const request = (line: string, title: string) =>
  `<h2 id="${title.toLowerCase().replaceAll(/\W+/g, "-")}">${title}</h2>\n<pre><code>${escapeHtml(line)}</code></pre>`;

/** A table whose first column is code; the other cells are HTML. */
export function table(head: string[], rows: string[][]): string {
  const cells = ([first = "", ...rest]: string[]) =>
    `<tr><td><code>${escapeHtml(first)}</code></td>${rest.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  return `<table><thead><tr>${head.map((title) => `<th scope="col">${title}</th>`).join("")}</tr></thead><tbody>${rows.map(cells).join("\n")}</tbody></table>`;
}

export const example = (language: "sh" | "json" | "http", text: string) =>
  `<pre><code class="language-${language}">${escapeHtml(text.trim())}</code></pre>`;
