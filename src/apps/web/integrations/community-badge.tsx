import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { OutsideLink } from "../parts/field.tsx";

const words = {
  offered: "Offered",
  in_review: "In review",
  changes_requested: "Changes asked for",
  approved: "Approved",
  rejected: "Not taken",
} as const;
const tones = {
  offered: undefined,
  in_review: undefined,
  changes_requested: "asks",
  approved: "good",
  rejected: "alarm",
} as const;

/** Where a custom integration stands with the community: private, or its pull request. */
export function CommunityBadge({ one }: { one: Pick<IntegrationSummary, "origin" | "communityPullRequest"> }) {
  const request = one.communityPullRequest;
  if (request) {
    return (
      <span className="badges">
        <span className="badge" data-tone={tones[request.status]}>
          {words[request.status]}
        </span>
        <span className="small">
          <OutsideLink href={request.url} text="Pull request" />
        </span>
      </span>
    );
  }
  return <span className="badge">{one.origin === "private" ? "Private" : "From the community"}</span>;
}
