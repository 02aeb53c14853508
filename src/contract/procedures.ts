import type { ContractRouterClient, InferContractRouterOutputs } from "@orpc/contract";
import { activity, wanted } from "./procedures/activity.ts";
import { community } from "./procedures/community.ts";
import { conversations } from "./procedures/conversations.ts";
import { connections, oauth, oauthApps, providers } from "./procedures/connections.ts";
import { keys, me, sessions, settings } from "./procedures/house.ts";
import { integrations } from "./procedures/integrations.ts";
import { approvals, policies, runs } from "./procedures/runs.ts";

/**
 * Everything Patchbay offers to the page, the terminal and other programs: one contract, served as typed RPC at `/rpc` and as
 * REST at `/api` (paths and examples are in the routes). A failure is `{ ok: false, code, message }` with a fitting status.
 */
export const procedures = {
  me,
  settings,
  sessions,
  keys,
  conversations,
  approvals,
  integrations,
  connections,
  providers,
  oauth,
  oauthApps,
  runs,
  policies,
  activity,
  wanted,
  community,
};

export type Procedures = typeof procedures;

/** The typed client of the page and the terminal. */
export type Api = ContractRouterClient<Procedures>;

/** What each procedure answers with. */
export type Answers = InferContractRouterOutputs<Procedures>;
