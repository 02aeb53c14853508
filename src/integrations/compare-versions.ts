import { type CommunityFile, communityFiles } from "../contract/community.ts";
import { Problem } from "../contract/problem.ts";
import type { Transaction } from "../database/database.ts";
import { requestsByOperation } from "./publish.ts";
import { getToolFile } from "./tool-file.ts";
import { unifiedDiff } from "./unified-diff.ts";
import { versionFiles } from "./version-files.ts";

export type VersionDifference = {
  from: number;
  to: number;
  files: { name: CommunityFile; diff: string }[];
  operations: { added: string[]; removed: string[]; changed: string[] };
};

/**
 * What is different between two versions of one integration, in its files and in what it can do.
 *
 * @throws Problem `not_found`; `input_invalid` for versions of two integrations.
 */
export async function compareVersions(
  tx: Transaction,
  { from, to }: { from: string; to: string },
): Promise<VersionDifference> {
  const [before, after] = [await versionFiles(tx, { versionId: from }), await versionFiles(tx, { versionId: to })];
  if (before.integration.id !== after.integration.id) {
    throw new Problem("input_invalid", { detail: "choose two versions of the same integration." });
  }
  return {
    from: before.integration.version,
    to: after.integration.version,
    files: communityFiles.map((name) => ({
      name,
      diff: unifiedDiff(name, before.contents[name], after.contents[name]),
    })),
    operations: await changesOf(tx, from, to),
  };
}

async function changesOf(tx: Transaction, from: string, to: string): Promise<VersionDifference["operations"]> {
  const known = requestsByOperation((await getToolFile(tx, from)).rules);
  const next = requestsByOperation((await getToolFile(tx, to)).rules);
  const names = (from: Map<string, string>, kept: (name: string) => boolean) => [...from.keys()].filter(kept);
  return {
    added: names(next, (name) => !known.has(name)),
    removed: names(known, (name) => !next.has(name)),
    changed: names(next, (name) => known.has(name) && known.get(name) !== next.get(name)),
  };
}
