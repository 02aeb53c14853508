import { z } from "zod";
import { Access } from "./access.ts";

const Named = z.object({
  name: z.string().meta({ examples: ["cards create"] }),
  access: Access,
  requests: z.array(z.string()),
  summary: z.string(),
});

/** What a version changes beside the one before it: what a person sees before they say yes to it. */
export const Update = z.object({
  integration: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
  before: z.object({ versionId: z.string(), version: z.number() }),
  after: z.object({ versionId: z.string(), version: z.number(), status: z.enum(["draft", "ready"]) }),
  added: z.array(Named),
  removed: z.array(Named),
  changed: z.array(
    Named.extend({
      was: Access.describe("Whether it counted as a read or a write before"),
      what: z.array(z.string()).meta({ examples: [["it needs --list-id now"]] }),
    }),
  ),
  hosts: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }),
  baseUrl: z.object({ before: z.string(), after: z.string() }).optional(),
  signIn: z.array(z.string()).describe("What changes in the ways to sign in"),
  startAtAsk: z.array(z.string()).describe("Operations that ask first, reads too, until somebody allows them"),
  signInAgain: z
    .boolean()
    .describe("Whether accounts have to sign in again, because their secrets were entered for other hosts"),
  isSame: z.boolean().describe("Nothing differs but words"),
});
export type Update = z.infer<typeof Update>;

/** The difference in a few lines, as the terminal and a chat show it. */
export function updateLines(difference: Update, most = 8): string[] {
  const { before, after, added, removed, changed, hosts, baseUrl, signIn, startAtAsk, signInAgain, isSame } =
    difference;
  const lines = [`version ${before.version} → ${after.version}`];
  const some = (title: string, all: string[]) => {
    for (const one of all.slice(0, most)) lines.push(`${title} ${one}`);
    if (all.length > most) lines.push(`${title} … ${all.length - most} more`);
  };
  some(
    "+",
    added.map(({ name, access, summary }) => `${name} (${access})${summary ? `: ${summary}` : ""}`),
  );
  some(
    "-",
    removed.map(({ name, access }) => `${name} (${access})`),
  );
  some(
    "~",
    changed.map(({ name, what }) => `${name}: ${what.join("; ")}`),
  );
  for (const host of hosts.added) lines.push(`it would also reach ${host}`);
  for (const host of hosts.removed) lines.push(`it no longer reaches ${host}`);
  if (baseUrl) lines.push(`its base URL becomes ${baseUrl.after}, it was ${baseUrl.before}`);
  lines.push(...signIn);
  if (startAtAsk.length > 0)
    lines.push(
      `${startAtAsk.length === 1 ? "1 operation asks" : `${startAtAsk.length} operations ask`} before each use until you allow ${startAtAsk.length === 1 ? "it" : "them"}`,
    );
  if (signInAgain)
    lines.push("accounts have to sign in again: their secrets were entered for other hosts or another way to sign in");
  if (isSame) lines.push("only words differ");
  return lines;
}
