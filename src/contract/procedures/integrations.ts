import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { BuildStep, SignInCard } from "../chat.ts";
import { Integration, Slug } from "../integration.ts";
import { Health } from "./activity.ts";
import { integrationDetail, Operation } from "./integration-detail.ts";
import { Update } from "../update.ts";
import { Id, IntegrationSummary, Nothing, Proof } from "./shapes.ts";

/** What to build from: a plain wish, the address of a document or of docs, or the document itself. */
export const Wish = z
  .object({
    wish: z
      .string()
      .trim()
      .min(1)
      .max(2000)
      .optional()
      .meta({ examples: ["the practice service"] }),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional()
      .meta({ examples: ["https://api.example.com/openapi.json"] }),
    document: z.string().max(60_000_000).optional().describe("An OpenAPI document as JSON or YAML text"),
    name: z.string().trim().min(1).max(120).optional(),
    baseUrl: z.string().max(500).optional().describe("Where the API is, when the document does not say"),
  })
  .refine((wish) => [wish.wish, wish.url, wish.document].filter((part) => part !== undefined).length > 0, {
    message: "give `wish`, `url` or `document`",
  });

export const IntegrationDetail = IntegrationSummary.extend({
  auth: Integration.shape.auth,
  hosts: Integration.shape.hosts,
  instructions: z.string(),
  cliCode: z.string(),
  operations: z.array(Operation),
});

const Version = z.object({
  versionId: z.string(),
  version: z.number(),
  status: z.enum(["draft", "ready"]),
  current: z.boolean(),
  reads: z.number(),
  writes: z.number(),
  createdAt: z.date(),
});

/** What came of building: `update` is there when it was here already and differs; then nothing changes until it is published. */
const Built = z.object({ integration: IntegrationSummary, card: SignInCard, update: Update.optional() });

const bySlug = z.object({ slug: Slug.meta({ examples: ["trello"] }) });

/** Integrations: descriptions of services, with a tool each. */
export const integrations = {
  ...integrationDetail,

  list: oc
    .route({ method: "GET", path: "/integrations", tags: ["Integrations"], summary: "Integrations that are here" })
    .output(z.array(IntegrationSummary)),

  get: oc
    .route({
      method: "GET",
      path: "/integrations/custom/{slug}",
      tags: ["Integrations"],
      summary: "One integration with its operations, instructions and code",
    })
    .input(bySlug)
    .output(IntegrationDetail),

  create: oc
    .route({
      method: "POST",
      path: "/integrations",
      tags: ["Integrations"],
      summary: "Build an integration and wait for it",
      description: "From a wish in plain words, the address of an OpenAPI document or of docs, or a document itself.",
    })
    .input(Wish)
    .output(Built.extend({ steps: z.array(BuildStep) })),

  build: oc
    .route({
      method: "POST",
      path: "/integrations/build",
      tags: ["Integrations"],
      summary: "Build an integration and watch the steps",
    })
    .input(Wish)
    .output(eventIterator(BuildStep, Built)),

  signInCard: oc
    .route({
      method: "GET",
      path: "/integrations/custom/{slug}/sign-in",
      tags: ["Integrations"],
      summary: "What signing in asks for",
    })
    .input(bySlug.extend({ connectionId: Id.optional().describe("An account to sign in again") }))
    .output(SignInCard),

  versions: oc
    .route({
      method: "GET",
      path: "/integrations/custom/{slug}/versions",
      tags: ["Integrations"],
      summary: "All versions, newest first",
    })
    .input(bySlug)
    .output(z.array(Version)),

  update: oc
    .route({
      method: "POST",
      path: "/integrations/custom/{slug}/update",
      tags: ["Integrations"],
      summary: "Look for a newer version and show what it would change",
      description:
        "From where the integration came from, or from the address or document given. Names and permissions are kept. Nothing is used before it is published; `update` is null when there is nothing new.",
    })
    .input(
      bySlug.extend({
        url: Wish.shape.url,
        document: Wish.shape.document,
        baseUrl: Wish.shape.baseUrl,
      }),
    )
    .output(z.object({ steps: z.array(BuildStep), update: Update.nullable() })),

  difference: oc
    .route({
      method: "GET",
      path: "/integrations/custom/{slug}/versions/{versionId}/difference",
      tags: ["Integrations"],
      summary: "What a version changes beside the one in use",
    })
    .input(bySlug.extend({ versionId: Id }))
    .output(Update),

  publish: oc
    .route({
      method: "POST",
      path: "/integrations/custom/{slug}/publish",
      tags: ["Integrations"],
      summary: "Say yes to a newer version",
      description: "Operations that are new or send something else ask first, reads too, until somebody allows them.",
    })
    .input(bySlug.extend({ versionId: Id }))
    .output(IntegrationSummary),

  discard: oc
    .route({
      method: "DELETE",
      path: "/integrations/custom/{slug}/versions/{versionId}",
      tags: ["Integrations"],
      summary: "Throw a newer version away that was not published",
    })
    .input(bySlug.extend({ versionId: Id }))
    .output(Nothing),

  confirmReads: oc
    .route({
      method: "POST",
      path: "/integrations/custom/{slug}/reads",
      tags: ["Integrations"],
      summary: "Say that operations only read, although their method is that of a write",
      description: "For a POST that only searches, validates or computes. From then on it runs without asking.",
    })
    .input(
      bySlug.extend({
        operations: z.array(z.string().min(1).max(200)).min(1).max(500),
        reason: z.string().trim().min(8).max(500).optional().describe("Why; else what speaks for it is kept"),
      }),
    )
    .output(IntegrationSummary),

  retractReads: oc
    .route({
      method: "DELETE",
      path: "/integrations/custom/{slug}/reads",
      tags: ["Integrations"],
      summary: "Take back that operations only read",
    })
    .input(bySlug.extend({ operations: z.array(z.string().min(1).max(200)).min(1).max(500) }))
    .output(IntegrationSummary),

  rollback: oc
    .route({
      method: "POST",
      path: "/integrations/custom/{slug}/rollback",
      tags: ["Integrations"],
      summary: "Go back to an earlier version",
    })
    .input(bySlug.extend({ versionId: Id }))
    .output(IntegrationSummary),

  test: oc
    .route({
      method: "POST",
      path: "/integrations/custom/{slug}/test",
      tags: ["Integrations"],
      summary: "Make one live read with the default account",
    })
    .input(bySlug)
    .output(Proof),

  health: oc
    .route({
      method: "GET",
      path: "/integrations/custom/{slug}/health",
      tags: ["Integrations"],
      summary: "How its calls went: last calls, error rate, latency by day",
    })
    .input(bySlug.extend({ days: z.coerce.number().int().min(1).max(90).default(14) }))
    .output(Health),

  offer: oc
    .route({
      method: "GET",
      path: "/integrations/custom/{slug}/offer",
      tags: ["Integrations"],
      summary: "What would be shared with the community, and what speaks against it",
    })
    .input(bySlug)
    .output(
      z.object({
        files: z.array(z.object({ path: z.string(), content: z.string() })),
        diff: z.string(),
        refused: z.array(z.string()).describe("Why it may not be offered; empty when it may"),
      }),
    ),

  delete: oc
    .route({
      method: "DELETE",
      path: "/integrations/custom/{slug}",
      tags: ["Integrations"],
      summary: "Remove an integration and its connections",
    })
    .input(bySlug)
    .output(Nothing),
};
