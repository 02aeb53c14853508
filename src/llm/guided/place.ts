import { z } from "zod";
import type { ConnectedService } from "../../contract/connected-service.ts";
import { namedIn } from "./fill.ts";
import type { Memory } from "./memory.ts";
import { normal } from "./words.ts";

/** Where in all that is connected a conversation is; carried from note to note. */
export const Place = z.object({
  /** The service that was connected or used last. */
  slug: z.string().optional(),
  /** The account that was connected in this conversation, by service. */
  accounts: z.record(z.string(), z.string()).default({}),
  /** The accounts there were when a connection was begun: the one that is there besides them is the new one. */
  before: z.array(z.string()).default([]),
});
export type Place = z.infer<typeof Place>;

/** The place a note carries. */
export function placeIn(note: unknown): Place {
  const read = z.object({ place: Place }).safeParse(note);
  return read.success ? read.data.place : Place.parse({});
}

/** The place after a service was connected. */
export function afterConnection(place: Place, slug: string, services: ConnectedService[]): Place {
  const accounts = usable(services.find((one) => one.slug === slug));
  const added = accounts.filter((label) => !place.before.includes(`${slug} ${label}`));
  const account = added.length === 1 ? added[0] : accounts.length === 1 ? accounts[0] : undefined;
  return { ...place, slug, accounts: { ...place.accounts, ...(account === undefined ? {} : { [slug]: account }) } };
}

/** The place after an answer. */
export function placeAfter(place: Place, memory: Memory, services: ConnectedService[]): Place {
  const before = services.flatMap((one) => usable(one).map((label) => `${one.slug} ${label}`));
  if (memory.step === "connecting") return { ...place, before };
  const slug =
    "stack" in memory ? memory.stack[0]?.slug : "task" in memory ? memory.task.slug : "slug" in memory && memory.slug;
  return slug ? { ...place, slug } : place;
}

const usable = (service: ConnectedService | undefined) =>
  (service?.accounts ?? []).filter(({ state }) => state === "connected").map(({ label }) => label);

/** The account to use, none where the first will do, and what to call the place beside an answer. */
export type Where = { account?: string; where?: string };

export function whereOf(sentence: string, services: ConnectedService[], place: Place, slug: string): Where {
  const service = services.find((one) => one.slug === slug);
  if (!service) return {};
  const { accounts, name } = service;
  const connected = accounts.find(({ label }) => label === place.accounts[slug])?.label;
  const account = accounts.length < 2 ? undefined : (namedIn(sentence, accounts)?.label ?? connected);
  if (services.length < 2 && accounts.length < 2) return {};
  const used = account ?? accounts[0]?.label;
  return { ...(account ? { account } : {}), where: used ? `${name}, ${used}` : name };
}

/** The services a sentence names; of "practice" and "practice 2" the one that was said in full. */
export function servicesNamedIn(sentence: string, services: ConnectedService[]): ConnectedService[] {
  const plain = ` ${normal(sentence)} `;
  const said = services.map((service) => {
    const names = [normal(service.slug), normal(service.name)].filter((name) => plain.includes(` ${name} `));
    return { service, length: Math.max(0, ...names.map((name) => name.length)), names };
  });
  return said
    .filter(
      ({ length, names }) =>
        length > 0 &&
        !said.some(
          (other) => other.length > length && names.every((name) => other.names.some((one) => one.includes(name))),
        ),
    )
    .map(({ service }) => service);
}
