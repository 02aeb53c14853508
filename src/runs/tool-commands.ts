import type { Scope } from "../contract/scope.ts";
import type { ToolCommand } from "../sandbox/sandbox.ts";
import type { ToolDescription } from "../contract/tool.ts";
import { type ConnectedTool, accountFor, accountIn } from "./connected-tools.ts";
import { type DirectAccess, prepareDirectly } from "./direct-access.ts";
import type { RunGrants } from "./run-grants.ts";
import { variableName } from "./variable-name.ts";

type Needs = {
  grants: RunGrants;
  gatewayUrl: () => string;
  version(scope: Scope, versionId: string): Promise<{ code: string; description: ToolDescription }>;
  isWaiting(grantId: string): boolean;
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
          if (!account) return refusal(tool, named ?? "");
          const { connectionId } = account;
          if (needs.direct) {
            const about = { ...run, connectionId, description };
            return prepareDirectly({ ...needs, ...needs.direct }, scope, about, call);
          }
          const { token, grantId, described } = await needs.grants.issue(scope, { ...run, connectionId });
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
            waiting: () => needs.isWaiting(grantId),
            finish: () => needs.grants.end({ tenantId: scope.tenantId, grantId }),
          };
        },
      };
    }),
  );
}

function refusal(tool: ConnectedTool, named: string): { refuse: { exitCode: number; stderr: string } } {
  const accounts = tool.accounts.map(({ label }) => label).join(", ");
  const answer = {
    ok: false,
    code: "account_unknown",
    message: `${tool.name} has no account called "${named}". There is: ${accounts}.`,
    retryable: false,
  };
  return { refuse: { exitCode: 2, stderr: `${JSON.stringify(answer)}\n` } };
}
