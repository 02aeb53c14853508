import { Octokit } from "@octokit/rest";
import { z } from "zod";
import { isProblem } from "../../contract/problem.ts";
import type { Secret } from "../../contract/secret.ts";

export type { Octokit } from "@octokit/rest";

/** How this server reaches the community repository. */
export type Repository = { owner: string; name: string };
type Fetch = (url: string, init?: object) => Promise<Response>;

/** The real client; `fetch` is the server's guarded one. `baseUrl`: GitHub Enterprise, or a stand-in. */
export function openGitHub(o: { token?: Secret; baseUrl: string; fetch: Fetch }): Octokit {
  const quiet = () => undefined;
  return new Octokit({
    ...(o.token ? { auth: o.token.reveal() } : {}),
    baseUrl: o.baseUrl,
    userAgent: "patchbay",
    request: { fetch: o.fetch },
    // A log line of the client's would hold addresses and answers.
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
}

/** GitHub asks us to wait: its limits, or its bad day. */
export class GitHubBusy extends Error {
  override name = "GitHubBusy";
  readonly seconds: number;
  constructor(seconds: number, why: string) {
    super(why);
    this.seconds = seconds;
  }
}

/** GitHub will not: a person has to change something first. */
export class GitHubRefused extends Error {
  override name = "GitHubRefused";
}

/**
 * What a failed request means for a job: wait (GitHubBusy), give up and say why (GitHubRefused), or, for anything else, the error
 * itself. No text of GitHub's answers goes on but its status.
 */
export function troubleOf(error: unknown, now: Date): Error {
  if (error instanceof GitHubBusy || error instanceof GitHubRefused) return error;
  const failed = Failed.safeParse(error);
  if (!failed.success) return asError(error);
  const { status, response, cause } = failed.data;
  // No answer at all: the line was cut. What was sent may have taken effect, so the next try looks first.
  if (!response)
    return isProblem(cause, "address_refused", "host_refused", "scheme_refused")
      ? new GitHubRefused(cause.message)
      : new GitHubBusy(30, "GitHub could not be reached");
  const { headers } = response;
  const after = Number(headers["retry-after"]);
  if (after > 0) return new GitHubBusy(after, "GitHub asked us to wait");
  if ((status === 403 || status === 429) && headers["x-ratelimit-remaining"] === "0") {
    const until = Number(headers["x-ratelimit-reset"]) * 1000 - now.getTime();
    return new GitHubBusy(Math.max(1, Math.ceil(until / 1000)), "GitHub's limit for this hour is used up");
  }
  if (status === 429 || (status === 403 && /secondary rate limit/i.test(asError(error).message)))
    return new GitHubBusy(60, "GitHub asked us to wait");
  if (status >= 500) return new GitHubBusy(60, `GitHub failed (status ${status})`);
  // Two changes of one thing at the same moment: the next try sees what came of it.
  if (status === 409) return new GitHubBusy(5, "somebody changed the repository at the same moment");
  if (status === 401)
    return new GitHubRefused("GitHub does not accept COMMUNITY_GITHUB_TOKEN any more: the server needs a new one");
  if (status === 403)
    return new GitHubRefused(
      "COMMUNITY_GITHUB_TOKEN may not do this at GitHub: it needs to write contents and pull requests",
    );
  if (status === 404 || status === 410 || status === 451)
    return new GitHubRefused(
      "GitHub does not show COMMUNITY_REPO to this token: check its name and the token's rights",
    );
  return asError(error);
}

/** True for a refusal of GitHub's whose words fit, e.g. "already exists". */
export function isRefusal(error: unknown, status: number, words: RegExp): boolean {
  const failed = Failed.safeParse(error);
  return (
    failed.success && failed.data.status === status && words.test(JSON.stringify(failed.data.response?.data ?? ""))
  );
}

const Failed = z.object({
  status: z.number(),
  response: z.object({ headers: z.record(z.string(), z.unknown()), data: z.unknown() }).optional(),
  cause: z.unknown().optional(),
});

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
