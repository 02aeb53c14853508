import { z } from "zod";
import { showHidden } from "../../contract/marked-data.ts";
import { type AgentTool, agentTool } from "./tool.ts";

const text = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .transform((value) => showHidden(value).slice(0, longest));

const Input = z.object({
  question: text(500),
  choices: z
    .array(z.object({ label: text(120), hint: text(200).optional(), say: text(1_000).optional() }))
    .min(1)
    .max(20),
});

/** A button must not say an address in the person's name that they do not see on it. */
function hidesAddress(label: string, say: string): boolean {
  const addresses = say.matchAll(/[a-z]+:\/\/\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b/gi);
  return [...addresses].some(([address]) => !label.includes(address));
}

/** Shows the person buttons (numbers in the terminal) and ends the turn; what they pick is their next message. */
export function choicesTool(): AgentTool {
  return agentTool({
    name: "choices",
    input: Input,
    jsonSchema: {
      type: "object",
      properties: {
        question: { type: "string" },
        choices: {
          type: "array",
          items: {
            type: "object",
            properties: {
              label: { type: "string" },
              hint: { type: "string" },
              say: { type: "string", description: "What choosing it says; the label when left out." },
            },
            required: ["label"],
          },
        },
      },
      required: ["question", "choices"],
    },
    title: ({ question }) => question,
    async run({ question, choices }, call) {
      const shown = choices.map(({ say = "", ...one }) => ({
        ...one,
        say: say === "" || hidesAddress(one.label, say) ? one.label : say,
      }));
      await call.emit({ type: "choices", question, choices: shown });
      return { content: "Shown. The person's next message is their choice.", endsTurn: true };
    },
  });
}
