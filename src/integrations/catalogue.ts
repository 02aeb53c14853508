import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CommunityConfig, type CommunityFile, communityFiles } from "../contract/community.ts";
import type { IntegrationDraft } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import { isNamed, score, wordsOf } from "./search.ts";

/** The integrations anybody here can connect: those that came along, and over them what the community has approved since. */
export type Catalogue = {
  readonly entries: readonly CommunityConfig[];
  /** Lays these over what came along, in place of what was laid over it before. */
  use(approved: ReadonlyMap<string, Record<CommunityFile, string>>): void;
  /** The files that came along under this name, whatever lies over them. */
  along(slug: string): Promise<Record<CommunityFile, string> | undefined>;
  /** The one entry a wish names, as in "connect me to Trello please"; undefined when it names none. */
  find(wish: string): CommunityConfig | undefined;
  /** Entries that fit these words, best first; all of them by name when there are none. */
  search(text: string, limit?: number): CommunityConfig[];
  /** The entry's files as they are, undefined where there is no such entry. */
  files(slug: string): Promise<Record<CommunityFile, string> | undefined>;
  /**
   * The entry as a draft that still has to be checked.
   * @throws Problem `not_found`
   */
  draft(slug: string): Promise<Omit<IntegrationDraft, "tool" | "rules">>;
};

/**
 * Reads `folder/<slug>/{cli.ts,config.json,instructions.md}`. An entry that cannot be read is left out and logged: it harms no
 * other. A missing folder is an empty catalogue.
 */
export async function loadCatalogue(folder: string, log?: (line: string) => void): Promise<Catalogue> {
  const names = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const read = await Promise.all(
    names.filter((one) => one.isDirectory()).map(({ name }) => readEntry(folder, name, log)),
  );
  const along = read.filter((entry) => entry !== undefined);
  let approved: ReadonlyMap<string, Record<CommunityFile, string>> = new Map();
  let entries: CommunityConfig[] = [];
  let bySlug = new Map<string, CommunityConfig>();
  const use: Catalogue["use"] = (given) => {
    approved = given;
    bySlug = new Map(along.map((entry) => [entry.slug, entry]));
    for (const [slug, { "config.json": config }] of given) bySlug.set(slug, CommunityConfig.parse(JSON.parse(config)));
    entries = [...bySlug.values()].toSorted(
      (a, b) => a.name.localeCompare(b.name, "en") || a.slug.localeCompare(b.slug, "en"),
    );
  };
  use(approved);

  const files = async (slug: string) => approved.get(slug) ?? (await readAlong(slug));
  const readAlong = async (slug: string) => {
    if (!along.some((entry) => entry.slug === slug)) return undefined;
    const texts = await Promise.all(communityFiles.map((name) => readFile(join(folder, slug, name), "utf8")));
    return Object.fromEntries(communityFiles.map((name, at) => [name, texts[at] ?? ""])) as Record<
      CommunityFile,
      string
    >;
  };

  return {
    get entries() {
      return entries;
    },
    use,
    files,
    along: readAlong,

    find(wish) {
      const words = wordsOf(wish);
      const named = entries.filter((entry) => isNamed(entry, words));
      // "Google Drive" is meant when both it and "Google" are named.
      return named.toSorted((a, b) => b.name.length - a.name.length)[0];
    },

    search(text, limit = 20) {
      const words = wordsOf(text);
      if (words.length === 0) return entries.slice(0, limit);
      return entries
        .map((entry) => ({ entry, points: score(entry, words) }))
        .filter(({ points }) => points > 0)
        .toSorted((a, b) => b.points - a.points)
        .slice(0, limit)
        .map(({ entry }) => entry);
    },

    async draft(slug) {
      const entry = bySlug.get(slug);
      const texts = await files(slug);
      if (!entry || !texts) throw new Problem("not_found", { what: "entry in the catalogue" });
      return {
        ...entry,
        origin: "built-in",
        cliCode: texts["cli.ts"],
        instructions: texts["instructions.md"],
        source: { kind: "catalogue" },
      };
    },
  };
}

/** The hosts a service of the catalogue signs in at, `*` for what differs from customer to customer. */
export function signInHosts({ entries }: Catalogue, slug: string): string[] {
  const methods = entries.find((entry) => entry.slug === slug)?.auth ?? [];
  const hosts = methods.flatMap((method) =>
    method.type === "oauth2"
      ? [method.tokenEndpoint, method.refreshEndpoint, method.revocationEndpoint, method.issuer].flatMap(
          (url) => url?.split("||") ?? [],
        )
      : [],
  );
  return [
    ...new Set(hosts.map((url) => (/^\s*(?:https?:\/\/)?([^/?#]*)/.exec(url)?.[1] ?? "").replace(/\{[^}]*\}/g, "*"))),
  ].filter(
    // A name that could be anybody's binds nothing.
    (host) => /[a-z0-9-]+\.[a-z]{2,}(:\d+)?$/i.test(host),
  );
}

async function readEntry(folder: string, name: string, log?: (line: string) => void) {
  try {
    const config: unknown = JSON.parse(await readFile(join(folder, name, "config.json"), "utf8"));
    const parsed = CommunityConfig.safeParse(config);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new Error(`${issue?.path.join(".") || "config.json"}: ${issue?.message}`);
    }
    if (parsed.data.slug !== name) throw new Error(`its slug is "${parsed.data.slug}"`);
    return parsed.data;
  } catch (error) {
    log?.(`left out of the catalogue: ${name} (${error instanceof Error ? error.message : "unreadable"})`);
    return undefined;
  }
}
