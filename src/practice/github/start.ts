import { symlinkSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { sign } from "@octokit/webhooks-methods";
import { z } from "zod";
import { listenOnLoopback } from "../listen.ts";
import { openBareRepository } from "./bare-repository.ts";
import { type Person, type PullRequest, type Repository, shapes } from "./shapes.ts";

export type Asked = { method: string; path: string; query: URLSearchParams; body: unknown; login: string | undefined };
export type Answered = { status: number; body: unknown; headers?: Record<string, string> };

/** Goes wrong on purpose: answers in place of GitHub, or cuts the line before or after the request has taken effect. */
export type Fault = (asked: Asked) => Answered | "cut" | "cut_after" | undefined;

export type GitHubOptions = {
  /** Holds the bare repositories; gone with `close`. */
  folder: string;
  owner: string;
  name: string;
  files: Record<string, string>;
  /** Who knows which token, and may push. */
  people: { login: string; token: string; mayPush?: boolean }[];
  /** Where events are told, signed. */
  hook?: { url: string; secret: string };
  /** How many requests a fresh fork takes until it is there. */
  forkTakes?: number;
  /** Sees each exchange, e.g. to judge it by GitHub's own document. */
  see?: (asked: Asked, answered: Answered) => void;
};

/** Maintainers speak through it; the repository beneath is a real one. */
export type GitHub = Awaited<ReturnType<typeof startGitHub>>;

/**
 * A stand-in for the part of GitHub's REST API that offers use, on loopback, over real bare git repositories: for the demo, for
 * trying out, and for tests. Answers, refusals and their words are GitHub's.
 */
export async function startGitHub(o: GitHubOptions) {
  const door = await listenOnLoopback({ wanted: 0, otherwiseAny: true });
  const people = o.people.map((one, at): Person => ({ login: one.login, token: one.token, id: 100 + at }));
  const owner: Person = people.find(({ login }) => login === o.owner) ?? { login: o.owner, token: "", id: 99 };
  const shape = shapes(door.url, `${door.url}/web`);
  const log: Asked[] = [];
  const faults: Fault[] = [];
  const revoked = new Set<string>();
  const moved = new Map<string, Repository>();
  let counter = 1000;
  const nextId = () => (counter += 1);

  const upstream: Repository = {
    id: 1,
    owner,
    name: o.name,
    git: openBareRepository(join(o.folder, `${o.owner}.${o.name}.git`)),
    writers: new Set([o.owner, ...o.people.filter(({ mayPush }) => mayPush).map(({ login }) => login)]),
    parent: undefined,
    readyAfter: 0,
    pulls: [],
  };
  const repositories = [upstream];
  await upstream.git.init();
  await change(upstream, "main", o.files, "the first integrations");

  const find = (login: string, name: string) =>
    repositories.find((one) => one.owner.login === login && one.name === name);

  async function change(repository: Repository, branch: string, files: Record<string, string | null>, message: string) {
    const head = await repository.git.head(branch);
    const tree = head ? await repository.git.files(head) : new Map<string, string>();
    for (const [path, text] of Object.entries(files)) {
      if (text === null) tree.delete(path);
      else tree.set(path, await repository.git.writeBlob(text));
    }
    const by = { name: owner.login, email: `${owner.login}@users.noreply.example.com`, date: new Date() };
    const commit = { tree: await repository.git.writeTree(tree), parents: head ? [head] : [], message };
    const sha = await repository.git.writeCommit({ ...commit, author: by, committer: by });
    await repository.git.setHead(branch, sha);
    return sha;
  }

  async function tell(event: string, action: string, pull: PullRequest) {
    if (!o.hook) return;
    const shown = await shape.pull(upstream, pull, true);
    const body = JSON.stringify({
      action,
      // Comments below it are told of the issue that a pull request is too.
      ...(event === "issue_comment" ? { issue: { number: pull.number } } : { pull_request: shown }),
      repository: shape.repository(upstream),
    });
    await fetch(o.hook.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": crypto.randomUUID(),
        "x-hub-signature-256": await sign(o.hook.secret, body),
      },
      body,
    }).catch(() => undefined); // GitHub does not try again either
  }

  const refused = (status: number, message: string, more: object = {}): Answered => ({
    status,
    body: { message, documentation_url: "https://docs.github.com/rest", status: String(status), ...more },
  });
  const notFound = () => refused(404, "Not Found");
  const invalid = (message: string, ...errors: object[]) =>
    refused(422, errors.length > 0 ? "Validation Failed" : message, errors.length > 0 ? { errors } : {});

  async function answer(asked: Asked): Promise<Answered> {
    const { method, path, query } = asked;
    const me = people.find(({ login }) => login === asked.login);
    if (path === "/user" && method === "GET")
      return me ? { status: 200, body: shape.account(me) } : refused(401, "Requires authentication");
    const [, login = "", name = "", rest = ""] = /^\/repos\/([^/]+)\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
    const gone = moved.get(`${login}/${name}`);
    if (gone) {
      const location = `${door.url}/repos/${gone.owner.login}/${gone.name}${rest ? `/${rest}` : ""}`;
      return {
        status: method === "GET" ? 301 : 307,
        headers: { location },
        body: { message: "Moved Permanently", url: location, documentation_url: "https://docs.github.com/rest" },
      };
    }
    const repository = find(login, name);
    if (!repository) return notFound();
    if (repository.readyAfter > 0) {
      repository.readyAfter -= 1;
      return notFound();
    }
    const { git } = repository;
    const self = `${door.url}/repos/${login}/${name}`;
    const mustWrite = () =>
      me === undefined
        ? refused(401, "Requires authentication")
        : repository.writers.has(me.login)
          ? undefined
          : refused(403, "Resource not accessible by personal access token");
    const refOf = (ref: string, sha: string) => ({
      ref,
      node_id: shape.node("REF", ref),
      url: `${self}/git/${ref}`,
      object: { type: "commit", sha, url: `${self}/git/commits/${sha}` },
    });

    if (rest === "" && method === "GET") return { status: 200, body: shape.repository(repository, me) };

    if (rest === "forks" && method === "POST") {
      if (!me) return refused(401, "Requires authentication");
      const existing = repositories.find((one) => one.parent === repository && one.owner === me);
      if (existing) return { status: 202, body: shape.repository(existing, me) };
      const fork: Repository = {
        id: nextId(),
        owner: me,
        name: find(me.login, name) ? `${name}-1` : name,
        git: openBareRepository(join(o.folder, `${me.login}.${name}.fork.git`)),
        writers: new Set([me.login]),
        parent: repository,
        readyAfter: o.forkTakes ?? 0,
        pulls: [],
      };
      await fork.git.init();
      // One store of objects for a repository and its forks, as at GitHub.
      rmSync(join(fork.git.gitdir, "objects"), { recursive: true, force: true });
      symlinkSync(join(repository.git.gitdir, "objects"), join(fork.git.gitdir, "objects"));
      await fork.git.setHead("main", (await git.head("main")) ?? "");
      repositories.push(fork);
      return { status: 202, body: shape.repository(fork, me) };
    }

    if (rest === "merge-upstream" && method === "POST") {
      const no = mustWrite();
      if (no) return no;
      if (!repository.parent) return invalid("Branch cannot be synced: it is no fork");
      const head = (await repository.parent.git.head("main")) ?? "";
      const isAhead = await git.isAncestor(head, (await git.head("main")) ?? "");
      if (!isAhead) await git.setHead("main", head);
      return {
        status: 200,
        body: {
          message: isAhead ? "This branch is not behind the upstream." : "Successfully fetched and fast-forwarded",
          merge_type: isAhead ? "none" : "fast-forward",
          base_branch: "main",
        },
      };
    }

    const ref = /^git\/ref\/heads\/(.+)$/.exec(rest)?.[1];
    if (ref && method === "GET") {
      const sha = await git.head(ref);
      return sha ? { status: 200, body: refOf(`refs/heads/${ref}`, sha) } : notFound();
    }
    if (rest === "git/refs" && method === "POST") {
      const no = mustWrite();
      if (no) return no;
      const given = z.object({ ref: z.string(), sha: z.string() }).parse(asked.body);
      const branch = /^refs\/heads\/([\w./-]+)$/.exec(given.ref)?.[1];
      if (!branch) return invalid("Reference name must start with refs/");
      if (!(await git.commit(given.sha))) return invalid("Object does not exist");
      if (await git.head(branch)) return invalid("Reference already exists");
      await git.setHead(branch, given.sha);
      return { status: 201, body: refOf(given.ref, given.sha) };
    }
    const moves = /^git\/refs\/heads\/(.+)$/.exec(rest)?.[1];
    if (moves && method === "PATCH") {
      const no = mustWrite();
      if (no) return no;
      const { sha, force } = z.object({ sha: z.string(), force: z.boolean().default(false) }).parse(asked.body);
      const branch = moves;
      const head = await git.head(branch);
      if (!head) return invalid("Reference does not exist");
      if (!(await git.commit(sha))) return invalid("Object does not exist");
      if (!force && !(await git.isAncestor(head, sha))) return invalid("Update is not a fast forward");
      await git.setHead(branch, sha);
      const pull = upstream.pulls.find((one) => one.state === "open" && isHead(one, repository, branch));
      if (pull && head !== sha) void tell("pull_request", "synchronize", pull);
      return { status: 200, body: refOf(`refs/heads/${branch}`, sha) };
    }

    const commitSha = /^git\/commits\/(\w+)$/.exec(rest)?.[1];
    if (commitSha && method === "GET") {
      const commit = await git.commit(commitSha);
      return commit ? { status: 200, body: await commitOf(commitSha) } : notFound();
    }
    if (rest === "git/commits" && method === "POST") {
      const no = mustWrite();
      if (no) return no;
      const given = NewCommit.parse(asked.body);
      for (const parent of given.parents) if (!(await git.commit(parent))) return invalid("Parent SHA does not exist");
      if (!(await git.tree(given.tree, false))) return invalid("Tree SHA does not exist");
      const by = { name: me?.login ?? "", email: `${me?.login}@users.noreply.example.com`, date: new Date() };
      const author = { ...by, ...given.author };
      const sha = await git.writeCommit({
        tree: given.tree,
        parents: given.parents,
        message: given.message,
        author,
        committer: { ...author, ...given.committer },
      });
      return { status: 201, body: await commitOf(sha) };
    }
    const treeSha = /^git\/trees\/(\w+)$/.exec(rest)?.[1];
    if (treeSha && method === "GET") {
      const sha = (await git.commit(treeSha))?.tree ?? treeSha;
      const entries = await git.tree(sha, query.has("recursive"));
      return entries
        ? { status: 200, body: { sha, url: `${self}/git/trees/${sha}`, tree: entries, truncated: false } }
        : notFound();
    }
    if (rest === "git/trees" && method === "POST") {
      const no = mustWrite();
      if (no) return no;
      const given = NewTree.parse(asked.body);
      const base =
        given.base_tree === undefined ? undefined : ((await git.commit(given.base_tree))?.tree ?? given.base_tree);
      if (base !== undefined && !(await git.tree(base, false))) return invalid("base_tree is not a valid tree");
      const files = base === undefined ? new Map<string, string>() : await git.files(base);
      for (const { path: file, content, sha } of given.tree) {
        if (sha === null) files.delete(file);
        else if (sha !== undefined) files.set(file, sha);
        else files.set(file, await git.writeBlob(content ?? ""));
      }
      const sha = await git.writeTree(files);
      const tree = (await git.tree(sha, false)) ?? [];
      return { status: 201, body: { sha, url: `${self}/git/trees/${sha}`, tree, truncated: false } };
    }
    const blobSha = /^git\/blobs\/(\w+)$/.exec(rest)?.[1];
    if (blobSha && method === "GET") {
      const bytes = await git.blob(blobSha);
      if (!bytes) return notFound();
      const url = `${self}/git/blobs/${blobSha}`;
      const content = bytes.toString("base64");
      return {
        status: 200,
        body: { sha: blobSha, node_id: shape.node("B", blobSha), url, size: bytes.length, content, encoding: "base64" },
      };
    }

    if (rest === "pulls" && method === "GET") {
      const [state, head] = [query.get("state") ?? "open", query.get("head")];
      const found = repository.pulls
        .filter((one) => state === "all" || one.state === state)
        .filter((one) => head === null || `${one.head.repository.owner.login}:${one.head.branch}` === head)
        .toReversed();
      const size = Number(query.get("per_page") ?? 30);
      const page = found.slice((Number(query.get("page") ?? 1) - 1) * size).slice(0, size);
      return { status: 200, body: await Promise.all(page.map((one) => shape.pull(repository, one, false))) };
    }
    if (rest === "pulls" && method === "POST") {
      if (!me) return refused(401, "Requires authentication");
      const given = NewPull.parse(asked.body);
      const [from = "", branch = from] = given.head.includes(":") ? given.head.split(":") : [login, given.head];
      const side = repositories.find(
        (one) => one.owner.login === from && (one === repository || one.parent === repository),
      );
      const sha = await side?.git.head(branch);
      if (!side || !sha) return invalid("", { resource: "PullRequest", field: "head", code: "invalid" });
      if (await git.isAncestor(sha, (await git.head(given.base)) ?? ""))
        return invalid("", {
          resource: "PullRequest",
          code: "custom",
          message: `No commits between ${given.base} and ${branch}`,
        });
      if (repository.pulls.some((one) => one.state === "open" && isHead(one, side, branch)))
        return invalid("", {
          resource: "PullRequest",
          code: "custom",
          message: `A pull request already exists for ${from}:${branch}.`,
        });
      const now = new Date();
      const pull: PullRequest = {
        number: repository.pulls.length + 1,
        title: given.title,
        body: given.body,
        by: me,
        head: { repository: side, branch },
        base: given.base,
        state: "open",
        labels: [],
        reviews: [],
        comments: [],
        createdAt: now,
        updatedAt: now,
      };
      repository.pulls.push(pull);
      void tell("pull_request", "opened", pull);
      return { status: 201, body: await shape.pull(repository, pull, true) };
    }
    const [, kind = "", number = "", part = ""] = /^(pulls|issues)\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
    const pull = repository.pulls.find((one) => one.number === Number(number));
    if (!pull) return notFound();
    const what = `${method} ${kind}${part ? `/${part}` : ""}`;
    if (what === "GET pulls") return { status: 200, body: await shape.pull(repository, pull, true) };
    if (what === "PATCH pulls") {
      if (!me) return refused(401, "Requires authentication");
      if (me !== pull.by && !repository.writers.has(me.login))
        return refused(403, "Resource not accessible by personal access token");
      const given = z.object({ title: z.string().optional(), body: z.string().optional() }).parse(asked.body);
      Object.assign(pull, given, { updatedAt: new Date() });
      return { status: 200, body: await shape.pull(repository, pull, true) };
    }
    if (what === "GET pulls/reviews")
      return { status: 200, body: pull.reviews.map((one) => shape.review(repository, pull.number, one)) };
    if (what === "GET pulls/comments") return { status: 200, body: [] };
    if (what === "GET issues/comments")
      return { status: 200, body: pull.comments.map((one) => shape.comment(repository, pull.number, one)) };
    if (what === "POST issues/labels") {
      const no = mustWrite();
      if (no) return no;
      const { labels } = z.object({ labels: z.array(z.string()) }).parse(asked.body);
      pull.labels = [...new Set([...pull.labels, ...labels])];
      const { labels: all } = await shape.pull(repository, pull, false);
      return { status: 200, body: all };
    }
    return notFound();

    async function commitOf(sha: string) {
      const commit = await git.commit(sha);
      if (!commit) throw new Error(`no commit ${sha}`);
      const date = (at: number) => new Date(at * 1000).toISOString();
      const link = (of: string, kind: string) => ({
        sha: of,
        url: `${self}/git/${kind}/${of}`,
        html_url: `${door.url}/web/${login}/${name}/commit/${of}`,
      });
      return {
        ...link(sha, "commits"),
        node_id: shape.node("C", sha),
        author: { name: commit.author.name, email: commit.author.email, date: date(commit.author.timestamp) },
        committer: {
          name: commit.committer.name,
          email: commit.committer.email,
          date: date(commit.committer.timestamp),
        },
        tree: { sha: commit.tree, url: `${self}/git/trees/${commit.tree}` },
        message: commit.message,
        parents: commit.parent.map((parent) => link(parent, "commits")),
        verification: { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null },
      };
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", door.url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = /^(?:token|Bearer) (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const who = people.find((one) => one.token === token && !revoked.has(one.token));
    const text = Buffer.concat(chunks).toString("utf8");
    const asked: Asked = {
      method: request.method ?? "GET",
      path: decodeURIComponent(url.pathname), // clients write the slash of a ref as %2F
      query: url.searchParams,
      body: text === "" ? undefined : JSON.parse(text),
      login: who?.login,
    };
    log.push(asked);
    const fault = faults.map((one) => one(asked)).find((one) => one !== undefined);
    if (fault === "cut") return void request.socket.destroy();
    const answered =
      typeof fault === "object"
        ? fault
        : token !== undefined && !who
          ? refused(401, "Bad credentials")
          : await answer(asked);
    o.see?.(asked, answered);
    if (fault === "cut_after") return void request.socket.destroy();
    response.writeHead(answered.status, { "content-type": "application/json; charset=utf-8", ...answered.headers });
    response.end(JSON.stringify(answered.body));
  }

  door.answerWith((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: String(error), documentation_url: "", status: "500" }));
    });
  });

  const pullOf = (number: number) => {
    const pull = upstream.pulls.find((one) => one.number === number);
    if (!pull) throw new Error(`no pull request ${number}`);
    return pull;
  };
  const personOf = (login: string): Person =>
    [owner, ...people].find((one) => one.login === login) ?? { login, token: "", id: nextId() };
  const headOf = async ({ head }: PullRequest) => (await head.repository.git.head(head.branch)) ?? "";

  return {
    url: door.url,
    git: upstream.git,
    pulls: upstream.pulls as readonly PullRequest[],
    log: log as readonly Asked[],
    forks: () => repositories.filter((one) => one.parent !== undefined).map((one) => `${one.owner.login}/${one.name}`),
    headOf,
    checkOut: (ref: string, folder: string) =>
      mkdir(folder, { recursive: true }).then(() => upstream.git.checkOut(ref, folder)),
    /** From now on, until the function it gives is called. */
    fault(one: Fault) {
      faults.push(one);
      return () => void faults.splice(faults.indexOf(one), 1);
    },
    revoke: (token: string) => void revoked.add(token),
    rename(name: string) {
      moved.set(`${upstream.owner.login}/${upstream.name}`, upstream);
      upstream.name = name;
    },
    /** A maintainer's own commit. */
    push: (files: Record<string, string | null>, message = "tidy", branch = "main") =>
      change(upstream, branch, files, message),
    /** A review, by a maintainer unless somebody else is named. */
    async review(
      number: number,
      { state, body }: { state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED"; body: string },
      by = owner.login,
    ) {
      const pull = pullOf(number);
      const at = new Date();
      pull.reviews.push({ id: nextId(), by: personOf(by), state, body, commit: await headOf(pull), at });
      await tell("pull_request_review", "submitted", pull);
    },
    /** Words below a pull request, of whoever: people are told apart by their login. */
    async comment(number: number, body: string, by = owner.login) {
      const pull = pullOf(number);
      pull.comments.push({ id: nextId(), by: personOf(by), body, at: new Date() });
      await tell("issue_comment", "created", pull);
    },
    async close(number: number, words?: string) {
      const pull = pullOf(number);
      if (words) pull.comments.push({ id: nextId(), by: owner, body: words, at: new Date() });
      Object.assign(pull, { closedHead: await headOf(pull), state: "closed", updatedAt: new Date() });
      await tell("pull_request", "closed", pull);
    },
    async merge(number: number) {
      const pull = pullOf(number);
      const [main, head] = [(await upstream.git.head("main")) ?? "", await headOf(pull)];
      const merged = await upstream.git.merged(main, head);
      if (!merged) throw new Error(`pull request ${number} has conflicts`);
      const by = { name: owner.login, email: `${owner.login}@users.noreply.example.com`, date: new Date() };
      const sha = await upstream.git.writeCommit({
        tree: await upstream.git.writeTree(merged),
        parents: [main],
        message: `${pull.title} (#${number})`,
        author: by,
        committer: by,
      });
      await upstream.git.setHead("main", sha);
      const now = new Date();
      Object.assign(pull, {
        closedHead: head,
        state: "closed",
        mergedAt: now,
        mergeCommit: sha,
        mergedBy: owner,
        updatedAt: now,
      });
      await tell("pull_request", "closed", pull);
      return sha;
    },
    end: () => door.close(),
  };
}

function isHead(pull: PullRequest, repository: Repository, branch: string): boolean {
  return pull.head.repository === repository && pull.head.branch === branch;
}

const Signature = z
  .object({ name: z.string(), email: z.string(), date: z.coerce.date().optional() })
  .transform(({ date, ...rest }) => (date ? { ...rest, date } : rest));
const NewCommit = z.object({
  message: z.string(),
  tree: z.string(),
  parents: z.array(z.string()).default([]),
  author: Signature.optional(),
  committer: Signature.optional(),
});
const NewTree = z.object({
  base_tree: z.string().optional(),
  tree: z.array(z.object({ path: z.string(), content: z.string().optional(), sha: z.string().nullable().optional() })),
});
const NewPull = z.object({ title: z.string(), head: z.string(), base: z.string(), body: z.string().default("") });
