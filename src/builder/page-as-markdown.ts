import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { htmlToMarkdownResult, initSync } from "mdream/wasm";

/**
 * A page as a person would read it, in markdown: its main part, without navigation, forms and scripts, links absolute.
 *
 * The WebAssembly build is used: npm leaves the native one out wherever it runs on Node 20.
 */
export function pageAsMarkdown(html: string, url: string): string {
  started ??= start();
  const origin = new URL(url).origin;
  const { markdown } = Answer.parse(
    htmlToMarkdownResult(html.replace(spaces, "$1"), {
      origin,
      cleanUrls: false,
      clean: { emptyLinks: true, emptyLinkText: true, emptyImages: true },
      plugins,
    }),
  );
  const bare = markdown.replace(withinPage, (_, label: string) => (/^[\s#¶§🔗]*$/u.test(label) ? "" : label));
  return withoutTags(bare);
}

/** Highlighters put the indentation of code into elements of their own, which would be dropped as empty. */
const spaces = /<span\b[^<>]{0,200}>([ \t\n]{1,500})<\/span>/gi;

/** What is left as HTML, of lists of definitions above all, becomes words and marks; code and tables keep theirs. */
function withoutTags(markdown: string): string {
  let fence: string | undefined;
  return markdown
    .split("\n")
    .map((line) => {
      const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
      if (mark && (fence === undefined || line.trim().startsWith(fence)))
        fence = fence === undefined ? mark : undefined;
      if (fence !== undefined || mark || !line.includes("<") || /^[>\s]*\|/.test(line)) return line;
      return line.replace(
        leftTag,
        (whole, code: string | undefined, end: string | undefined, name: string | undefined) => {
          if (code !== undefined || name === undefined) return whole;
          const tag = name.toLowerCase();
          if (tag === "dt") return end ? "" : "- ";
          return marks[tag] ?? "";
        },
      );
    })
    .join("\n");
}

const leftTag =
  /(`[^`\n]{0,300}`)|<(\/?)(dl|dt|dd|details|summary|div|section|span|p|figure|figcaption|code|strong|b|em|i|var)(?: [^<>\n]{0,300})?>/gi;
const marks: Record<string, string> = { code: "`", strong: "**", b: "**", em: "*", i: "*", var: "*" };

/** Links to another place of the page: a section is handed out by itself, so they lead nowhere. */
const withinPage =
  /(?<!!)\[((?:[^[\]\n]|\[[^[\]\n]{0,100}\]){0,300})\]\((?:<#[^<>\n]*>|#(?:[^()\s]|\([^()\s]*\))*)(?: "[^"\n]*")?\)/g;

let started: true | undefined;

function start(): true {
  initSync({ module: readFileSync(fileURLToPath(import.meta.resolve("mdream/wasm/mdream_edge_bg.wasm"))) });
  return true;
}

const Answer = z.object({ markdown: z.string().default("") });

const plugins = {
  isolateMain: true,
  filter: {
    exclude: [
      "form",
      "fieldset",
      "object",
      "embed",
      "footer",
      "aside",
      "iframe",
      "input",
      "textarea",
      "select",
      "button",
      "nav",
    ],
  },
};
