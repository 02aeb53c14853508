import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { BuildStep, ConsentCard } from "../../contract/chat.ts";
import type { Integration } from "../../contract/integration.ts";
import { markAsData, showHidden } from "../../contract/marked-data.ts";
import type { Scope } from "../../contract/scope.ts";
import { type Update, updateLines } from "../../contract/update.ts";
import { stepTeller } from "./step-teller.ts";
import { type AgentTool, agentTool, type Call, type ToolOutcome } from "./tool.ts";

export type UpdateNeeds = {
  /** Undefined when there is nothing new. */
  update(
    scope: Scope,
    slug: string,
    from: { url?: string; document?: string; isByModel?: boolean },
    options: { onStep(step: BuildStep): void; signal: AbortSignal },
  ): Promise<Update | undefined>;
  integration(scope: Scope, slug: string): Promise<Integration>;
  /** Begins to mend a tool that was written from docs; undefined when it was not. */
  mend(slug: string, call: Call): Promise<ToolOutcome | undefined>;
  readFile(call: Call, path: string): Promise<string>;
};

const slug = z.string().trim().min(1).max(60);

/** Looks for a newer version of a service's tool, and shows the person what it would change. Only their yes puts it in use. */
export function updateTool(needs: UpdateNeeds): AgentTool {
  return agentTool({
    name: "update",
    input: z.object({
      slug,
      url: z.string().trim().min(1).max(2_000).optional(),
      file: z.string().trim().min(1).max(300).optional(),
    }),
    jsonSchema: {
      type: "object",
      properties: { slug: { type: "string" }, url: { type: "string" }, file: { type: "string" } },
      required: ["slug"],
      additionalProperties: false,
    },
    title: (input) => `update ${showHidden(input.slug)}`,
    async run({ slug, url, file }, call) {
      // Another document can bring other hosts and another sign-in: its address has to be the person's own word.
      if (url && !(await call.said(url))) {
        return { content: "The person has to give the address themselves. Ask them for it.", isError: true };
      }
      const mending = url || file ? undefined : await needs.mend(slug, call);
      if (mending) return mending;
      const steps = stepTeller(call);
      const from = file ? { document: await needs.readFile(call, file), isByModel: true } : url ? { url } : {};
      const update = await needs.update(call.scope, slug, from, { onStep: steps.tell, signal: call.signal });
      await steps.told();
      if (!update) {
        const words = `${slug} is up to date.`;
        return { content: words, shown: words };
      }
      return askAboutUpdate(call, update);
    },
  });
}

/** Asks the person which writes only read, of those that look so. */
export function readsTool(needs: Pick<UpdateNeeds, "integration">): AgentTool {
  return agentTool({
    name: "reads",
    input: z.object({ slug, operations: z.array(z.string().min(1).max(200)).max(100).default([]) }),
    jsonSchema: {
      type: "object",
      properties: { slug: { type: "string" }, operations: { type: "array", items: { type: "string" } } },
      required: ["slug"],
      additionalProperties: false,
    },
    title: (input) => `which writes of ${showHidden(input.slug)} only read`,
    async run({ slug, operations }, call) {
      const { name, permissions } = await needs.integration(call.scope, slug);
      const looking = Object.entries(permissions.suggestedReads ?? {});
      const meant = looking.filter(([one]) => operations.length === 0 || operations.includes(one)).slice(0, 50);
      if (meant.length === 0) {
        const words = `No write of ${slug}${operations.length > 0 ? " that was named" : ""} looks as if it only reads.`;
        return { content: words, shown: words };
      }
      return ask(call, {
        integration: { slug, name },
        question: `${meant.length === 1 ? "Does this only read" : "Do these only read"}? A yes lets ${name} run ${meant.length === 1 ? "it" : "them"} without asking.`,
        lines: meant.map(([operation, reason]) => `${operation}: ${reason}`),
        about: { kind: "reads", operations: meant.map(([operation]) => operation) },
      });
    },
  });
}

/** Shows what a newer version changes, and what else the person should know; a yes puts it in use. */
export function askAboutUpdate(
  call: Call,
  update: Update,
  more: Pick<ConsentCard, "lines" | "changes"> = { lines: [] },
): Promise<ToolOutcome> {
  const { slug, name } = update.integration;
  return ask(call, {
    ...more,
    integration: { slug, name },
    question: `Use version ${update.after.version} of ${name}?`,
    lines: [...updateLines(update, 12), ...more.lines],
    about: { kind: "update", versionId: update.after.versionId },
  });
}

async function ask(call: Call, asked: Omit<ConsentCard, "cardId">): Promise<ToolOutcome> {
  const question = showHidden(asked.question);
  const lines = asked.lines.map((line) => showHidden(line).slice(0, 300));
  await call.emit({ type: "consent_asked", card: { ...asked, cardId: randomUUID(), question, lines } });
  return {
    content: `asked the person, who answers on a card: it takes effect without you.\n${markAsData(lines.join("\n"), asked.integration.slug)}`,
    shown: question,
    endsTurn: true,
  };
}
