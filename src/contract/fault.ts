import { z } from "zod";

/**
 * `not_found`: the service knows no such address, or no such thing; `field_refused`: it named a field it does not take, or
 * lacks; `shape_changed`: it answered, in another form than it was known to.
 */
export const FaultKind = z.enum(["not_found", "field_refused", "shape_changed"]);

/** How an operation failed as it would if the service had changed. Holds names and types, never data. */
export const Fault = z.object({
  operation: z.string(),
  kind: FaultKind,
  detail: z.string().meta({ examples: ["title", "items[].name is gone"] }),
});
export type Fault = z.infer<typeof Fault>;

/** The same in words, as a person or a model reads it. */
export function faultInWords({ kind, detail }: Pick<Fault, "kind" | "detail">): string {
  if (kind === "not_found") return "the service answers that there is no such address, or no such thing (404)";
  if (kind === "field_refused")
    return detail === ""
      ? "the service asks for a field that is not known here"
      : `the service did not accept "${detail}"`;
  return `the answer has another form than before: ${detail}`;
}
