import { z } from "zod";
import { shownSection } from "../../builder/docs/overview.ts";
import { searchDocs } from "../../builder/docs/search-docs.ts";
import type { Section } from "../../builder/docs/sections.ts";
import { markAsData, showHidden } from "../../contract/marked-data.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Build } from "../../integrations/builds.ts";
import { addressRefused } from "../may-read.ts";
import { agentTool, type AgentTool, type Call, type ToolOutcome } from "./tool.ts";

export type DocsNeeds = {
  build(scope: Scope, conversationId: string): Promise<Build | undefined>;
  sections(scope: Scope, buildId: string): Promise<Section[]>;
  readPage(url: string, signal: AbortSignal, scope: Scope): Promise<Section[]>;
  add(scope: Scope, buildId: string, sections: Section[]): Promise<Section[]>;
};

const Input = z
  .object({
    search: z.string().trim().min(1).max(300).optional(),
    sections: z.array(z.int()).min(1).max(100).optional(),
    page: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .optional(),
  })
  .refine(({ search, sections, page }) => search ?? sections ?? page, {
    message: "give one of search, sections, page",
  });

/**
 * Hands out sections of the docs that were read in this conversation, and reads a further page where that may be asked for.
 */
export function docsTool(needs: DocsNeeds): AgentTool {
  return agentTool({
    name: "docs",
    input: Input,
    jsonSchema: {
      type: "object",
      properties: {
        search: { type: "string" },
        sections: { type: "array", items: { type: "integer" } },
        page: { type: "string" },
      },
      additionalProperties: false,
    },
    title: ({ search, sections, page }) =>
      `look up ${showHidden(search ?? page ?? `section ${sections?.join(", ")}`).slice(0, 120)}`,
    async run({ search, sections: numbers, page }, call) {
      const build = await needs.build(call.scope, call.conversationId);
      if (!build)
        return { content: "No docs were read yet. Begin with `connect` and the address of the docs.", isError: true };
      if (page !== undefined) return further(needs, build, page, call);
      const all = await needs.sections(call.scope, build.id);
      const found = numbers ? all.filter((one) => numbers.includes(one.number)) : searchDocs(all, search ?? "");
      if (found.length === 0)
        return { content: "No section fits. Try other words, or a number of the index.", isError: true };
      return told(found, build.url);
    },
  });
}

async function further(needs: DocsNeeds, build: Build, page: string, call: Call): Promise<ToolOutcome> {
  if (!(await call.mayRead(page))) return { content: addressRefused, isError: true };
  const known = (await needs.sections(call.scope, build.id)).filter((one) => one.url === page);
  const sections =
    known.length > 0
      ? known
      : await needs.add(call.scope, build.id, await needs.readPage(page, call.signal, call.scope));
  if (sections.length === 0) return { content: "There is no text on that page.", isError: true };
  return told(sections, page);
}

/** As many of the sections as fit, whole; the others by name. */
function told(sections: Section[], from: string): ToolOutcome {
  const parts: string[] = [];
  let left = mostCharacters;
  for (const section of sections) {
    const text = shownSection(section, Math.max(left, 1_500));
    if (left <= 0) parts.push(`[${section.number}] ${section.heading} (not shown: ask for section ${section.number})`);
    else parts.push(text);
    left -= text.length;
  }
  const names = sections.map(({ number, heading }) => `${number} ${heading}`).join(", ");
  return { content: markAsData(parts.join("\n\n"), from), shown: showHidden(names).slice(0, 500) };
}

const mostCharacters = 48_000;
