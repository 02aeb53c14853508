import { z } from "zod";
import type { Written } from "../../builder/build.ts";
import { DraftOperation, notCovered, operationName, type Source } from "../../builder/docs/draft.ts";
import type { Section } from "../../builder/docs/sections.ts";
import { type BuildFacts, hostsOf } from "../../contract/build.ts";
import type { BuildStep, SignInCard } from "../../contract/chat.ts";
import type { Integration } from "../../contract/integration.ts";
import { markAsData, showHidden } from "../../contract/marked-data.ts";
import { isProblem } from "../../contract/problem.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Build } from "../../integrations/builds.ts";
import type { Update } from "../../contract/update.ts";
import { savedTool } from "../fit-history.ts";
import { stepTeller } from "./step-teller.ts";
import { agentTool, type AgentTool, type Call, type ToolOutcome } from "./tool.ts";
import { askAboutUpdate } from "./update.ts";

const Input = z.object({
  operations: z.record(z.string(), z.unknown()).default({}),
  remove: z.array(z.string()).max(500).default([]),
  done: z.boolean().default(false),
  instructions: z.string().max(8_000).default(""),
});

export type WriteToolNeeds = {
  build(scope: Scope, conversationId: string): Promise<Build | undefined>;
  sections(scope: Scope, buildId: string): Promise<Section[]>;
  keep(scope: Scope, buildId: string, operations: Record<string, unknown>): Promise<void>;
  saved(scope: Scope, buildId: string, integrationId: string): Promise<void>;
  draft(
    facts: BuildFacts,
    operations: Record<string, DraftOperation>,
    sections: Section[],
    signal?: AbortSignal,
  ): Promise<{ code: string; sources: Record<string, Source> }>;
  save(
    scope: Scope,
    written: Written,
    options: { onStep(step: BuildStep): void; signal: AbortSignal },
  ): Promise<Integration>;
  /** Of the tool that goes by this slug already. */
  instructions(scope: Scope, slug: string): Promise<string | undefined>;
  /** What a version that was just made would change; undefined when it is the one in use, or the first. */
  updateTo(scope: Scope, saved: Integration): Promise<Update | undefined>;
  signInCard(scope: Scope, integrationId: string, reason?: string): Promise<SignInCard>;
};

type Operations = Record<string, DraftOperation>;

/**
 * Takes operations the model wrote from docs, a resource at a time. Each is checked at once: its form, its types, and that
 * method and path stand in the section it names. What is fine is kept, what is not comes back with its reason. Facts are
 * those the person said yes to; nothing given here changes them.
 */
export function writeTool(needs: WriteToolNeeds): AgentTool {
  return agentTool({
    name: "write_tool",
    input: Input,
    jsonSchema: {
      type: "object",
      properties: {
        operations: { type: "object", description: 'By name, e.g. "cards list".' },
        remove: { type: "array", items: { type: "string" } },
        done: { type: "boolean" },
        instructions: { type: "string" },
      },
      additionalProperties: false,
    },
    title: ({ operations, done }) =>
      showHidden(
        `write ${Object.keys(operations).slice(0, 4).join(", ") || "the tool"}${done ? ", and save it" : ""}`,
      ).slice(0, 120),
    async run({ operations: given, remove, done, instructions }, call) {
      const build = await needs.build(call.scope, call.conversationId);
      if (!build?.facts || build.status !== "confirmed") {
        return { content: "No person has said yes to a build here. Propose it with `ready_to_build`.", isError: true };
      }
      const { facts } = build;
      const sections = await needs.sections(call.scope, build.id);
      const before = read(build.operations).operations;
      for (const name of remove) delete before[name];
      const { operations: fresh, refused } = read(given);
      const kept = await keepWhatPasses(needs, facts, before, fresh, sections, call.signal);
      refused.push(...kept.refused);
      await needs.keep(call.scope, build.id, kept.operations);
      const count = Object.keys(kept.operations).length;
      const told = [
        `${count} operation${count === 1 ? "" : "s"} so far.`,
        ...(refused.length > 0 ? ["Refused, nothing of these was kept:", ...refused.map((one) => `- ${one}`)] : []),
      ].join("\n");
      if (!done) {
        const left = notCovered(kept.operations, sections, facts.base_url);
        return {
          content: `${told}${left.length > mostLeft ? "" : leftTold(left, build.url)}`,
          shown: showHidden(told),
          isError: refused.length > 0,
        };
      }
      if (refused.length > 0 || count === 0) {
        const why =
          count === 0
            ? "There is no operation to save."
            : "Not saved yet: mend or leave out what was refused, then `done` again.";
        return { content: `${told}\n${why}`, shown: showHidden(`${told}\n${why}`), isError: true };
      }
      return save(needs, build, facts, kept.operations, instructions, call);
    },
  });
}

/** Operations as data, each in its form; what has none is told by its name and place. */
function read(given: Record<string, unknown>): { operations: Operations; refused: string[] } {
  const operations: Operations = {};
  const refused: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const named = operationName.safeParse(name);
    const one = DraftOperation.safeParse(value);
    if (named.success && one.success) operations[name] = one.data;
    else
      refused.push(
        `"${name}": ${[named.error?.issues[0]?.message, ...(one.error?.issues ?? []).slice(0, 4).map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`)].filter(Boolean).join("; ")}`,
      );
  }
  return { operations, refused };
}

async function keepWhatPasses(
  needs: WriteToolNeeds,
  facts: BuildFacts,
  before: Operations,
  fresh: Operations,
  sections: Section[],
  signal: AbortSignal,
): Promise<{ operations: Operations; refused: string[] }> {
  const refused: string[] = [];
  const candidates = { ...fresh };
  for (let tries = 0; tries < mostTries; tries += 1) {
    const operations = { ...before, ...candidates };
    if (Object.keys(operations).length === 0) return { operations, refused };
    try {
      await needs.draft(facts, operations, sections, signal);
      return { operations, refused };
    } catch (error) {
      if (!isProblem(error, "tool_refused")) throw error;
      const { reasons } = error.facts;
      refused.push(...reasons);
      const named = Object.keys(candidates).filter((name) => reasons.some((reason) => reason.includes(`"${name}"`)));
      // A fault that belongs to none of the new ones: none of them is taken.
      if (named.length === 0) return { operations: before, refused };
      for (const name of named) delete candidates[name];
    }
  }
  return { operations: before, refused };
}

/** What the docs name besides; calls of the same answer that come later may cover it. */
function leftTold(left: string[], url: string): string {
  if (left.length === 0) return "";
  const more = left.length > mostLeft ? `, and ${left.length - mostLeft} more` : "";
  return `\nNamed in the docs and not covered:\n${markAsData(`${left.slice(0, mostLeft).join(", ")}${more}`, url)}`;
}

const mostTries = 4;
const mostLeft = 25;

async function save(
  needs: WriteToolNeeds,
  build: Build,
  facts: BuildFacts,
  operations: Operations,
  instructions: string,
  call: Call,
): Promise<ToolOutcome> {
  const sections = await needs.sections(call.scope, build.id);
  const { code, sources } = await needs.draft(facts, operations, sections, call.signal);
  const kept = instructions || (await needs.instructions(call.scope, facts.slug));
  const steps = stepTeller(call);
  const integration = await needs.save(
    call.scope,
    {
      slug: facts.slug,
      name: facts.name,
      description: facts.description,
      docsUrl: facts.docs_url ?? build.url,
      baseUrl: facts.base_url,
      hosts: hostsOf(facts),
      variables: facts.variables,
      auth: facts.auth,
      cliCode: code,
      instructions: kept || `# ${facts.name}\n\n${facts.description}`,
      sources,
    },
    { onStep: steps.tell, signal: call.signal },
  );
  await steps.told();
  await needs.saved(call.scope, build.id, integration.id);
  const update = await needs.updateTo(call.scope, integration);
  if (update) return askAboutUpdate(call, update);
  if (build.integrationId !== undefined) {
    const words = `Nothing differs from the tool for ${integration.slug} that is in use.`;
    return { content: words, shown: words };
  }
  const hosts = integration.hosts.map((host) => showHidden(host)).join(", ");
  const reason = `Written from docs. What you enter is used at ${hosts} only.`;
  const card = await needs.signInCard(call.scope, integration.id, reason);
  await call.emit({ type: "sign_in_needed", card });
  return {
    content: `${savedTool} a sign-in card is shown for ${integration.slug}. You go on when the person has signed in.${leftTold(notCovered(operations, sections, facts.base_url), build.url)}`,
    shown: `The tool for ${showHidden(integration.name)} is written. Sign in to go on.`,
    endsTurn: true,
  };
}
