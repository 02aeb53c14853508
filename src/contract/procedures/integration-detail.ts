import { oc } from "@orpc/contract";
import { z } from "zod";
import { Access, Decision } from "../access.ts";
import { communityFiles } from "../community.ts";
import { Slug } from "../integration.ts";
import { Id, IntegrationSummary } from "./shapes.ts";

export const Operation = z.object({
  name: z.string().meta({ examples: ["cards create"] }),
  access: Access,
  summary: z.string(),
  requests: z.array(z.string()).meta({ examples: [["POST /cards"]] }),
  /** What happens when it is called with any account; a policy for one account may be stricter. */
  decision: Decision,
  reason: z.string().describe("Why, as a sentence"),
  /** What a policy for this operation alone says; null where none does. */
  own: Decision.nullable(),
  tried: z
    .object({
      outcome: z.enum(["worked", "failed"]),
      status: z.number().optional(),
      message: z.string().optional(),
      shape: z.unknown().optional().describe("The form of the answer: names and types, never data"),
      triedAt: z.date(),
    })
    .optional()
    .describe("What came when the server tried it; absent where it was not tried"),
  suggestedRead: z
    .string()
    .optional()
    .describe("Why it may only read although it counts as a write: see `confirmReads`"),
  confirmedRead: z.string().optional().describe("Why somebody said that it only reads"),
});
export type Operation = z.infer<typeof Operation>;

const VersionFile = z.object({ name: z.enum(communityFiles), content: z.string() });

/** Operations by name, from one version to another. */
const OperationChanges = z.object({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.string()).describe("They send other requests, or count as read where they were a write"),
});

const bySlug = z.object({ slug: Slug.meta({ examples: ["trello"] }) });
const ofVersion = bySlug.extend({ versionId: Id.optional().describe("The current version when left out") });
const route = { tags: ["Integrations"] };
const path = "/integrations/custom/{slug}" as const;

/** One integration in its parts, so that a large one need not be fetched whole. */
export const integrationDetail = {
  summary: oc
    .route({ ...route, method: "GET", path: `${path}/summary`, summary: "One integration with its accounts" })
    .input(bySlug)
    .output(IntegrationSummary),

  operations: oc
    .route({ ...route, method: "GET", path: `${path}/operations`, summary: "What it can do, and what may run" })
    .input(bySlug)
    .output(z.array(Operation)),

  decide: oc
    .route({
      ...route,
      method: "PUT",
      path: `${path}/decision`,
      summary: "Say what happens to one operation: allow, ask or deny",
      description:
        "Takes effect at once and in place of what was said before about this operation. A stricter policy for everything, or for one account, still counts.",
    })
    .input(
      bySlug.extend({
        operation: z
          .string()
          .min(1)
          .max(200)
          .meta({ examples: ["cards create"] }),
        decision: Decision.nullable().describe("null: as usual"),
      }),
    )
    .output(Operation),

  files: oc
    .route({
      ...route,
      method: "GET",
      path: `${path}/files`,
      summary: "Tool, description and instructions of a version",
    })
    .input(ofVersion)
    .output(z.object({ version: z.number(), files: z.array(VersionFile) })),

  export: oc
    .route({ ...route, method: "GET", path: `${path}/export`, summary: "The three files of a version as a zip" })
    .input(ofVersion)
    .output(z.file()),

  compare: oc
    .route({ ...route, method: "GET", path: `${path}/compare`, summary: "The difference between two versions" })
    .input(bySlug.extend({ from: Id, to: Id }))
    .output(
      z.object({
        from: z.number(),
        to: z.number(),
        files: z.array(
          z.object({
            name: VersionFile.shape.name,
            diff: z.string().describe("Unified; empty where nothing changed"),
          }),
        ),
        operations: OperationChanges,
      }),
    ),
};
