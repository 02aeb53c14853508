import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../contract/secret.ts";
import { type Fault, type GitHub, startGitHub } from "../../practice/github/start.ts";
import { judgeByGitHub } from "../../practice/github/testing/judge.ts";
import { guardedFetch } from "../../gateway/guarded-fetch.ts";
import { hostPolicy } from "../../gateway/host-policy.ts";
import { GitHubBusy, GitHubRefused, openGitHub, troubleOf } from "./github.ts";
import { branchOf, putOffer, readBase, readFiles, type Wanted } from "./put-offer.ts";

const judge = judgeByGitHub();
let folder: string;
let github: GitHub;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "patchbay-github-"));
  github = await startGitHub({
    folder,
    owner: "community",
    name: "integrations",
    files: { "README.md": "hello\n", "integrations/old/cli.ts": "old\n" },
    people: [
      { login: "robot", token: "token-of-robot", mayPush: true },
      { login: "guest", token: "token-of-guest" },
    ],
    forkTakes: 2,
    see: judge.see,
  });
});
afterEach(async () => {
  await github.end();
  rmSync(folder, { recursive: true, force: true });
});

const repository = { owner: "community", name: "integrations" };
const wanted = (change: Partial<Wanted> & { text?: string } = {}): Wanted => ({
  slug: "boards",
  files: new Map([
    ["integrations/boards/cli.ts", change.text ?? "cli\n"],
    ["integrations/boards/config.json", "{}\n"],
    ["integrations/boards/instructions.md", "# Boards\n"],
  ]),
  title: "Add Boards",
  body: "two operations",
  from: "abc123",
  contentHash: `sha256:${(change.text ?? "cli").length}`,
  at: new Date("2030-01-01T00:00:00Z"),
  ...change,
});

function open(token = "token-of-robot") {
  const policy = hostPolicy({ allowPrivateHosts: [new URL(github.url).host] });
  return openGitHub({ token: new Secret(token), baseUrl: github.url, fetch: guardedFetch(policy) });
}

async function put(offer: Wanted = wanted(), token?: string) {
  const octokit = open(token);
  try {
    return await putOffer(octokit, await readBase(octokit, repository), offer);
  } catch (error) {
    throw troubleOf(error, new Date());
  }
}

/** As a queue does: whatever goes wrong for the moment is tried again. */
async function putUntilDone(offer: Wanted = wanted(), token?: string) {
  for (let tries = 0; tries < 8; tries += 1) {
    try {
      return await put(offer, token);
    } catch (error) {
      if (!(error instanceof GitHubBusy)) throw error;
    }
  }
  throw new Error("it never ended");
}

/** The one there is, and all of it as wanted. */
async function onePullRequest(offer: Wanted = wanted()) {
  expect(github.pulls.filter(({ state }) => state === "open")).toMatchObject([
    { title: offer.title, body: offer.body, base: "main", labels: ["integration"] },
  ]);
  const [pull] = github.pulls;
  if (!pull) throw new Error("no pull request");
  const head = await github.headOf(pull);
  const files = await github.git.files(head);
  for (const [path, text] of offer.files) {
    expect((await github.git.blob(files.get(path) ?? ""))?.toString()).toBe(text);
  }
  const commit = await github.git.commit(head);
  expect(commit?.parent).toHaveLength(1);
  return { head, commit };
}

describe("an offer", () => {
  it("becomes one branch with one signed-off commit and one labelled pull request, which git clones and finds sound", async () => {
    const made = await put();
    const { head, commit } = await onePullRequest();
    expect(made).toMatchObject({ number: 1, head, isNew: true, labelled: true });
    expect(commit?.parent).toEqual([await github.git.head("main")]);
    expect(commit?.message).toMatch(/Offer-Content: sha256:\d+\nSigned-off-by: robot </);
    const clone = join(folder, "clone");
    execFileSync("git", ["clone", "-q", "--branch", branchOf("boards"), github.git.gitdir, clone]);
    execFileSync("git", ["fsck", "--strict"], { cwd: clone, stdio: "pipe" });
    expect(readFileSync(join(clone, "integrations/boards/cli.ts"), "utf8")).toBe("cli\n");
    expect(readFileSync(join(clone, "README.md"), "utf8")).toBe("hello\n");
  });

  it("changes nothing when it is made again, and makes the same commit on another server", async () => {
    const first = await put();
    const writes = () => github.log.filter(({ method }) => method !== "GET").length;
    const before = writes();
    expect(await put()).toMatchObject({ number: 1, head: first.head, isNew: false });
    expect(writes()).toBe(before);
  });

  it("is one pull request when two workers make it at the same moment", async () => {
    const [a, b] = await Promise.all([putUntilDone(), putUntilDone()]);
    expect(a.number).toBe(b.number);
    await onePullRequest();
  });

  it("puts a new version on the same branch, still in one commit", async () => {
    await put();
    const next = wanted({ text: "cli 2\n", title: "Add Boards (3 operations)", body: "three" });
    await put(next);
    expect((await onePullRequest(next)).commit?.parent).toEqual([await github.git.head("main")]);
  });

  it("leaves another's offer for the same service alone", async () => {
    await put();
    const theirs = put(wanted({ from: "other", text: "theirs\n" }));
    await expect(theirs).rejects.toMatchObject({
      name: "GitHubBusy",
      message: expect.stringContaining("under review"),
    });
    await onePullRequest();
  });

  it("keeps a maintainer's commit on its branch and comes after it", async () => {
    await put();
    const theirs = await github.push(
      { "integrations/boards/NOTE.md": "from a maintainer\n" },
      "a hint",
      branchOf("boards"),
    );
    await put(wanted({ text: "cli 2\n" }));
    const { commit } = await onePullRequest(wanted({ text: "cli 2\n" }));
    expect(commit?.parent).toEqual([theirs]);
  });

  it("comes from a fork where the token may not push, when the fork is ready, and unlabelled", async () => {
    const made = await putUntilDone(wanted(), "token-of-guest");
    expect(github.forks()).toEqual(["guest/integrations"]);
    expect(made.labelled).toBe(false);
    expect(github.pulls).toMatchObject([{ by: { login: "guest" }, head: { branch: branchOf("boards") }, labels: [] }]);
    await github.push({ "README.md": "hello again\n" });
    await putUntilDone(wanted({ text: "cli 2\n" }), "token-of-guest");
    expect(github.pulls).toHaveLength(1);
    expect(github.forks()).toHaveLength(1);
    const head = await github.headOf(github.pulls[0]!);
    expect((await github.git.commit(head))?.parent).toEqual([await github.git.head("main")]);
  });
});

/** Goes wrong once at the first request that fits. */
const once = (method: string, path: RegExp, what: ReturnType<Fault>): Fault => {
  let left = 1;
  return (asked) => (asked.method === method && path.test(asked.path) && left-- > 0 ? what : undefined);
};
const refusal = (status: number, message: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: { message, documentation_url: "https://docs.github.com/rest", status: String(status) },
});

describe("whatever happens, it ends in exactly one right pull request", () => {
  it.each<[string, Fault]>([
    ["a conflict while the tree is written (409)", once("POST", /git\/trees$/, refusal(409, "Conflict"))],
    ["a conflict while the branch is made (409)", once("POST", /git\/refs$/, refusal(409, "Conflict"))],
    [
      "the secondary rate limit",
      once("POST", /git\/commits$/, refusal(403, "You have exceeded a secondary rate limit", { "retry-after": "1" })),
    ],
    [
      "the hourly limit",
      once(
        "GET",
        /git\/ref\//,
        refusal(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" }),
      ),
    ],
    ["too many requests (429)", once("POST", /pulls$/, refusal(429, "Too many requests"))],
    ["GitHub having a bad day (502)", once("POST", /pulls$/, refusal(502, "Bad gateway"))],
    ["the line cut before anything", once("GET", /integrations$/, "cut")],
    ["the line cut after the commit was made", once("POST", /git\/commits$/, "cut_after")],
    ["the line cut after the branch was made, before the pull request", once("POST", /git\/refs$/, "cut_after")],
    ["the line cut before the pull request", once("POST", /pulls$/, "cut")],
    ["the line cut after the pull request was made (then: 422 already exists)", once("POST", /pulls$/, "cut_after")],
    ["the line cut before the label", once("POST", /labels$/, "cut")],
    ["the list of pull requests lagging behind (422 already exists)", once("GET", /pulls$/, { status: 200, body: [] })],
    [
      "the branch not seen at first (422 reference already exists)",
      once("GET", /git\/ref\/heads\/patchbay/, refusal(404, "Not Found")),
    ],
  ])("%s", async (what, fault) => {
    if (what.startsWith("the list")) await put();
    if (what.startsWith("the branch not seen")) await put();
    const stop = github.fault(fault);
    await putUntilDone();
    stop();
    await putUntilDone();
    expect((await onePullRequest()).commit?.parent).toEqual([await github.git.head("main")]);
  });

  it("killed after any of its requests, and run again", async () => {
    const whole = github.log.length;
    await put();
    const length = github.log.length - whole;
    expect(length).toBeGreaterThan(9);
    for (let at = 1; at <= length; at += 1) {
      for (const cut of ["cut", "cut_after"] as const) {
        const offer = wanted({
          slug: `s${at}-${cut.length}`,
          from: `f${at}`,
          files: new Map([[`integrations/s${at}-${cut.length}/cli.ts`, "x\n"]]),
        });
        let left = at;
        const stop = github.fault(() => (--left === 0 ? cut : undefined));
        await put(offer).catch(() => undefined);
        stop();
        await putUntilDone(offer);
        expect(github.pulls.filter(({ head }) => head.branch === branchOf(offer.slug))).toHaveLength(1);
      }
    }
  });

  it("the base moved meanwhile, elsewhere", async () => {
    const octokit = open();
    const base = await readBase(octokit, repository);
    await github.push({ "README.md": "hello again\n" });
    await putOffer(octokit, base, wanted());
    await putUntilDone();
    await onePullRequest();
    expect(
      await github.git.merged((await github.git.head("main"))!, await github.headOf(github.pulls[0]!)),
    ).toBeDefined();
  });

  it("the base moved in the same files: a conflict, which the next look solves", async () => {
    await put();
    await github.push({ "integrations/boards/cli.ts": "somebody else's\n" });
    const { head } = await put();
    await onePullRequest();
    expect((await github.git.commit(head))?.parent).toEqual([await github.git.head("main")]);
    await github.merge(1);
    const files = await github.git.files((await github.git.head("main"))!);
    expect((await github.git.blob(files.get("integrations/boards/cli.ts")!))?.toString()).toBe("cli\n");
  });

  it("the repository renamed before, and in between", async () => {
    github.rename("tools");
    await putUntilDone();
    await onePullRequest();
    github.rename("better-tools");
    await putUntilDone(wanted({ text: "cli 2\n" }));
    expect((await onePullRequest(wanted({ text: "cli 2\n" }))).commit?.parent).toHaveLength(1);
  });

  it("a revoked token makes nothing and says what is needed; a new one ends it", async () => {
    const stop = github.fault((asked) =>
      asked.path.endsWith("/git/trees") ? (github.revoke("token-of-robot"), undefined) : undefined,
    );
    const failed = await put().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(GitHubRefused);
    expect(String(failed)).toContain("COMMUNITY_GITHUB_TOKEN");
    expect(String(failed)).not.toContain("token-of-robot");
    expect(github.pulls).toEqual([]);
    stop();
    await putUntilDone(wanted(), "token-of-guest");
    expect(github.pulls).toHaveLength(1);
  });
});

it("waits as long as GitHub says", () => {
  const failed = (status: number, headers: Record<string, string>, message = "") =>
    troubleOf({ status, message, response: { headers, data: {} } }, new Date("2030-01-01T00:00:00Z"));
  expect(failed(403, { "retry-after": "90" })).toMatchObject({ name: "GitHubBusy", seconds: 90 });
  expect(failed(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1893456120" })).toMatchObject({
    seconds: 120,
  });
  expect(failed(403, {})).toBeInstanceOf(GitHubRefused);
});

it("reads the texts of a folder at a commit", async () => {
  const octokit = open();
  const base = await readBase(octokit, repository);
  expect(await readFiles(octokit, base, base.commit, "integrations/old")).toEqual(
    new Map([["integrations/old/cli.ts", "old\n"]]),
  );
});

it("asked and was answered as GitHub's own document says, every time", () => {
  expect(judge.faults).toEqual([]);
  expect(judge.seen()).toBeGreaterThan(100);
});
