import { z } from "zod";
import { Access } from "./access.ts";

/** What will be sent if the answer is yes. Decided once; ends at `expiresAt` as "no". */
export const Approval = z.object({
  id: z.string(),
  conversationId: z.string().nullable(),
  integration: z.object({ slug: z.string(), name: z.string() }),
  account: z.string(),
  connectionId: z.string(),
  operation: z.string(),
  access: Access,
  /** One sentence in plain words: "Add a card to a list". */
  summary: z.string(),
  request: z.object({
    method: z.string(),
    host: z.string(),
    path: z.string(),
    /** Query as sent, without the credential. */
    query: z.string(),
    contentType: z.string().nullable(),
    /** The tool's own headers, but those that say nothing of what is done: they can name another account, or a condition. */
    headers: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
    /** Text as sent, cut at 20,000 characters; for other bytes a note of their size. */
    body: z.string().nullable(),
    bodyBytes: z.number(),
  }),
  /** Why it asks: a write, a policy, an operation new since the last update, or one that is in no list. */
  reason: z.string(),
  status: z.enum(["pending", "approved", "denied", "expired"]),
  /** A yes holds for one request; `used` tells whether it was sent. */
  used: z.boolean(),
  createdAt: z.date(),
  expiresAt: z.date(),
  decidedAt: z.date().nullable(),
});
export type Approval = z.infer<typeof Approval>;

export const ApprovalAnswer = z.enum(["yes", "no", "always"]);
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;
