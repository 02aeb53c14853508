import { z } from "zod";
import { showHidden } from "./marked-data.ts";

/** What a model is told of a service that is connected: all it costs a conversation until it is used. */
export const ConnectedService = z.object({
  slug: z.string(),
  name: z.string(),
  reads: z.number().int(),
  writes: z.number().int(),
  /** The account used when none is named comes first. */
  accounts: z.array(z.object({ label: z.string(), state: z.enum(["connected", "sign in again", "paused"]) })),
});
export type ConnectedService = z.infer<typeof ConnectedService>;

/**
 * One line, at most 40 tokens: `- trello: Trello, 120 reads, 136 writes; accounts: ann@example.com, Work (sign in again)`.
 * Accounts are named in full, so that a command can name them; those that do not fit are counted.
 */
export function lineOf(service: ConnectedService): string {
  const shown: string[] = [];
  let room = accountsRoom;
  for (const { label, state } of service.accounts) {
    const text = state === "connected" ? tidy(label) : `${tidy(label)} (${state})`;
    if (shown.length > 0 && text.length > room) break;
    shown.push(text.slice(0, longestAccount));
    room -= text.length;
  }
  const more = service.accounts.length - shown.length;
  const accounts = [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  const name = tidy(service.name).slice(0, longestName).trim();
  return `- ${service.slug}: ${name}, ${counted(service.reads, "read")}, ${counted(service.writes, "write")}; accounts: ${accounts}`;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

const accountsRoom = 50;
const longestAccount = 60;
const longestName = 28;

/** Reads the lines back out of a prompt. */
export function servicesIn(prompt: string): ConnectedService[] {
  return [...prompt.matchAll(/^- ([a-z][a-z0-9-]*): (.*), (\d+) reads?, (\d+) writes?; accounts: (.*)$/gm)].map(
    (found) => ({
      slug: found[1] ?? "",
      name: found[2] ?? "",
      reads: Number(found[3]),
      writes: Number(found[4]),
      accounts: (found[5] ?? "").split(", ").flatMap((text) => {
        if (/^\d+ more$/.test(text)) return [];
        const state = /^(.*) \((sign in again|paused)\)$/.exec(text);
        return [
          state?.[1] === undefined
            ? { label: text, state: "connected" as const }
            : { label: state[1], state: state[2] as "sign in again" | "paused" },
        ];
      }),
    }),
  );
}

/** Names come from strangers: they keep to their place in the line. */
function tidy(text: string): string {
  return showHidden(text)
    .replace(/[\s,;()<>]+/g, " ")
    .trim();
}
