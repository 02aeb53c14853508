import { jsonIn } from "../document-in-page.ts";
import { pageAsMarkdown } from "../page-as-markdown.ts";

/** Where the text of a page came from. */
export type PageText = { markdown: string; from: "html" | "state" | "nothing"; repository?: string };

/**
 * The text of a page. One that is drawn by its script in the reader's browser has hardly any in its HTML: then what the script
 * begins with (its JSON state) is read, as far as it holds prose.
 */
export function textOfPage(html: string, url: string): PageText {
  const markdown = pageAsMarkdown(html, url);
  if (!isDrawnByScript(html, markdown)) return { markdown, from: "html" };
  const repository = /https:\/\/(?:github|gitlab)\.com\/[\w.-]+\/[\w.-]+(?:\/(?:blob|edit|tree)\/[^"'\s<>]+)?/.exec(
    html,
  )?.[0];
  const told = [...jsonIn(html)].map((state) => proseIn(state, url)).filter((text) => text.length > 200);
  const best = told.toSorted((a, b) => b.length - a.length)[0];
  return {
    markdown: best ?? markdown,
    from: best === undefined ? "nothing" : "state",
    ...(repository ? { repository } : {}),
  };
}

function isDrawnByScript(html: string, markdown: string): boolean {
  if (markdown.replace(/\s+/g, " ").length > 400) return false;
  const scripts = (html.match(/<script\b/gi) ?? []).length;
  return (
    scripts > 0 &&
    (/<div\b[^<>]*\bid\s*=\s*["']?(root|app|__next|__nuxt|___gatsby|q-app|svelte)/i.test(html) ||
      html.length > 40 * (markdown.length + 50))
  );
}

/** Texts of a state in the order in which they stand, with the titles beside them as headings. */
function proseIn(state: unknown, url: string): string {
  const parts: string[] = [];
  let size = 0;
  const walk = (value: unknown, depth: number) => {
    if (size > mostCharacters || depth > 40) return;
    if (typeof value === "string") {
      const text = /<(p|h\d|li|pre|code|table|div)\b/i.test(value)
        ? pageAsMarkdown(`<main>${value}</main>`, url)
        : value;
      if (isProse(text)) {
        parts.push(text.trim());
        size += text.length;
      }
      return;
    }
    if (Array.isArray(value)) for (const one of value) walk(one, depth + 1);
    else if (typeof value === "object" && value !== null) {
      const entries = Object.entries(value);
      const title = entries.find(([name, one]) => /^(title|heading|name)$/.test(name) && typeof one === "string")?.[1];
      const before = parts.length;
      for (const [name, one] of entries) if (!/^(title|heading)$/.test(name)) walk(one, depth + 1);
      if (typeof title === "string" && parts.length > before && title.length < 120)
        parts.splice(before, 0, `## ${title}`);
    }
  };
  walk(state, 0);
  return parts.join("\n\n");
}

const mostCharacters = 400_000;

/** More than an id, a class name or an address. */
function isProse(text: string): boolean {
  const words = text.trim().split(/\s+/);
  return words.length >= 5 && /[a-z]{3}/i.test(text) && !/^(https?:|data:|\{|\[|M\d)/.test(text.trim());
}
