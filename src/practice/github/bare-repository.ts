import fs from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as git from "isomorphic-git";

type Signature = { name: string; email: string; date: Date };
export type NewCommit = { tree: string; parents: string[]; message: string; author: Signature; committer: Signature };
export type Entry = { path: string; mode: string; type: "blob" | "tree" | "commit"; sha: string; size?: number };

export type BareRepository = ReturnType<typeof openBareRepository>;

/** A bare git repository on disk: any git can clone it. Written by isomorphic-git, so that no git has to be installed. */
export function openBareRepository(gitdir: string) {
  const at = { fs, gitdir, cache: {} };
  const inTime = ({ name, email, date }: Signature) => ({
    name,
    email,
    timestamp: Math.floor(date.getTime() / 1000),
    timezoneOffset: 0,
  });

  async function writeTree(files: Map<string, string>): Promise<string> {
    const here: { mode: string; path: string; oid: string; type: "blob" | "tree" }[] = [];
    const folders = new Map<string, Map<string, string>>();
    for (const [path, oid] of files) {
      const slash = path.indexOf("/");
      if (slash < 0) here.push({ mode: "100644", path, oid, type: "blob" });
      else {
        const name = path.slice(0, slash);
        folders.set(name, (folders.get(name) ?? new Map<string, string>()).set(path.slice(slash + 1), oid));
      }
    }
    for (const [path, inner] of folders) here.push({ mode: "040000", path, oid: await writeTree(inner), type: "tree" });
    return git.writeTree({ ...at, tree: here });
  }

  const repository = {
    gitdir,

    init: () => git.init({ ...at, bare: true, defaultBranch: "main" }),

    head: (branch: string) =>
      git.resolveRef({ ...at, ref: `refs/heads/${branch}` }).catch((): string | undefined => undefined),

    setHead: (branch: string, sha: string) =>
      git.writeRef({ ...at, ref: `refs/heads/${branch}`, value: sha, force: true }),

    /** Undefined when there is no such commit. */
    commit: (sha: string) =>
      git.readCommit({ ...at, oid: sha }).then(
        ({ commit }) => commit,
        () => undefined,
      ),

    writeCommit: ({ author, committer, parents, ...rest }: NewCommit) =>
      git.writeCommit({
        ...at,
        commit: { ...rest, parent: parents, author: inTime(author), committer: inTime(committer) },
      }),

    writeBlob: (text: string) => git.writeBlob({ ...at, blob: new TextEncoder().encode(text) }),

    blob: (sha: string) =>
      git.readBlob({ ...at, oid: sha }).then(
        ({ blob }) => Buffer.from(blob),
        () => undefined,
      ),

    /** A tree's entries, folders before what is in them; undefined when there is no such tree. */
    async tree(sha: string, recursive: boolean, below = ""): Promise<Entry[] | undefined> {
      const read = await git.readTree({ ...at, oid: sha }).catch(() => undefined);
      if (!read) return undefined;
      const entries: Entry[] = [];
      for (const { path, mode, type, oid } of read.tree) {
        entries.push({ path: below + path, mode, type, sha: oid });
        if (recursive && type === "tree")
          entries.push(...((await repository.tree(oid, true, `${below}${path}/`)) ?? []));
      }
      return entries;
    },

    /** Blob by path, of a commit or a tree. */
    async files(sha: string): Promise<Map<string, string>> {
      const tree = (await repository.commit(sha))?.tree ?? sha;
      const entries = (await repository.tree(tree, true)) ?? [];
      return new Map(entries.filter(({ type }) => type === "blob").map((one) => [one.path, one.sha]));
    },

    writeTree,

    isAncestor: async (sha: string, of: string) =>
      sha === of || (await git.isDescendent({ ...at, oid: of, ancestor: sha, depth: -1 })),

    mergeBase: async (a: string, b: string): Promise<string | undefined> =>
      (await git.findMergeBase({ ...at, oids: [a, b] }))[0],

    /** Both changes since they parted, path by path; undefined where both changed the same file differently. */
    async merged(ours: string, theirs: string): Promise<Map<string, string> | undefined> {
      const parted = await repository.mergeBase(ours, theirs);
      const base = parted ? await repository.files(parted) : new Map<string, string>();
      const [mine, other] = [await repository.files(ours), await repository.files(theirs)];
      const result = new Map(mine);
      for (const path of new Set([...base.keys(), ...other.keys()])) {
        const [was, is, wanted] = [base.get(path), mine.get(path), other.get(path)];
        if (wanted === was || wanted === is) continue;
        if (is !== was) return undefined;
        if (wanted === undefined) result.delete(path);
        else result.set(path, wanted);
      }
      return result;
    },

    /** The files of a branch or commit in a folder, as a clone has them. */
    async checkOut(ref: string, folder: string): Promise<void> {
      for (const [path, oid] of await repository.files((await repository.head(ref)) ?? ref)) {
        const file = join(folder, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, (await repository.blob(oid)) ?? "");
      }
    },
  };
  return repository;
}
