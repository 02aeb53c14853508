import { desc, eq, isNotNull, sql } from "drizzle-orm";
import { z } from "zod";
import { type Rules, validate } from "../../../community/scripts/validate.ts";
import { CommunityConfig, type CommunityFile, communityFiles } from "../../contract/community.ts";
import { Problem } from "../../contract/problem.ts";
import { type Database, outsideTenants } from "../../database/database.ts";
import { communitySnapshot } from "../../database/tables.ts";
import type { Octokit, Repository } from "./github.ts";
import { readBase } from "./put-offer.ts";
import { isAsListed, readRegistry } from "./registry.ts";

type Files = Record<CommunityFile, string>;

/** The community repository at one commit. */
export type Snapshot = {
  commit: string;
  repository: string;
  files: Map<string, Files>;
  pulledAt: Date;
  installedAt: Date | null;
};

const StoredFiles = z.record(
  z.string(),
  z.object(Object.fromEntries(communityFiles.map((name) => [name, z.string()])) as Record<CommunityFile, z.ZodString>),
);

type Needs = {
  database: Database;
  octokit: Octokit;
  /** `commit`: pinned by whoever runs this server; absent: the default branch. */
  repository: Repository & { commit?: string };
  rules: Rules;
  /** What is here already under a content hash, so that only what changed is fetched. */
  known(slug: string): Promise<Files | undefined>;
  log(line: string): void;
};

/**
 * Takes over the community repository at one commit: the registry of that commit, and the files it lists, each judged by its hash
 * and by `validate` before it is kept. What is not as listed is left out; a commit that is here already is not fetched again.
 *
 * @throws Problem, GitHubBusy or GitHubRefused when it cannot be reached, Problem `community_registry_unreadable` when its list
 * is none; what was pulled before stays in use, and the same commit is looked at again the next time.
 */
export async function pull({
  database,
  octokit,
  repository,
  rules,
  known,
  log,
}: Needs): Promise<{ commit: string; isNew: boolean }> {
  const base = await readBase(octokit, repository);
  const at = { owner: base.owner, repo: base.name };
  const commit = repository.commit ?? base.commit;
  if (await readSnapshot(database, commit)) return { commit, isNew: false };
  const { data } = await octokit.git.getTree({ ...at, tree_sha: commit, recursive: "true" });
  const blobs = new Map(
    data.tree.flatMap(({ path, sha, type }) => (type === "blob" && path && sha ? [[path, sha]] : [])),
  );
  const read = async (path: string) => {
    const sha = blobs.get(path);
    if (sha === undefined) return undefined;
    const { data: blob } = await octokit.git.getBlob({ ...at, file_sha: sha });
    return Buffer.from(blob.content, "base64").toString("utf8");
  };
  const whole = readRegistry((await read("registry.json")) ?? "");
  if (!whole) throw new Problem("community_registry_unreadable", { commit: commit.slice(0, 10) });
  const { left, ...registry } = whole;
  const leaveOut = (what: string) => log(`left out of the community's catalogue: ${what}`);
  left.slice(0, mostTold).forEach(leaveOut);
  if (left.length > mostTold) leaveOut(`${left.length - mostTold} more entries that are none`);
  let bytes = 0;
  const files: Record<string, Files> = {};
  for (const entry of registry.integrations) {
    const here = await known(entry.slug);
    const texts = here && isAsListed(entry, here) ? here : await fetchEntry(entry.slug);
    const size = Object.values(texts).reduce((sum, text) => sum + text.length, 0);
    const why = !isAsListed(entry, texts)
      ? "its files are not as listed"
      : bytes + size > mostBytes
        ? `the catalogue would be larger than ${mostBytes / 1e6} MB with it`
        : await faultOf(entry.slug, texts as Files, rules);
    if (why) leaveOut(`${entry.slug} (${why})`);
    else {
      files[entry.slug] = texts as Files;
      bytes += size;
    }
  }
  await outsideTenants(database, (tx) =>
    tx
      .insert(communitySnapshot)
      .values({ commit, repository: `${base.owner}/${base.name}`, registry, files })
      .onConflictDoNothing(),
  );
  return { commit, isNew: true };

  async function fetchEntry(slug: string): Promise<Partial<Files>> {
    const texts: Partial<Files> = {};
    for (const name of communityFiles) {
      const text = await read(`integrations/${slug}/${name}`);
      if (text !== undefined) texts[name] = text;
    }
    return texts;
  }
}

const mostTold = 100;
/** Of all files together: a snapshot is held in memory, and in one row. */
const mostBytes = 50_000_000;

async function faultOf(slug: string, files: Files, rules: Rules): Promise<string | undefined> {
  try {
    return await judge(slug, files, rules);
  } catch (error) {
    return `it cannot be judged: ${error instanceof Error ? error.message.slice(0, 200) : "no reason told"}`;
  }
}

async function judge(slug: string, files: Files, rules: Rules): Promise<string | undefined> {
  const [fault] = await validate(slug, files, rules);
  if (fault) return `${fault.file}:${fault.line}: ${fault.text}`;
  const config = CommunityConfig.safeParse(JSON.parse(files["config.json"]));
  return config.success ? undefined : `config.json: ${config.error.issues[0]?.message}`;
}

/** Makes a snapshot the catalogue of this server. The same again changes nothing. */
export async function install(database: Database, commit: string): Promise<void> {
  await outsideTenants(database, (tx) =>
    tx
      .update(communitySnapshot)
      .set({ installedAt: sql`clock_timestamp()` })
      .where(eq(communitySnapshot.commit, commit)),
  );
}

/** Goes back to what was the catalogue before; undefined: to what came with this Patchbay. */
export async function rollback(database: Database): Promise<string | undefined> {
  return outsideTenants(database, async (tx) => {
    const [now, before] = await tx
      .select({ commit: communitySnapshot.commit })
      .from(communitySnapshot)
      .where(isNotNull(communitySnapshot.installedAt))
      .orderBy(desc(communitySnapshot.installedAt))
      .limit(2);
    if (now)
      await tx.update(communitySnapshot).set({ installedAt: null }).where(eq(communitySnapshot.commit, now.commit));
    return before?.commit;
  });
}

/** The snapshot installed last; undefined while the catalogue is the one that came along. */
export async function installed(database: Database): Promise<Snapshot | undefined> {
  const [row] = await outsideTenants(database, (tx) =>
    tx
      .select()
      .from(communitySnapshot)
      .where(isNotNull(communitySnapshot.installedAt))
      .orderBy(desc(communitySnapshot.installedAt))
      .limit(1),
  );
  return row && readRow(row);
}

/** The snapshot pulled last. */
export async function newest(database: Database): Promise<Snapshot | undefined> {
  const [row] = await outsideTenants(database, (tx) =>
    tx.select().from(communitySnapshot).orderBy(desc(communitySnapshot.pulledAt)).limit(1),
  );
  return row && readRow(row);
}

async function readSnapshot(database: Database, commit: string): Promise<Snapshot | undefined> {
  const [row] = await outsideTenants(database, (tx) =>
    tx.select().from(communitySnapshot).where(eq(communitySnapshot.commit, commit)),
  );
  return row && readRow(row);
}

function readRow({
  commit,
  repository,
  files,
  pulledAt,
  installedAt,
}: typeof communitySnapshot.$inferSelect): Snapshot {
  return { commit, repository, files: new Map(Object.entries(StoredFiles.parse(files))), pulledAt, installedAt };
}
