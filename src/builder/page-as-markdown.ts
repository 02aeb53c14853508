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
    htmlToMarkdownResult(html, {
      origin,
      cleanUrls: false,
      clean: { emptyLinks: true, emptyLinkText: true, emptyImages: true },
      plugins,
    }),
  );
  return markdown.replace(withinPage, (_, label: string) => (/^[\s#¶§🔗]*$/u.test(label) ? "" : label));
}

/** Links to another place of the page: a section is handed out by itself, so they lead nowhere. */
const withinPage = /(?<!!)\[([^[\]\n]{0,300})\]\((?:<#[^<>\n]*>|#(?:[^()\s]|\([^()\s]*\))*)(?: "[^"\n]*")?\)/g;

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
