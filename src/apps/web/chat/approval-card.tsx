import { useEffect, useState } from "react";
import { type Approval, type ApprovalAnswer, readableBody } from "../../../contract/approval.ts";
import { cutOffNote, yesForLater } from "../../../contract/cut-off.ts";
import { api, messageOf } from "../api.ts";

/**
 * What will be sent, and the question whether it may. First the sentence, then the request underneath; No and Yes are equal in
 * size and neither has the focus. Where the command that asked has ended, it says what a yes still does.
 */
export function ApprovalCard({ approval, isCutOff }: { approval: Approval; isCutOff: boolean }) {
  const [status, setStatus] = useState(approval.status);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const minutes = useMinutesLeft(approval.expiresAt, status === "pending");
  const { request } = approval;
  const current = approval.status === "pending" ? status : approval.status;

  const answer = async (said: ApprovalAnswer) => {
    setBusy(true);
    setProblem(undefined);
    try {
      setStatus((await api.approvals.answer({ id: approval.id, answer: said })).status);
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  const title = `approval-${approval.id}`;
  return (
    <section
      className="card approval"
      data-state={current}
      data-asks={current === "pending" || undefined}
      aria-labelledby={title}
    >
      <h2 id={title}>
        <span className={`chip ${approval.access}`}>{approval.access}</span> {approval.summary}
      </h2>
      <p className="soft">
        {approval.integration.name}, as <strong>{approval.account}</strong>
      </p>
      <details open={current === "pending"}>
        <summary>What will be sent</summary>
        <pre tabIndex={0}>
          <code>
            <strong>{request.method}</strong> {request.host}
            {request.path}
            {request.query && `?${request.query.replace(/^\?/, "")}`}
            {request.headers?.map(({ name, value }) => `\n${name}: ${value}`)}
            {request.body !== null && `\n\n${readableBody(request.body, request.contentType)}`}
          </code>
        </pre>
        <p className="soft">
          <code>{approval.operation}</code> · {approval.reason}
        </p>
      </details>
      {current === "pending" ? (
        <>
          {isCutOff && <p role="status">{cutOffNote(approval)}</p>}
          <div className="pair">
            <button type="button" className="button quiet" disabled={busy} onClick={() => void answer("no")}>
              No
            </button>
            <button type="button" className="button" disabled={busy} onClick={() => void answer("yes")}>
              {isCutOff ? "Yes, when asked again" : "Yes, send it"}
            </button>
          </div>
          <p className="foot">
            <button type="button" className="link-button" disabled={busy} onClick={() => void answer("always")}>
              Always allow {approval.operation}
            </button>
            <span className="soft">
              {minutes > 0 ? `Without an answer it ends as "no" in ${minutes} min.` : "It is about to end."}
            </span>
          </p>
        </>
      ) : (
        <p className="outcome" role="status">
          {isCutOff && current === "approved" ? yesForLater : outcomes[current]}
        </p>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

const outcomes = {
  approved: "You said yes.",
  denied: "You said no. Nothing was sent.",
  expired: "Nobody answered. Nothing was sent.",
};

function useMinutesLeft(end: Date, isWaiting: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isWaiting) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, [isWaiting]);
  return Math.max(0, Math.ceil((end.getTime() - now) / 60_000));
}
