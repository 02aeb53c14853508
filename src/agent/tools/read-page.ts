import { z } from "zod";
import { markAsData, showHidden } from "../../contract/marked-data.ts";
import { preview } from "../preview.ts";
import { agentTool, type AgentTool, type Call } from "./tool.ts";

export type ReadPageNeeds = {
  readPage(url: string, signal: AbortSignal): Promise<{ url: string; markdown: string }>;
  writeFile(call: Call, path: string, text: string): Promise<void>;
};

const Input = z.object({ url: z.url({ protocol: /^https?$/ }).max(2_000) });

/**
 * Reads a page of docs into a file. Only at hosts the person has named: the address of a page is also a way to carry
 * something out, and a page may ask for that.
 */
export function readPageTool(needs: ReadPageNeeds): AgentTool {
  return agentTool({
    name: "read_page",
    input: Input,
    jsonSchema: {
      type: "object",
      properties: { url: { type: "string" } },
      required: ["url"],
      additionalProperties: false,
    },
    title: ({ url }) => `read ${showHidden(url).slice(0, 120)}`,
    async run({ url }, call) {
      const { host } = new URL(url);
      if (!(await call.said(host))) {
        return { content: `The person has not named ${host}. Ask them whether its pages may be read.`, isError: true };
      }
      const page = await needs.readPage(url, call.signal);
      const file = fileOf(page.url);
      await needs.writeFile(call, file, page.markdown);
      return {
        content: `kept in ${file}\n${markAsData(preview(page.markdown, file), page.url)}`,
        shown: `Read ${page.markdown.length} characters.`,
        file,
      };
    },
  });
}

/** `https://a.example/docs/cards?x` -> `docs/a.example-docs-cards.md` */
function fileOf(url: string): string {
  const { hostname, pathname } = new URL(url);
  const name = `${hostname}${pathname}`.replaceAll(/[^\w.]+/g, "-").replaceAll(/^[-.]+|[-.]+$/g, "");
  return `docs/${name.slice(0, 150)}.md`;
}
