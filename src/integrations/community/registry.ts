import { z } from "zod";
import { sha256 } from "../../../community/scripts/review.ts";
import { type CommunityFile, communityFiles } from "../../contract/community.ts";
import { Slug } from "../../contract/integration.ts";

const Hash = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const Entry = z.object({
  slug: Slug,
  name: z.string().max(200),
  description: z.string().max(2000),
  docsUrl: z.string().optional(),
  baseUrl: z.string().optional(),
  hosts: z.array(z.string()),
  contentHash: Hash,
  files: z.record(z.enum(communityFiles), Hash),
});
export type RegistryEntry = z.infer<typeof Entry>;

/**
 * `registry.json` of the community repository, as `build-registry` writes it. An entry that is none is left out and named: it
 * takes no other with it.
 */
export const Registry = z
  .object({ version: z.literal(1), integrations: z.array(z.unknown()).max(20_000) })
  .transform(({ version, integrations }) => {
    const read = integrations.map((one) => ({ one, entry: Entry.safeParse(one) }));
    return {
      version,
      integrations: read.flatMap(({ entry }) => (entry.success ? [entry.data] : [])),
      left: read.flatMap(({ one, entry }, index) =>
        entry.success ? [] : [`entry ${index + 1}${calledOf(one)} (${whyOf(entry.error)})`],
      ),
    };
  });
export type Registry = z.infer<typeof Registry>;

/** Reads the text of `registry.json`; undefined when it is none, whole: then nothing can be said of any entry. */
export function readRegistry(text: string): Registry | undefined {
  try {
    return Registry.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function calledOf(entry: unknown): string {
  const named = z.object({ slug: z.string() }).safeParse(entry);
  return named.success ? `, ${JSON.stringify(named.data.slug.slice(0, 60))}` : "";
}

function whyOf({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join(".").slice(0, 60)}: ${issue?.message.slice(0, 200)}`;
}

/** Whether these are the files the registry names: a file that was changed by itself is not taken. */
export function isAsListed(entry: RegistryEntry, files: Partial<Record<CommunityFile, string>>): boolean {
  return communityFiles.every((name) => {
    const text = files[name];
    return text !== undefined && sha256(text) === entry.files[name];
  });
}

type Described = { slug: string; baseUrl: string; docsUrl?: string; hosts: string[] };

/** The entry for the same service, whatever it is called there: by slug, by where its API is, by its documentation. */
export function sameService(registry: Registry, offered: Described): RegistryEntry | undefined {
  const at = (url: string | undefined) => url?.replace(/\/+$/, "").toLowerCase();
  const within = (one: string | undefined, other: string | undefined) =>
    one !== undefined &&
    other !== undefined &&
    (one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`));
  return (
    registry.integrations.find(
      ({ slug, hosts }) => slug === offered.slug && hosts.some((host) => offered.hosts.includes(host)),
    ) ??
    registry.integrations.find(({ baseUrl }) => within(at(baseUrl), at(offered.baseUrl))) ??
    registry.integrations.find(
      ({ docsUrl, hosts }) =>
        docsUrl !== undefined &&
        at(docsUrl) === at(offered.docsUrl) &&
        hosts.some((host) => offered.hosts.includes(host)),
    )
  );
}
