import { withSourcesAnew } from "../../builder/docs/draft.ts";
import type { ReadDocs } from "../../builder/docs/docs-or-document.ts";
import { overviewOf, readingTold } from "../../builder/docs/overview.ts";
import type { Section } from "../../builder/docs/sections.ts";
import type { BuildStep } from "../../contract/chat.ts";
import { type Fault, faultInWords } from "../../contract/fault.ts";
import type { Integration } from "../../contract/integration.ts";
import { markAsData, showHidden } from "../../contract/marked-data.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Update } from "../../contract/update.ts";
import type { Begun, Build } from "../../integrations/builds.ts";
import { stepTeller } from "./step-teller.ts";
import { type Call, promptText, type ToolOutcome } from "./tool.ts";
import { askAboutUpdate } from "./update.ts";

export type MendNeeds = {
  integration(scope: Scope, slug: string): Promise<Integration>;
  /** The build a tool was last saved by; undefined for one that came from no docs. */
  behind(scope: Scope, integrationId: string): Promise<Build | undefined>;
  sections(scope: Scope, buildId: string): Promise<Section[]>;
  faults(scope: Scope, versionId: string): Promise<Fault[]>;
  build(
    scope: Scope,
    wish: { url: string; slug: string },
    options: { onStep(step: BuildStep): void; signal: AbortSignal },
  ): Promise<Integration | ReadDocs>;
  updateTo(scope: Scope, built: Integration): Promise<Update | undefined>;
  open(scope: Scope, begun: Begun): Promise<unknown>;
};

/**
 * Reads the docs of a tool again and lays them before the model, with what failed in use and the operations as they are. What
 * it writes then is a draft within the facts the person said yes to before; other facts, and the draft, need their yes anew.
 */
export async function openMending(needs: MendNeeds, slug: string, call: Call): Promise<ToolOutcome | undefined> {
  const { scope } = call;
  const integration = await needs.integration(scope, slug);
  const behind = await needs.behind(scope, integration.id);
  if (!behind?.facts) return undefined;
  const steps = stepTeller(call);
  const read = await needs.build(scope, { url: behind.url, slug }, { onStep: steps.tell, signal: call.signal });
  await steps.told();
  if (!("kind" in read)) {
    const update = await needs.updateTo(scope, read);
    return update ? askAboutUpdate(call, update) : undefined;
  }
  const { facts } = behind;
  const earlier = await needs.sections(scope, behind.id);
  // Pages that were read elsewhere by the person's word are not part of what was read now.
  const elsewhere = earlier.filter(({ url }) => new URL(url).host !== new URL(read.url).host);
  const sections = [...read.sections, ...elsewhere].map((section, index) => ({ ...section, number: index + 1 }));
  const { operations, lost } = withSourcesAnew(behind.operations, earlier, sections, facts.base_url);
  await needs.open(scope, {
    conversationId: call.conversationId,
    url: read.url,
    report: read.report,
    sections,
    mended: { integrationId: integration.id, facts, operations },
  });
  const faults = await needs.faults(scope, integration.versionId);
  const failing = new Set(faults.map(({ operation }) => operation));
  const shown = Object.entries(operations).filter(([name]) => failing.has(name));
  const gone = lost.flatMap((name) => ({ [name]: behind.operations[name] }));
  const told = readingTold(read.report, sections.length);
  const about = [
    ...faults.map((fault) => `failed in use: ${fault.operation}: ${faultInWords(fault)}`),
    ...shown.map((one) => `as it is: ${JSON.stringify(Object.fromEntries([one]))}`),
    ...gone.map((one) => `in the docs no longer, so left out: ${JSON.stringify(one)}`),
    `others kept as they are: ${
      Object.keys(operations)
        .filter((name) => !failing.has(name))
        .join(", ") || "none"
    }`,
    overviewOf(sections, read.metadata),
  ];
  return {
    content: `The docs were read again. ${told}\n${markAsData(about.join("\n"), slug)}\n\n${promptText("how-to-mend.md")}\n\n${promptText("how-to-write.md")}`,
    shown: `Read the docs of ${showHidden(integration.name)} again. ${showHidden(told)}`,
  };
}
