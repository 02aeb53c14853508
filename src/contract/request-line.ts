import { z } from "zod";
import { Access } from "./access.ts";

/** One request a run made, for telling what already happened. Holds no query, body or secret. */
export const RequestLine = z.object({
  operation: z.string().nullable(),
  access: Access,
  method: z.string(),
  host: z.string(),
  path: z.string(),
  status: z.number().int().nullable(),
  /** `sent`: on its way, or the answer was never seen; `refused`: by us, it never left. */
  outcome: z.enum(["sent", "answered", "failed", "refused"]),
  ms: z.number().int().nullable(),
  at: z.date(),
});
export type RequestLine = z.infer<typeof RequestLine>;

/** One request a command in a conversation made, as its card shows it in a line. */
export const RequestBrief = RequestLine.pick({
  operation: true,
  access: true,
  method: true,
  host: true,
  path: true,
  status: true,
  ms: true,
}).extend({ service: z.string(), account: z.string() });
export type RequestBrief = z.infer<typeof RequestBrief>;

/** The same, raw: as sent, before the credential was added, and what came back, the credential taken out. */
export const RawRequest = RequestBrief.extend({
  query: z.string(),
  contentType: z.string().nullable(),
  body: z.string().nullable(),
  answer: z
    .object({ contentType: z.string().nullable(), text: z.string(), bytes: z.number() })
    .nullable()
    .describe("The beginning of the answer, where one came"),
});
export type RawRequest = z.infer<typeof RawRequest>;
