import { z } from "zod";
import { AuthMethod, UrlVariable } from "./auth-method.ts";
import { BaseUrl, Permissions, Slug } from "./integration.ts";

const WebAddress = z.url({ protocol: /^https$/, error: "must be an https address" }).max(500);

/** `integrations/<slug>/config.json` in the community repository: everything about a service but its tool and instructions. */
export const CommunityConfig = z.strictObject({
  slug: Slug,
  name: z.string().trim().min(1).max(120),
  description: z.string().trim().max(2000).default(""),
  category: z.string().trim().max(60).optional(),
  docsUrl: WebAddress.optional(),
  iconUrl: WebAddress.optional(),
  baseUrl: BaseUrl,
  /** The only hosts the gateway lets the tool reach; `{variables}` allowed. */
  hosts: z.array(z.string().min(1).max(300)).min(1).max(20),
  variables: z.array(UrlVariable).max(20).default([]),
  auth: z.array(AuthMethod).min(1).max(10),
  /** `confirmedReads` is the maintainers' yes, with the reason a reviewer can check. */
  permissions: Permissions.omit({ suggestedReads: true }),
  /** Names of the variables the tool reads when it is run by hand, with what belongs into each. */
  environment: z.record(z.string().max(120), z.string().max(500)).optional(),
});
export type CommunityConfig = z.infer<typeof CommunityConfig>;

/** What stands in the folder of one integration, by file name. */
export const communityFiles = ["cli.ts", "config.json", "instructions.md"] as const;
export type CommunityFile = (typeof communityFiles)[number];
