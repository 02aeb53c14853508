import type { Access } from "../contract/access.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import type { ToolCommand } from "../sandbox/sandbox.ts";
import type { ToolDescription } from "../contract/tool.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import { type ConnectedTool, accountFor, accountIn } from "./connected-tools.ts";
import { type DirectAccess, prepareDirectly, refusal } from "./direct-access.ts";
import { foresee } from "./foresee.ts";
import type { IntegrationFacts } from "./integration-facts.ts";
import type { RunGrants } from "./run-grants.ts";
import { variableName } from "./variable-name.ts";

type Needs = {
  grants: RunGrants;
  gatewayUrl: () => string;
  version(scope: Scope, versionId: string): Promise<{ code: string; description: ToolDescription }>;
  isWaiting(grantId: string): boolean;
  facts: Pick<IntegrationFacts, "rulings">;
  /** Puts on record that a policy kept an operation from running. */
  denied(grant: OpenGrant, asked: { operation: string; access: Access }): Promise<void>;
  /** Where tools cannot reach the gateway, and are given credentials themselves. */
  direct: DirectAccess | undefined;
};

type Run = { runId: string; conversationId: string | null };

/** The commands of one run: a grant for each call, made when it begins and ended with it. */
export async function toolCommands(
  needs: Needs,
  scope: Scope,
  run: Run,
  tools: ConnectedTool[],
): Promise<ToolCommand[]> {
  return Promise.all(
    tools.map(async (tool): Promise<ToolCommand> => {
      const { code, description } = await needs.version(scope, tool.versionId);
      return {
        name: tool.slug,
        description,
        code,
        prepare: async (call) => {
          const { argv } = call;
          const named = accountIn(argv);
          const account = accountFor(tool.accounts, named);
          if (!account) return { refuse: refusal(2, accountUnknown(tool, named ?? "")) };
          const { connectionId } = account;
          if (needs.direct) {
            const about = { ...run, connectionId, description };
            return prepareDirectly({ ...needs, ...needs.direct }, scope, about, call);
          }
          const { token, grantId, described } = await needs.grants.issue(scope, { ...run, connectionId });
          const finish = () => needs.grants.end({ tenantId: scope.tenantId, grantId });
          const grant = await needs.grants.open(token);
          const foreseen = await foresee(needs, grant, call.operation);
          if (foreseen?.decision === "deny") {
            await finish();
            const happened = () => needs.denied(grant, foreseen);
            if (!call.isAhead) await happened();
            const problem = new Problem("policy_denied", { operation: call.operation });
            return { refuse: refusal(4, problem), ...(call.isAhead ? { happened } : {}) };
          }
          const { connection, integration, baseUrl } = described;
          const gateway = needs.gatewayUrl();
          const variables = integration.variables.flatMap(({ name }): [string, string][] => {
            const value = connection.metadata[name];
            return value === undefined ? [] : [[variableName(tool.slug, name), value]];
          });
          return {
            env: {
              ...Object.fromEntries(variables),
              PATCHBAY_GATEWAY: gateway,
              [variableName(tool.slug, "base_url")]: `${gateway}/${baseUrl.replace(/^https?:\/\//, "")}`,
              [variableName(tool.slug, "access_token")]: token,
            },
            asks: foreseen?.decision === "ask",
            waiting: () => needs.isWaiting(grantId),
            finish,
          };
        },
      };
    }),
  );
}

function accountUnknown(tool: ConnectedTool, named: string): { code: string; message: string } {
  const accounts = tool.accounts.map(({ label }) => label).join(", ");
  return { code: "account_unknown", message: `${tool.name} has no account called "${named}". There is: ${accounts}.` };
}
