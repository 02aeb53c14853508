import { z } from "zod";

/** What the page needs of `config.json`; whether it is right is for `validate` to say. */
export const Config = z.looseObject({
  slug: z.string(),
  name: z.string(),
  description: z.string().default(""),
  docsUrl: z.string().optional(),
  baseUrl: z.string(),
  hosts: z.array(z.string()),
  variables: z
    .array(z.looseObject({ name: z.string(), default: z.string().optional(), options: z.array(z.string()).optional() }))
    .optional(),
  auth: z.array(z.looseObject({ type: z.string() })),
  permissions: z
    .looseObject({ confirmedReads: z.record(z.string(), z.string()).default({}) })
    .default({ confirmedReads: {} }),
});
export type Config = z.infer<typeof Config>;
