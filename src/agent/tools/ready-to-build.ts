import { buildCard, BuildFacts, hostOf, hostsOf } from "../../contract/build.ts";
import { showHidden } from "../../contract/marked-data.ts";
import { Problem } from "../../contract/problem.ts";
import type { Scope } from "../../contract/scope.ts";
import type { Build } from "../../integrations/builds.ts";
import { agentTool, type AgentTool } from "./tool.ts";

export type ReadyNeeds = {
  build(scope: Scope, conversationId: string): Promise<Build | undefined>;
  ask(scope: Scope, buildId: string, facts: BuildFacts): Promise<void>;
  redirectUri(slug: string): string;
  /** The integration that goes by this slug already. */
  existing(scope: Scope, slug: string): Promise<{ hosts: string[] } | undefined>;
};

/**
 * Puts before the person what a tool will be: the hosts it calls, how they sign in, what to register. Only what they say yes
 * to, at the server, may then be written; the model's own word allows nothing.
 */
export function readyToBuild(needs: ReadyNeeds): AgentTool {
  const strings = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  return agentTool({
    name: "ready_to_build",
    input: BuildFacts,
    // By hand: the whole schema of a sign-in would cost more than all other tools together.
    jsonSchema: {
      type: "object",
      properties: {
        ...strings("slug", "name", "description", "base_url", "docs_url"),
        auth: { type: "array", items: { type: "object" } },
        variables: { type: "array", items: { type: "object" } },
        more_hosts: { type: "array", items: { type: "string" } },
      },
      required: ["slug", "name", "base_url", "auth"],
    },
    title: ({ name }) => `ready to build ${showHidden(name)}?`,
    async run(facts, call) {
      const build = await needs.build(call.scope, call.conversationId);
      if (!build || build.status === "saved") {
        return { content: "Read the docs first: `connect` with their address.", isError: true };
      }
      if (hostOf(facts.base_url) === undefined)
        throw new Problem("input_invalid", { detail: "base_url is no http(s) address." });
      const hosts = hostsOf(facts);
      const other = await needs.existing(call.scope, facts.slug);
      if (other && !other.hosts.some((host) => hosts.includes(host))) {
        return { content: `Another service goes by "${facts.slug}" here: choose another slug.`, isError: true };
      }
      await needs.ask(call.scope, build.id, facts);
      const docs = { url: build.url, pages: build.report.pages };
      const card = buildCard(facts, { buildId: build.id, docs, redirectUri: needs.redirectUri(facts.slug) });
      await call.emit({ type: "build_asked", card });
      return {
        content: "The person is asked. You go on when they have answered.",
        shown: `Ready to build ${card.name}?`,
        endsTurn: true,
      };
    },
  });
}
