import type { PullRequestStatus } from "../../contract/offer.ts";
import type { Octokit } from "./github.ts";

export type Verdict = { status: PullRequestStatus; words: string | null; hasConflict: boolean };

/**
 * What maintainers made of a pull request: merged, closed, changes asked for, or still looking, with the last words they wrote.
 * A review of an earlier state, from before `since`, counts as looked at only.
 */
export async function verdictOf(
  octokit: Octokit,
  o: { owner: string; repo: string; number: number; since: Date },
): Promise<Verdict> {
  const at = { owner: o.owner, repo: o.repo };
  const { data: pull } = await octokit.pulls.get({ ...at, pull_number: o.number });
  const author = pull.user.login;
  const [reviews, lines, comments] = await Promise.all([
    octokit.pulls.listReviews({ ...at, pull_number: o.number, per_page: 100 }),
    octokit.pulls.listReviewComments({ ...at, pull_number: o.number, per_page: 100 }),
    octokit.issues.listComments({ ...at, issue_number: o.number, per_page: 100 }),
  ]);
  const byOthers = reviews.data.filter(({ user }) => user?.login !== author);
  const latest = new Map(byOthers.filter(({ state }) => state !== "COMMENTED").map((one) => [one.user?.login, one]));
  const asked = [...latest.values()].filter(
    ({ state, submitted_at: at }) => state === "CHANGES_REQUESTED" && (at === undefined || new Date(at) >= o.since),
  );
  const words = [
    ...byOthers.map(({ body, submitted_at: when = "" }) => ({ body, when })),
    ...lines.data
      .filter(({ user }) => user?.login !== author)
      .map(({ body, path, created_at: when }) => ({ body: `${path}: ${body}`, when })),
    ...comments.data
      .filter(({ user }) => user?.login !== author)
      .map(({ body = "", created_at: when }) => ({ body, when })),
  ]
    .filter(({ body }) => body.trim() !== "")
    .toSorted((a, b) => a.when.localeCompare(b.when));
  const last = words
    .slice(-5)
    .map(({ body }) => body.trim())
    .join("\n\n");
  const status: PullRequestStatus = pull.merged
    ? "approved"
    : pull.state === "closed"
      ? "rejected"
      : asked.length > 0
        ? "changes_requested"
        : words.length > 0 || byOthers.length > 0
          ? "in_review"
          : "offered";
  return {
    status,
    words: last === "" ? null : last.slice(0, 4000),
    hasConflict: pull.state === "open" && pull.mergeable === false,
  };
}
