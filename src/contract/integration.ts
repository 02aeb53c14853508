import { z } from "zod";
import { Access } from "./access.ts";
import { AuthMethod, UrlVariable } from "./auth-method.ts";
import { PullRequestStatus } from "./offer.ts";
import { shellWords } from "./shell-words.ts";

/** Names an integration, and is its command in the shell: so it may not be a word the shell knows already. */
export const Slug = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,48}[a-z0-9]$/, "lower case letters, digits and dashes")
  .refine((slug) => !shellWords.has(slug), "a word the shell uses for something else");

/** `https://api.example.com/v1`; may hold `{variables}`. */
export const BaseUrl = z.string().min(1).max(500);

export const Permissions = z.object({
  readOps: z.array(z.string()),
  writeOps: z.array(z.string()),
  /**
   * Operations whose method alone would make them writes (a POST that only searches), each with the reason why a person or a
   * maintainer said that it only reads. Nothing else makes a read of a POST, and no tool's code can.
   */
  confirmedReads: z
    .record(z.string().max(200), z.string().trim().min(8, "say in a sentence why it only reads").max(500))
    .optional(),
  /** Writes that look as if they only read, each with what speaks for it: a person may say yes. */
  suggestedReads: z.record(z.string().max(200), z.string().max(500)).optional(),
});
export type Permissions = z.infer<typeof Permissions>;

/** One line of the request table: what the gateway matches a request against. `url` is absolute, path templates in `{}`. */
export const RequestRule = z.object({
  operation: z.string(),
  access: Access,
  method: z.string().regex(/^[A-Z]+$/),
  url: z.string(),
  /** GraphQL: requests to one URL, told apart by the document's operation. */
  graphql: z.object({ type: z.enum(["query", "mutation", "subscription"]), field: z.string() }).optional(),
  /** A person or a maintainer said that this only reads: without it a POST is never a read. */
  confirmed: z.literal(true).optional(),
});
export type RequestRule = z.infer<typeof RequestRule>;

export const Origin = z.enum(["private", "community", "built-in"]);

/** The shareable description of a service and its tool, at one version. Versions never change. */
export const Integration = z.object({
  id: z.string(),
  slug: Slug,
  name: z.string().min(1).max(120),
  description: z.string().max(2000).default(""),
  category: z.string().max(60).optional(),
  iconUrl: z.string().optional(),
  docsUrl: z.string().optional(),
  baseUrl: BaseUrl,
  /** Declared hosts, `{variables}` allowed: the gateway reaches no other. Private ones carry their port. */
  hosts: z.array(z.string()).min(1),
  variables: z.array(UrlVariable).default([]),
  auth: z.array(AuthMethod).min(1),
  origin: Origin,
  version: z.number().int().positive(),
  versionId: z.string(),
  status: z.enum(["draft", "ready"]),
  permissions: Permissions,
  communityPullRequest: z
    .object({ url: z.string(), status: PullRequestStatus, words: z.string().optional() })
    .optional(),
});
export type Integration = z.infer<typeof Integration>;

/** What a builder hands over to be saved as a version. */
export const IntegrationDraft = Integration.omit({
  id: true,
  version: true,
  versionId: true,
  status: true,
  communityPullRequest: true,
}).extend({
  cliCode: z.string().max(8_000_000),
  instructions: z.string().max(20_000),
  /** Output of the tool's `--describe`, as `ToolDescription` reads it. */
  tool: z.unknown(),
  rules: z.array(RequestRule),
  source: z.object({
    kind: z.enum(["openapi", "docs", "catalogue", "graphql", "postman", "discovery"]),
    url: z.string().optional(),
    /** Where the API is, as the person said it: a newer document does not change that. */
    baseUrl: z.string().optional(),
    /** Its instructions were rewritten since, e.g. as a reviewer asked: a newer document does not undo that. */
    revised: z.literal(true).optional(),
    /** Docs: where each operation stands. */
    operations: z.record(z.string(), z.object({ url: z.string(), heading: z.string() })).optional(),
  }),
});
export type IntegrationDraft = z.infer<typeof IntegrationDraft>;
