import type { BareRepository } from "./bare-repository.ts";

export type Person = { login: string; token: string; id: number };
export type Repository = {
  id: number;
  owner: Person;
  name: string;
  git: BareRepository;
  /** Logins that may push. */
  writers: Set<string>;
  parent: Repository | undefined;
  /** Requests after which a fresh fork answers. */
  readyAfter: number;
  pulls: PullRequest[];
};
export type Review = { id: number; by: Person; state: string; body: string; commit: string; at: Date };
export type Comment = { id: number; by: Person; body: string; at: Date };
export type PullRequest = {
  number: number;
  title: string;
  body: string;
  by: Person;
  head: { repository: Repository; branch: string };
  base: string;
  /** Where the head was when it was closed; while it is open the branch tells. */
  closedHead?: string;
  state: "open" | "closed";
  mergedAt?: Date;
  mergeCommit?: string;
  mergedBy?: Person;
  labels: string[];
  reviews: Review[];
  comments: Comment[];
  createdAt: Date;
  updatedAt: Date;
};

/** Answers in GitHub's form, as far as its document demands; tests judge each by that document. */
export function shapes(api: string, web: string) {
  const node = (kind: string, id: number | string) => Buffer.from(`${kind}${id}`).toString("base64url");
  const stamp = new Date("2024-01-01T00:00:00Z").toISOString();

  const user = ({ login, id }: Person) => ({
    login,
    id,
    node_id: node("U", id),
    avatar_url: `${web}/${login}.png`,
    gravatar_id: "",
    url: `${api}/users/${login}`,
    html_url: `${web}/${login}`,
    ...urls(`${api}/users/${login}`, "followers following gists starred subscriptions organizations repos events"),
    received_events_url: `${api}/users/${login}/received_events`,
    type: "User",
    site_admin: false,
    user_view_type: "public",
  });

  const account = (person: Person) => ({
    ...user(person),
    name: null,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 1,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: stamp,
    updated_at: stamp,
  });

  const repository = (one: Repository, asked?: Person) => {
    const full = `${one.owner.login}/${one.name}`;
    const push = asked !== undefined && one.writers.has(asked.login);
    const address = `${web}/${full}`;
    return {
      id: one.id,
      node_id: node("R", one.id),
      name: one.name,
      full_name: full,
      owner: user(one.owner),
      private: false,
      html_url: address,
      description: null,
      fork: one.parent !== undefined,
      url: `${api}/repos/${full}`,
      ...urls(`${api}/repos/${full}`, repositoryParts),
      git_url: `git://${full}.git`,
      ssh_url: `git@${full}.git`,
      clone_url: `${address}.git`,
      svn_url: address,
      mirror_url: null,
      homepage: null,
      language: "TypeScript",
      forks: 0,
      forks_count: 0,
      stargazers_count: 0,
      watchers: 0,
      watchers_count: 0,
      size: 1,
      default_branch: "main",
      open_issues: 0,
      open_issues_count: 0,
      has_issues: true,
      has_projects: false,
      has_wiki: false,
      has_pages: false,
      has_downloads: true,
      has_discussions: false,
      archived: false,
      disabled: false,
      license: null,
      pushed_at: stamp,
      created_at: stamp,
      updated_at: stamp,
      network_count: 0,
      subscribers_count: 0,
      permissions: { admin: push, maintain: push, push, triage: push, pull: true },
    };
  };

  const pull = async (upstream: Repository, one: PullRequest, whole: boolean) => {
    const self = `${api}/repos/${upstream.owner.login}/${upstream.name}`;
    const page = `${web}/${upstream.owner.login}/${upstream.name}/pull/${one.number}`;
    const { repository: from, branch } = one.head;
    const headSha = one.closedHead ?? (await from.git.head(branch)) ?? "";
    const baseSha = (await upstream.git.head(one.base)) ?? "";
    const mergeable = one.state === "open" ? (await upstream.git.merged(baseSha, headSha)) !== undefined : null;
    const label = (name: string) => ({
      id: name.length,
      node_id: node("L", name),
      url: `${self}/labels/${encodeURIComponent(name)}`,
      name,
      description: "",
      color: "ededed",
      default: false,
    });
    const links = {
      comments: `${self}/issues/${one.number}/comments`,
      commits: `${self}/pulls/${one.number}/commits`,
      statuses: `${self}/statuses/${headSha}`,
      html: page,
      issue: `${self}/issues/${one.number}`,
      review_comments: `${self}/pulls/${one.number}/comments`,
      review_comment: `${self}/pulls/comments{/number}`,
      self: `${self}/pulls/${one.number}`,
    };
    const side = (repo: Repository, ref: string, sha: string) => ({
      label: `${repo.owner.login}:${ref}`,
      ref,
      sha,
      user: user(repo.owner),
      repo: repository(repo),
    });
    return {
      id: one.number,
      node_id: node("PR", one.number),
      number: one.number,
      state: one.state,
      locked: false,
      title: one.title,
      body: one.body,
      user: user(one.by),
      labels: one.labels.map(label),
      milestone: null,
      assignee: null,
      auto_merge: null,
      author_association: "CONTRIBUTOR",
      created_at: one.createdAt.toISOString(),
      updated_at: one.updatedAt.toISOString(),
      closed_at: one.state === "closed" ? one.updatedAt.toISOString() : null,
      merged_at: one.mergedAt?.toISOString() ?? null,
      merge_commit_sha: one.mergeCommit ?? null,
      url: links.self,
      html_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      issue_url: links.issue,
      commits_url: links.commits,
      comments_url: links.comments,
      statuses_url: links.statuses,
      review_comments_url: links.review_comments,
      review_comment_url: links.review_comment,
      head: side(from, branch, headSha),
      base: side(upstream, one.base, baseSha),
      _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
      ...(whole
        ? {
            merged: one.mergedAt !== undefined,
            mergeable,
            mergeable_state: mergeable === null ? "unknown" : mergeable ? "clean" : "dirty",
            merged_by: one.mergedBy ? user(one.mergedBy) : null,
            comments: one.comments.length,
            review_comments: 0,
            maintainer_can_modify: true,
            commits: 1,
            additions: 1,
            deletions: 0,
            changed_files: 3,
          }
        : {}),
    };
  };

  /** What somebody is to a repository, as GitHub tells it beside their words. */
  const belongs = ({ owner, writers }: Repository, { login }: Person) =>
    login === owner.login ? "OWNER" : writers.has(login) ? "COLLABORATOR" : "NONE";

  const review = (upstream: Repository, number: number, one: Review) => {
    const page = `${web}/${upstream.owner.login}/${upstream.name}/pull/${number}#pullrequestreview-${one.id}`;
    const self = `${api}/repos/${upstream.owner.login}/${upstream.name}/pulls/${number}`;
    return {
      id: one.id,
      node_id: node("PRR", one.id),
      user: user(one.by),
      body: one.body,
      state: one.state,
      commit_id: one.commit,
      submitted_at: one.at.toISOString(),
      html_url: page,
      pull_request_url: self,
      author_association: belongs(upstream, one.by),
      _links: { html: { href: page }, pull_request: { href: self } },
    };
  };

  const comment = (upstream: Repository, number: number, one: Comment) => {
    const self = `${api}/repos/${upstream.owner.login}/${upstream.name}/issues`;
    return {
      id: one.id,
      node_id: node("IC", one.id),
      url: `${self}/comments/${one.id}`,
      html_url: `${web}/${upstream.owner.login}/${upstream.name}/pull/${number}#issuecomment-${one.id}`,
      issue_url: `${self}/${number}`,
      user: user(one.by),
      body: one.body,
      created_at: one.at.toISOString(),
      updated_at: one.at.toISOString(),
      author_association: belongs(upstream, one.by),
    };
  };

  return { user, account, repository, pull, review, comment, node };
}

/** `followers` -> `followers_url`. */
function urls(base: string, parts: string): Record<string, string> {
  return Object.fromEntries(parts.split(" ").map((part) => [`${part}_url`, `${base}/${part}`]));
}

const repositoryParts =
  "archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees";
