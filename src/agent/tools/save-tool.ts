import { z } from "zod";
import type { Written } from "../../builder/build.ts";
import { AuthMethod, UrlVariable } from "../../contract/auth-method.ts";
import type { BuildStep, SignInCard } from "../../contract/chat.ts";
import { BaseUrl, type Integration, Slug } from "../../contract/integration.ts";
import { showHidden } from "../../contract/marked-data.ts";
import type { Scope } from "../../contract/scope.ts";
import { stepTeller } from "./step-teller.ts";
import { agentTool, type AgentTool, type Call } from "./tool.ts";

const Input = z.object({
  slug: Slug,
  name: z.string().min(1).max(120),
  description: z.string().max(500),
  docs_url: z.url({ protocol: /^https?$/ }).optional(),
  base_url: BaseUrl,
  hosts: z.array(z.string().min(1).max(255)).min(1).max(10),
  variables: z.array(UrlVariable).max(20).default([]),
  auth: z.array(AuthMethod).min(1).max(5),
  /** The file of the conversation that holds the tool. */
  file: z.string().min(1).max(300),
  instructions: z.string().max(8_000),
});

export type SaveToolNeeds = {
  save(
    scope: Scope,
    written: Written,
    options: { onStep(step: BuildStep): void; signal: AbortSignal },
  ): Promise<Integration>;
  readFile(call: Call, path: string): Promise<string>;
  signInCard(scope: Scope, integrationId: string, reason?: string): Promise<SignInCard>;
};

/**
 * Takes a tool the model wrote from docs: checked like any other, saved as a draft, and shown to the person with the hosts it
 * reaches. Nothing is called before the person has signed in there; the first read is then made by the server.
 */
export function saveTool(needs: SaveToolNeeds): AgentTool {
  return agentTool({
    name: "save_tool",
    input: Input,
    // By hand: the whole schema of a sign-in would cost more than all other tools together.
    jsonSchema: {
      type: "object",
      properties: {
        ...Object.fromEntries(
          ["slug", "name", "description", "docs_url", "base_url", "file", "instructions"].map((name) => [
            name,
            { type: "string" },
          ]),
        ),
        hosts: { type: "array", items: { type: "string" } },
        auth: { type: "array", items: { type: "object" } },
        variables: { type: "array", items: { type: "object" } },
      },
      required: ["slug", "name", "description", "base_url", "hosts", "auth", "file", "instructions"],
    },
    title: ({ name }) => `save the tool for ${showHidden(name)}`,
    async run({ docs_url: docsUrl, base_url: baseUrl, file, ...facts }, call) {
      const steps = stepTeller(call);
      const integration = await needs.save(
        call.scope,
        { ...facts, baseUrl, ...(docsUrl ? { docsUrl } : {}), cliCode: await needs.readFile(call, file) },
        { onStep: steps.tell, signal: call.signal },
      );
      await steps.told();
      const hosts = integration.hosts.map((host) => showHidden(host)).join(", ");
      const card = await needs.signInCard(
        call.scope,
        integration.id,
        `Written from docs. What you enter is used at ${hosts} only.`,
      );
      await call.emit({ type: "sign_in_needed", card });
      return {
        content: `checked and saved; a sign-in card is shown for ${integration.slug}. You go on when the person has signed in.`,
        shown: `The tool for ${showHidden(integration.name)} is written. Sign in to go on.`,
        endsTurn: true,
      };
    },
  });
}
