import { z } from "zod";
import type { BuildStep } from "../../contract/chat.ts";
import { communityFiles } from "../../contract/community.ts";
import type { Integration } from "../../contract/integration.ts";
import { markAsData, showHidden } from "../../contract/marked-data.ts";
import type { Offer } from "../../contract/offer.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Update } from "../../contract/update.ts";
import { unifiedDiff } from "../../integrations/unified-diff.ts";
import { stepTeller } from "./step-teller.ts";
import { type AgentTool, agentTool, type Call, promptText, type ToolOutcome } from "./tool.ts";
import { askAboutUpdate } from "./update.ts";

/** What of a tool may be answered with here. Where it calls and how it signs in is not among it. */
type Files = Record<(typeof names)[number], string>;
const names = ["instructions.md", "cli.ts"] as const satisfies (typeof communityFiles)[number][];

export type ReviewNeeds = {
  /** What this person offered to the community, as it stands, and the tool in use; undefined when they offered none of it. */
  offered(scope: Scope, slug: string): Promise<{ offer: Offer; files: Files } | undefined>;
  /** Checks the tool in use with these files in place of its own, and saves it as a version that nobody uses yet. */
  revise(
    scope: Scope,
    slug: string,
    files: Files,
    options: { onStep(step: BuildStep): void; signal: AbortSignal },
  ): Promise<Integration>;
  /** Why the community would not take this version, each naming its file and line. */
  refusals(scope: Scope, saved: Integration): Promise<string[]>;
  updateTo(scope: Scope, saved: Integration): Promise<Update | undefined>;
  /** Undefined when there is no such file. */
  readFile(call: Call, path: string): Promise<string | undefined>;
  writeFile(call: Call, path: string, text: string): Promise<void>;
};

/**
 * Shows what the maintainers say about a tool of this person's, and takes the answer: its files, changed in the conversation.
 * Whoever wrote the words, all they can bring about is a draft; the person sees every line that differs, and without their yes
 * nothing of it is used or sent.
 */
export function reviewTool(needs: ReviewNeeds): AgentTool {
  return agentTool({
    name: "review",
    input: z.object({ slug: z.string().trim().min(1).max(60), done: z.boolean().default(false) }),
    jsonSchema: {
      type: "object",
      properties: { slug: { type: "string" }, done: { type: "boolean" } },
      required: ["slug"],
      additionalProperties: false,
    },
    title: ({ slug, done }) => `${done ? "answer" : "read"} the review of ${showHidden(slug)}`,
    async run({ slug, done }, call) {
      const found = await needs.offered(call.scope, slug);
      if (!found) {
        const words = `The person has offered no tool called ${slug} to the community.`;
        return { content: words, shown: showHidden(words) };
      }
      return done ? answer(needs, slug, found, call) : show(needs, slug, found, call);
    },
  });
}

type Found = NonNullable<Awaited<ReturnType<ReviewNeeds["offered"]>>>;

async function show(needs: ReviewNeeds, slug: string, { offer, files }: Found, call: Call): Promise<ToolOutcome> {
  const said = offer.words ?? offer.reasons.join("\n");
  const status = `${offer.name} is ${offer.status.replaceAll("_", " ")}${offer.pullRequest ? `, ${offer.pullRequest.url}` : ""}.`;
  if (said === "") return { content: `${status} Nothing was said about it.`, shown: showHidden(status) };
  for (const name of names) await needs.writeFile(call, pathOf(slug, name), files[name]);
  return {
    content: `${status}\n${markAsData(said, "maintainers")}\n${names.map((name) => pathOf(slug, name)).join(" and ")} are the tool as it is.\n${promptText("how-to-answer.md")}`,
    shown: showHidden(`${status}\n${said}`),
  };
}

async function answer(needs: ReviewNeeds, slug: string, { offer, files }: Found, call: Call): Promise<ToolOutcome> {
  const changed = { ...files };
  for (const name of names) {
    const text = await needs.readFile(call, pathOf(slug, name));
    if (text === undefined)
      return { content: `There is no ${pathOf(slug, name)}: call without \`done\` first.`, isError: true };
    changed[name] = text;
  }
  const changes = names.flatMap((name) => {
    const diff = shownDiff(name, files[name], changed[name]);
    return diff === "" ? [] : [{ name, diff }];
  });
  if (changes.length === 0) return { content: "Nothing differs from the tool in use.", isError: true };
  const count = changes.reduce((sum, { diff }) => sum + diff.split("\n").length, 0);
  if (count > mostLines) {
    const content = `The difference has ${count} lines; a person is asked about ${mostLines} at most. Change less at a time.`;
    return { content, isError: true };
  }
  const steps = stepTeller(call);
  const saved = await needs.revise(call.scope, slug, changed, { onStep: steps.tell, signal: call.signal });
  await steps.told();
  const refusals = await needs.refusals(call.scope, saved);
  if (refusals.length > 0) {
    const content = ["The community would refuse it:", ...refusals.slice(0, 20).map((one) => `- ${one}`)].join("\n");
    return { content, shown: showHidden(content), isError: true };
  }
  const update = await needs.updateTo(call.scope, saved);
  if (!update) return { content: "Nothing differs from the tool in use.", isError: true };
  const isSame = update.isSame && changes.every(({ name }) => name === "instructions.md");
  const lines = offer.pullRequest ? [`It goes to ${offer.pullRequest.url}, for everybody to see.`] : [];
  return askAboutUpdate(call, { ...update, isSame }, { changes, lines });
}

const pathOf = (slug: string, name: string) => `review/${slug}/${name}`;
const mostLines = 300;

/** The difference with nothing hidden or cut: what is longer than a line of the card goes on in the next, under the same sign. */
function shownDiff(name: string, before: string, after: string): string {
  if (before.trimEnd() === after.trimEnd()) return "";
  return unifiedDiff(name, before, after)
    .trimEnd()
    .split("\n")
    .slice(2) // the names of the two files
    .flatMap((line) => {
      const [first = "", ...rest] = showHidden(line).match(/.{1,160}/gsu) ?? [];
      return [first, ...rest.map((one) => `${line[0] ?? ""}${one}`)];
    })
    .join("\n");
}
