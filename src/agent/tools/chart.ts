import { z } from "zod";
import { showHidden } from "../../contract/marked-data.ts";
import { type AgentTool, agentTool } from "./tool.ts";

const text = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .transform((value) => showHidden(value).slice(0, longest));

const Input = z
  .object({
    title: text(160),
    kind: z.enum(["bar", "line"]),
    labels: z
      .array(z.union([z.string(), z.number()]).transform((label) => showHidden(String(label)).slice(0, 80)))
      .min(1)
      .max(400),
    series: z
      .array(z.object({ name: text(80).default("count"), values: z.array(z.number().nullable()) }))
      .min(1)
      .max(6),
    unit: text(20).optional(),
  })
  .refine(({ labels, series }) => series.every(({ values }) => values.length === labels.length), {
    message: "every series needs one value for each label",
  });

/** Shows numbers as a picture, where people would rather look than read. */
export function chartTool(): AgentTool {
  return agentTool({
    name: "chart",
    input: Input,
    jsonSchema: {
      type: "object",
      properties: {
        title: { type: "string" },
        kind: { enum: ["bar", "line"] },
        labels: { type: "array", items: { type: "string" } },
        series: {
          type: "array",
          items: {
            type: "object",
            properties: { name: { type: "string" }, values: { type: "array", items: { type: ["number", "null"] } } },
            required: ["values"],
          },
        },
        unit: { type: "string" },
      },
      required: ["title", "kind", "labels", "series"],
    },
    title: ({ title }) => title,
    async run(chart, call) {
      await call.emit({ type: "chart", chart });
      return { content: "Drawn, with its numbers underneath." };
    },
  });
}
