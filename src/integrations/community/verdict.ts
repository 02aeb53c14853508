import type { PullRequestStatus } from "../../contract/offer.ts";
import type { Octokit } from "./github.ts";

export type Verdict = { status: PullRequestStatus; words: string | null; hasConflict: boolean };

/**
 * What maintainers made of a pull request: merged, closed, changes asked for, or still looking, with the last words they wrote.
 * A review of an earlier state, from before `since`, counts as looked at only. Anybody may write below a public pull request;
 * only who GitHub says belongs to the repository is heard.
 */
export async function verdictOf(
  octokit: Octokit,
  o: { owner: string; repo: string; number: number; since: Date },
): Promise<Verdict> {
  const at = { owner: o.owner, repo: o.repo };
  const { data: pull } = await octokit.pulls.get({ ...at, pull_number: o.number });
  const author = pull.user.login;
  const of = { ...at, pull_number: o.number, per_page: 100 };
  // All pages: others' comments must not push the maintainers' out of sight.
  const [reviews, lines, comments] = await Promise.all([
    octokit.paginate(octokit.pulls.listReviews, of),
    octokit.paginate(octokit.pulls.listReviewComments, of),
    octokit.paginate(octokit.issues.listComments, { ...at, issue_number: o.number, per_page: 100 }),
  ]);
  const isHeard = ({
    user,
    author_association: role,
  }: {
    user: { login: string } | null;
    author_association?: string;
  }) => user?.login !== author && maintainers.has(role ?? "");
  const byOthers = reviews.filter(isHeard);
  const latest = new Map(byOthers.filter(({ state }) => state !== "COMMENTED").map((one) => [one.user?.login, one]));
  const asked = [...latest.values()].filter(
    ({ state, submitted_at: at }) => state === "CHANGES_REQUESTED" && (at === undefined || new Date(at) >= o.since),
  );
  const words = [
    ...byOthers.map(({ body, submitted_at: when = "" }) => ({ body, when })),
    ...lines.filter(isHeard).map(({ body, path, created_at: when }) => ({ body: `${path}: ${body}`, when })),
    ...comments.filter(isHeard).map(({ body = "", created_at: when }) => ({ body, when })),
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

/** Who GitHub counts among those who may decide here (its `author_association`). */
const maintainers = new Set(["OWNER", "MEMBER", "COLLABORATOR"]);
