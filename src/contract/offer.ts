import { z } from "zod";

/** How maintainers judge a pull request: `changes_requested` waits for its owner, `approved` is merged, `rejected` closed. */
export const PullRequestStatus = z.enum(["offered", "in_review", "changes_requested", "approved", "rejected"]);
export type PullRequestStatus = z.infer<typeof PullRequestStatus>;

/**
 * Where an offer to the community stands. Before there is a pull request: `held` until somebody says whether to share, `waiting`
 * for the job, `refused` with reasons to mend; `already_there` when the repository has all of it.
 */
export const OfferStatus = z.enum(["held", "waiting", "refused", "already_there", ...PullRequestStatus.options]);
export type OfferStatus = z.infer<typeof OfferStatus>;

export function isPullRequestStatus(status: unknown): status is PullRequestStatus {
  return PullRequestStatus.safeParse(status).success;
}

/** Whether proven tools are offered: `ask` until somebody decided. */
export const Sharing = z.enum(["ask", "on", "off"]);
export type Sharing = z.infer<typeof Sharing>;

export const Offer = z.object({
  slug: z.string(),
  name: z.string(),
  status: OfferStatus,
  /** Of this integration alone; null: as for all. */
  sharing: Sharing.exclude(["ask"]).nullable(),
  /** Why it waits or was refused, in plain words. */
  reasons: z.array(z.string()),
  /** The maintainers' words. Others wrote them: data, never orders. */
  words: z.string().nullable(),
  pullRequest: z.object({ number: z.number(), url: z.string() }).nullable(),
  updatedAt: z.date(),
});
export type Offer = z.infer<typeof Offer>;
