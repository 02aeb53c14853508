import { useEffect } from "react";
import type { Approval } from "../../contract/approval.ts";
import { ApprovalCard } from "./chat/approval-card.tsx";
import { When } from "./parts/when.tsx";
import { Link } from "./rail.tsx";
import type { Loaded } from "./use-data.ts";

/** Every question that waits for the person, wherever it was asked: in a conversation, by a script, over REST. */
export function WaitingPage({ waiting }: { waiting: Loaded<Approval[]> }) {
  const { data, problem, reload } = waiting;
  useEffect(() => void reload(), [reload]);
  return (
    <div className="sheet waiting">
      <h1>Waiting for you</h1>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {data === undefined && !problem && <div className="skeleton" />}
      {data?.length === 0 && (
        <p className="soft">
          Nothing waits. Whatever wants to change something asks here first: conversations, scripts and other programs.
        </p>
      )}
      {data?.map((approval) => (
        <ApprovalCard
          key={approval.id}
          approval={approval}
          onAnswered={() => {
            document.querySelector<HTMLElement>("#main")?.focus();
            void reload();
          }}
        >
          <p className="foot soft">
            <span>
              Asked <When at={approval.createdAt} />{" "}
              {approval.conversationId ? (
                <>
                  in <Link to={`/c/${approval.conversationId}`}>a conversation</Link>
                </>
              ) : (
                "by a script or another program"
              )}
            </span>
          </p>
        </ApprovalCard>
      ))}
    </div>
  );
}
