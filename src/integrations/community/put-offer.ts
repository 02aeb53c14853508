import { createHash } from "node:crypto";
import { GitHubBusy, GitHubRefused, isRefusal, type Octokit, type Repository } from "./github.ts";

/** What is to stand in the pull request. */
export type Wanted = {
  slug: string;
  /** Texts by path inside the repository. */
  files: Map<string, string>;
  title: string;
  /** As the pull request's page shows it; may name the commit it builds on. */
  body: string;
  /** Tells offers of different people apart: nobody's pull request is changed by another's offer. */
  from: string;
  contentHash: string;
  /** When the version was proven: the same offer makes the same commit, on whatever server and however often. */
  at: Date;
};

export type Put = { number: number; url: string; head: string; isNew: boolean; labelled: boolean };

/** Where the offer starts: the default branch at one commit. */
export type Base = Repository & { branch: string; commit: string; tree: string; mayPush: boolean };

/** The repository as it is now, under its name of today when it was renamed. */
export async function readBase(octokit: Octokit, { owner, name }: Repository): Promise<Base> {
  const { data } = await octokit.repos.get({ owner, repo: name });
  const now = { owner: data.owner.login, repo: data.name };
  const { data: ref } = await octokit.git.getRef({ ...now, ref: `heads/${data.default_branch}` });
  const { data: commit } = await octokit.git.getCommit({ ...now, commit_sha: ref.object.sha });
  return {
    owner: now.owner,
    name: now.repo,
    branch: data.default_branch,
    commit: commit.sha,
    tree: commit.tree.sha,
    mayPush: data.permissions?.push === true && !data.archived,
  };
}

/** Texts below a folder at one commit or tree, by path. */
export async function readFiles(
  octokit: Octokit,
  at: Repository,
  sha: string,
  folder: string,
): Promise<Map<string, string>> {
  const repository = { owner: at.owner, repo: at.name };
  const { data } = await octokit.git.getTree({ ...repository, tree_sha: sha, recursive: "true" });
  const files = new Map<string, string>();
  for (const { path, type, sha: blob } of data.tree) {
    if (type !== "blob" || !path || !blob || !(path === folder || path.startsWith(`${folder}/`))) continue;
    const { data: content } = await octokit.git.getBlob({ ...repository, file_sha: blob });
    files.set(path, Buffer.from(content.content, "base64").toString("utf8"));
  }
  return files;
}

/**
 * Brings about exactly one branch with one commit and one open pull request that hold what is wanted. Looks at what is there
 * before each step, so it can be cut anywhere, run again, and run twice at once.
 *
 * @throws GitHubBusy when somebody else's offer for this service is under way; whatever the client throws.
 */
export async function putOffer(octokit: Octokit, base: Base, wanted: Wanted): Promise<Put> {
  const side = base.mayPush ? base : await forkOf(octokit, base);
  const to = { owner: side.owner, repo: side.name };
  const upstream = { owner: base.owner, repo: base.name };
  const branch = branchOf(wanted.slug);

  const head = await putBranch();
  const found = await openPullRequest();
  const made = found ?? (await createPullRequest());
  if (made.title !== wanted.title || made.body !== wanted.body)
    await octokit.pulls.update({ ...upstream, pull_number: made.number, title: wanted.title, body: wanted.body });
  return { number: made.number, url: made.html_url, head, isNew: !found, labelled: await label(made) };

  async function putBranch(): Promise<string> {
    const before = await headOf();
    if (before !== undefined) {
      const { data: commit } = await octokit.git.getCommit({ ...to, commit_sha: before });
      const trailers = trailersOf(commit.message);
      const isAnothers = trailers.from !== undefined && trailers.from !== wanted.from;
      if (isAnothers && (await openPullRequest()))
        throw new GitHubBusy(3600, "somebody else's offer for this service is under review; yours comes after it");
      const builtOn = commit.parents.some(({ sha }) => sha === base.commit);
      const isWanted = await holdsWanted(commit.tree.sha);
      if (isWanted && (builtOn || (await mergesCleanly()))) return before;
      // A commit that is not ours is a maintainer's, on our branch: ours comes after it, and nothing of theirs is lost.
      // One of ours, of whoever's offer, stands for itself alone: the branch of a pull request that is over is free.
      const ours = trailers.content !== undefined;
      const next = ours ? await commitOn(base.commit, base.tree) : await commitOn(before, commit.tree.sha);
      await octokit.git.updateRef({ ...to, ref: `heads/${branch}`, sha: next, force: ours });
      return next;
    }
    const sha = await commitOn(base.commit, base.tree);
    try {
      await octokit.git.createRef({ ...to, ref: `refs/heads/${branch}`, sha });
      return sha;
    } catch (error) {
      // Another worker was faster, or an earlier try took effect without an answer.
      if (isRefusal(error, 422, /already exists/i)) return putBranch();
      throw error;
    }
  }

  async function headOf(): Promise<string | undefined> {
    try {
      return (await octokit.git.getRef({ ...to, ref: `heads/${branch}` })).data.object.sha;
    } catch (error) {
      if (isRefusal(error, 404, /./)) return undefined;
      throw error;
    }
  }

  async function commitOn(parent: string, tree: string): Promise<string> {
    const { data: made } = await octokit.git.createTree({
      ...to,
      base_tree: tree,
      tree: [...wanted.files].map(([path, content]) => ({
        path,
        content,
        mode: "100644" as const,
        type: "blob" as const,
      })),
    });
    const { data: me } = await octokit.users.getAuthenticated();
    const by = { name: me.login, email: `${me.id}+${me.login}@users.noreply.github.com` };
    const { data: commit } = await octokit.git.createCommit({
      ...to,
      tree: made.sha,
      parents: [parent],
      message: messageOf(wanted, by),
      author: { ...by, date: wanted.at.toISOString() },
      committer: { ...by, date: wanted.at.toISOString() },
    });
    return commit.sha;
  }

  async function holdsWanted(tree: string): Promise<boolean> {
    const { data } = await octokit.git.getTree({ ...to, tree_sha: tree, recursive: "true" });
    const there = data.tree.filter(
      ({ path, type }) => type === "blob" && path?.startsWith(`integrations/${wanted.slug}/`),
    );
    return (
      there.length === wanted.files.size && there.every(({ path = "", sha }) => sha === blobSha(wanted.files.get(path)))
    );
  }

  async function openPullRequest() {
    const { data } = await octokit.pulls.list({ ...upstream, head: `${side.owner}:${branch}`, state: "open" });
    return data[0];
  }

  async function mergesCleanly(): Promise<boolean> {
    const open = await openPullRequest();
    if (!open) return false;
    const { data } = await octokit.pulls.get({ ...upstream, pull_number: open.number });
    return data.mergeable !== false;
  }

  async function createPullRequest() {
    const head = side === base ? branch : `${side.owner}:${branch}`;
    const { title, body } = wanted;
    try {
      return (
        await octokit.pulls.create({ ...upstream, head, base: base.branch, title, body, maintainer_can_modify: true })
      ).data;
    } catch (error) {
      const other = isRefusal(error, 422, /already exists/i) ? await openPullRequest() : undefined;
      if (other) return other;
      throw error;
    }
  }

  /** Who may only open pull requests may not label them: maintainers then do. */
  async function label(pull: { number: number; labels: { name?: string }[] }): Promise<boolean> {
    if (pull.labels.some(({ name }) => name === labelName)) return true;
    try {
      await octokit.issues.addLabels({ ...upstream, issue_number: pull.number, labels: [labelName] });
      return true;
    } catch (error) {
      if (isRefusal(error, 403, /./) || isRefusal(error, 404, /./)) return false;
      throw error;
    }
  }
}

/** The name git gives to a file with this content. */
function blobSha(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return createHash("sha1")
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest("hex");
}

export const labelName = "integration";

export function branchOf(slug: string): string {
  return `patchbay/${slug}`;
}

/** The fork of whose token it is, up to date; made when there is none. */
async function forkOf(octokit: Octokit, base: Base): Promise<Base> {
  const { data } = await octokit.repos.createFork({ owner: base.owner, repo: base.name, default_branch_only: true });
  const fork = { owner: data.owner.login, repo: data.name };
  try {
    await octokit.repos.mergeUpstream({ ...fork, branch: base.branch });
    return { ...base, owner: fork.owner, name: fork.repo, mayPush: true };
  } catch (error) {
    // GitHub copies in the background.
    if (isRefusal(error, 404, /./)) throw new GitHubBusy(10, "the fork is still being made");
    if (isRefusal(error, 409, /./))
      throw new GitHubRefused(`${fork.owner}/${fork.repo} has changes of its own: bring its default branch up to date`);
    throw error;
  }
}

function messageOf({ title, from, contentHash }: Wanted, by: { name: string; email: string }): string {
  return `${title}\n\nOffer-From: ${from}\nOffer-Content: ${contentHash}\nSigned-off-by: ${by.name} <${by.email}>\n`;
}

function trailersOf(message: string): { from?: string; content?: string } {
  const value = (name: string) => new RegExp(`^${name}: (\\S+)$`, "m").exec(message)?.[1];
  const [from, content] = [value("Offer-From"), value("Offer-Content")];
  return { ...(from ? { from } : {}), ...(content ? { content } : {}) };
}
