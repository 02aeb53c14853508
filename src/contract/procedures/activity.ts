import { oc } from "@orpc/contract";
import { z } from "zod";
import { Access } from "../access.ts";
import { Fault } from "../fault.ts";
import { Slug } from "../integration.ts";
import { Id } from "./shapes.ts";

const route = { tags: ["Activity"] };

/**
 * `use`: a request with a credential; `connect`: signed in, again too, or ended; `connection`: paused, renamed, gone back …;
 * `client`: OAuth clients; `access`: keys, sessions and sign-in links of Patchbay itself.
 */
export const ActivityKind = z.enum([
  "use",
  "refresh",
  "approval",
  "policy",
  "connect",
  "disconnect",
  "connection",
  "client",
  "integration",
  "access",
  "other",
]);
export type ActivityKind = z.infer<typeof ActivityKind>;

/** `unknown`: a write was sent and its answer never seen. */
export const ActivityOutcome = z.enum(["ok", "refused", "failed", "unknown"]);
export type ActivityOutcome = z.infer<typeof ActivityOutcome>;

/** Who did what with which account, when, and how it ended. Never holds a secret, a body or a query string. */
export const ActivityEntry = z.object({
  id: z.string(),
  at: z.date(),
  kind: ActivityKind,
  action: z.string().meta({ examples: ["connection.refresh"] }),
  outcome: ActivityOutcome,
  /** One line in plain words: `boards list`, `Renewed the sign-in`. */
  text: z.string(),
  person: z.object({ id: z.string(), name: z.string() }).nullable(),
  integration: z.object({ slug: z.string(), name: z.string() }).nullable(),
  connection: z.object({ id: z.string(), label: z.string() }).nullable(),
  /** What was sent, for `use`. */
  request: z
    .object({
      access: Access,
      method: z.string(),
      host: z.string(),
      path: z.string(),
      status: z.number().nullable(),
      ms: z.number().nullable(),
    })
    .optional(),
  facts: z.record(z.string(), z.unknown()),
});
export type ActivityEntry = z.infer<typeof ActivityEntry>;

export const ActivityFilter = z.object({
  kind: ActivityKind.optional(),
  slug: Slug.optional(),
  connectionId: Id.optional(),
  outcome: ActivityOutcome.optional(),
  from: z.coerce.date().optional(),
  to: z.coerce.date().optional(),
  cursor: z.string().max(200).optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export type ActivityFilter = z.infer<typeof ActivityFilter>;

export const activity = {
  list: oc
    .route({
      ...route,
      method: "GET",
      path: "/activity",
      summary: "What was done with which account, newest first",
      description: "An owner sees everybody's, others their own. Pass `next` as `cursor` for the page that follows.",
    })
    .input(ActivityFilter)
    .output(z.object({ entries: z.array(ActivityEntry), next: z.string().nullable() })),
};

export const Wanted = z.object({
  subject: z.string().meta({ examples: ["trello"] }),
  /** How often it was asked for, and how often nothing came of it. */
  asked: z.number(),
  failed: z.number(),
  /** Of the failed: nothing was found at all. */
  missing: z.number(),
  lastDay: z.string().meta({ examples: ["2026-11-29"] }),
});
export type Wanted = z.infer<typeof Wanted>;

export const wanted = {
  list: oc
    .route({
      ...route,
      method: "GET",
      path: "/most-wanted",
      summary: "Services asked for in vain, most wanted first",
    })
    .input(z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }))
    .output(z.array(Wanted)),
};

export const Health = z.object({
  slug: z.string(),
  days: z.number(),
  calls: z.number(),
  /** Calls without an answer, or answered with 500 and above. */
  failures: z.number(),
  errorRate: z.number().describe("failures / calls; 0 when there were none"),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  lastCallAt: z.date().nullable(),
  lastFailure: z.object({ at: z.date(), operation: z.string().nullable(), status: z.number().nullable() }).nullable(),
  faults: z
    .array(Fault.extend({ count: z.number(), people: z.number(), firstAt: z.date(), lastAt: z.date() }))
    .describe("How the version in use fails as if the service had changed, counted over people; most people first"),
  /** A day each, oldest first, days without a call too. */
  series: z.array(
    z.object({
      day: z.string().meta({ examples: ["2026-11-29"] }),
      calls: z.number(),
      failures: z.number(),
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
    }),
  ),
  /** The newest calls. */
  last: z.array(
    z.object({
      at: z.date(),
      operation: z.string().nullable(),
      access: Access,
      method: z.string(),
      path: z.string(),
      status: z.number().nullable(),
      ms: z.number().nullable(),
      outcome: ActivityOutcome,
      account: z.string().nullable(),
    }),
  ),
});
export type Health = z.infer<typeof Health>;
