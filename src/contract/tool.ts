import { z } from "zod";
import { Access } from "./access.ts";
import { Place } from "./auth-method.ts";

const Name = z.string().min(1).max(200);
const Text = z.string().max(4000);
const Headers = z.record(z.string().max(200), z.string().max(2000));
const Security = z.array(z.array(z.string().max(100)).max(10)).max(50);

const Style = z.enum([
  "form",
  "simple",
  "label",
  "matrix",
  "deepObject",
  "pipeDelimited",
  "spaceDelimited",
  "tabDelimited",
  "cookie",
]);
const InputType = z.enum(["string", "integer", "number", "boolean", "array", "object", "file", "any"]);

/** One thing that can be given to an operation; what is absent the kit derives. */
export const ToolInput = z.object({
  in: z.enum(["path", "query", "header", "cookie", "body", "querystring"]).optional(),
  name: z.string().max(300).optional(),
  at: z.array(z.string().max(300)).max(20).optional(),
  type: InputType.optional(),
  items: InputType.optional(),
  enum: z
    .array(z.union([z.string().max(1000), z.number(), z.boolean()]))
    .max(2000)
    .optional(),
  required: z.boolean().optional(),
  default: z.unknown().optional(),
  max: z.number().optional(),
  help: Text.optional(),
  shape: z.string().max(1000).optional(),
  style: Style.optional(),
  explode: z.boolean().optional(),
  allowReserved: z.boolean().optional(),
  content: z.string().max(200).optional(),
});
export type ToolInput = z.infer<typeof ToolInput>;

const Encoding = z.object({
  contentType: z.string().max(300).optional(),
  style: Style.optional(),
  explode: z.boolean().optional(),
  allowReserved: z.boolean().optional(),
  headers: Headers.optional(),
});

type XmlHint = {
  name?: string;
  attribute?: boolean;
  text?: boolean;
  wrapped?: boolean;
  prefix?: string;
  namespace?: string;
  fields?: { [name: string]: XmlHint };
  items?: XmlHint;
};
const XmlHint: z.ZodType<XmlHint> = z.lazy(() =>
  z.object({
    name: z.string().max(200).optional(),
    attribute: z.boolean().optional(),
    text: z.boolean().optional(),
    wrapped: z.boolean().optional(),
    prefix: z.string().max(100).optional(),
    namespace: z.string().max(500).optional(),
    fields: z.record(z.string().max(300), XmlHint).optional(),
    items: XmlHint.optional(),
  }),
);

const items = z.string().max(300).optional();
const Pages = z.discriminatedUnion("by", [
  z.object({ by: z.literal("cursor"), parameter: Name, next: Name, more: Name.optional(), items }),
  z.object({
    by: z.literal("page"),
    parameter: Name,
    size: Name.optional(),
    start: z.number().int().optional(),
    items,
  }),
  z.object({ by: z.literal("offset"), parameter: Name, size: Name.optional(), items }),
  z.object({ by: z.literal("link"), items }),
  z.object({ by: z.literal("url"), next: Name, items }),
]);

export const ToolOperation = z.object({
  id: z.string().max(300).optional(),
  access: Access,
  /** `GET /boards/{id}`, or `POST https://other.example/x`: every request the operation may make. */
  requests: z
    .array(
      z
        .string()
        .max(2000)
        .regex(/^[A-Z]+ (?:\/|https?:\/\/)/),
    )
    .min(1)
    .max(50),
  server: z.string().max(500).optional(),
  whole: z.record(z.string().max(300), z.string().max(500)).optional(),
  summary: Text.optional(),
  /** Why it counts as read or write, where the method alone does not tell. */
  reason: Text.optional(),
  input: z.record(z.string().max(300), ToolInput).optional(),
  body: z
    .object({
      types: z.array(z.string().max(300)).max(50).optional(),
      required: z.boolean().optional(),
      help: Text.optional(),
      encoding: z.record(z.string().max(300), Encoding).optional(),
      xml: XmlHint.optional(),
    })
    .optional(),
  pages: Pages.optional(),
  security: Security.optional(),
  scopes: z.array(z.string().max(300)).max(200).optional(),
  headers: Headers.optional(),
  graphql: z
    .object({
      type: z.enum(["query", "mutation"]),
      field: z.string().max(300),
      variables: z.record(z.string().max(300), z.string().max(300)).optional(),
      select: z.string().max(8000).optional(),
    })
    .optional(),
  deprecated: z.boolean().optional(),
  /** Has code, so running it needs the tool's file. */
  coded: z.literal(true).optional(),
});
export type ToolOperation = z.infer<typeof ToolOperation>;

/** Most operations one tool may have. */
export const mostOperations = 20_000;

/**
 * What a tool's `--describe` prints. It comes out of generated code, so it is parsed like any stranger's data; nothing in
 * it grants anything: the gateway decides on the request, by the rules a person has seen.
 */
export const ToolDescription = z.object({
  slug: z.string().regex(/^[a-z][a-z0-9-]{0,48}[a-z0-9]$/),
  summary: Text.optional(),
  baseUrl: z.string().max(500).optional(),
  variables: z.record(z.string().max(100), z.string().max(200)).optional(),
  auth: z.record(z.string().max(100), z.union([Place, z.array(Place).max(4)])).optional(),
  security: Security.optional(),
  headers: Headers.optional(),
  hosts: z.array(z.string().max(300)).max(100),
  operations: z
    .record(Name, ToolOperation)
    .refine((operations) => Object.keys(operations).length <= mostOperations, `at most ${mostOperations} operations`),
});
export type ToolDescription = z.infer<typeof ToolDescription>;
