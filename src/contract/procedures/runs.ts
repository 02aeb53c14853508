import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { Access, Decision, Policy } from "../access.ts";
import { Approval, ApprovalAnswer } from "../approval.ts";
import { Slug } from "../integration.ts";
import { Id, Nothing } from "./shapes.ts";

const Operation = z.object({
  slug: Slug.meta({ examples: ["trello"] }),
  words: z
    .array(z.string().max(100_000))
    .max(200)
    .describe("What stands after the tool's name on a command line")
    .meta({ examples: [["boards", "list", "--limit", "3"]] }),
  account: z.string().max(200).optional().describe("Label or id of the account; the default one when left out"),
  stdin: z.string().max(10_000_000).optional(),
});

export const RunResult = z.object({
  runId: z.string(),
  stdout: z.string(),
  stderr: z.string(),
  exitCode: z.number().describe("0 ok, 2 usage, 3 sign in again, 4 refused, 5 the service failed"),
  truncated: z.boolean().optional(),
});
export type RunResult = z.infer<typeof RunResult>;

const Waiting = z.object({
  waiting: Approval.describe("The question that waits for an answer; nothing was sent yet"),
  next: z.string().describe("What to do: how to answer, and that the same call is then sent again"),
});

/** Using a tool without a conversation. */
export const runs = {
  /** For curl and scripts: waits for the end. A write nobody approved yet comes back as `waiting`. */
  operation: oc
    .route({
      method: "POST",
      path: "/run",
      tags: ["Runs"],
      summary: "Run one operation",
      description:
        "A read runs at once. A write waits for a yes: after `waitSeconds` the answer is `{waiting: …, next: …}`: the approval that shows the request in full, and what to do. Answer it at `/approvals/{id}/answer`, then send the same call again. A yes holds for that one request.",
    })
    .input(
      Operation.extend({
        waitSeconds: z.number().min(0).max(600).default(0).describe("How long to wait for a yes"),
      }),
    )
    .output(z.union([RunResult, Waiting])),

  /** For the terminal: tells approvals as they are asked and output as it comes; returns the result. */
  watch: oc
    .route({ method: "POST", path: "/run/watch", tags: ["Runs"], summary: "Run one operation and watch it" })
    .input(Operation)
    .output(
      eventIterator(
        z.discriminatedUnion("type", [z.object({ type: z.literal("approval_asked"), approval: Approval })]),
        RunResult,
      ),
    ),
};

/** Questions that wait for a person. */
export const approvals = {
  list: oc
    .route({ method: "GET", path: "/approvals", tags: ["Approvals"], summary: "What waits for an answer" })
    .input(
      z.object({
        conversationId: Id.optional(),
        status: z.enum(["pending", "approved", "denied", "expired"]).optional(),
      }),
    )
    .output(z.array(Approval)),

  answer: oc
    .route({
      method: "POST",
      path: "/approvals/{id}/answer",
      tags: ["Approvals"],
      summary: "Answer yes, no, or always",
      description: "Decided once: a second answer changes nothing. `always` also adds a policy for this operation.",
    })
    .input(z.object({ id: Id, answer: ApprovalAnswer }))
    .output(Approval),
};

/** Rules about what may run. The most restrictive one that fits wins. */
export const policies = {
  list: oc
    .route({ method: "GET", path: "/policies", tags: ["Policies"], summary: "All policies" })
    .output(z.array(Policy)),

  add: oc
    .route({ method: "POST", path: "/policies", tags: ["Policies"], summary: "Add a policy" })
    .input(
      z.object({
        level: Policy.shape.level,
        subject: z.string().max(100).optional().describe("Integration or connection id; none at tenant level"),
        operation: Policy.shape.operation.meta({ examples: ["cards *"] }),
        access: Access.optional(),
        decision: Decision,
      }),
    )
    .output(Policy),

  remove: oc
    .route({ method: "DELETE", path: "/policies/{id}", tags: ["Policies"], summary: "Remove a policy" })
    .input(z.object({ id: Id }))
    .output(Nothing),
};
