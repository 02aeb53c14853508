import { z } from "zod";

/** Whether an operation only looks or changes something. What is not known to be a read is a write. */
export const Access = z.enum(["read", "write"]);
export type Access = z.infer<typeof Access>;

/** What happens to a request: it runs, it waits for a person, or it never runs. The most restrictive wins. */
export const Decision = z.enum(["allow", "ask", "deny"]);
export type Decision = z.infer<typeof Decision>;

const strictness = { allow: 0, ask: 1, deny: 2 } as const;

export function mostRestrictive(decisions: Decision[], otherwise: Decision): Decision {
  if (decisions.length === 0) return otherwise;
  return decisions.reduce((a, b) => (strictness[b] > strictness[a] ? b : a));
}

/** A rule at one level; `operation` is an operation name or a pattern with `*`, e.g. `cards *`. */
export const Policy = z.object({
  id: z.string(),
  level: z.enum(["tenant", "integration", "connection", "workflow"]),
  /** Integration id, connection id or workflow id; absent at tenant level. */
  subject: z.string().optional(),
  operation: z.string().min(1).max(200),
  /** Restricts the rule to reads or writes; absent: both. */
  access: Access.optional(),
  decision: Decision,
  createdAt: z.date(),
});
export type Policy = z.infer<typeof Policy>;
