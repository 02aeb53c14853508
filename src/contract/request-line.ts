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
