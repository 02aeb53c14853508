import { useEffect, useState, type KeyboardEvent } from "react";
import type { Approval, ApprovalAnswer } from "../../../contract/approval.ts";
import { approvalFacts } from "../../../contract/approval-facts.ts";
import { cutOffNote, yesForLater } from "../../../contract/cut-off.ts";
import { readableBody } from "../../../contract/readable-body.ts";
import { api, messageOf } from "../api.ts";
import { Icon } from "../parts/icon.tsx";
import { clockTime } from "../parts/when.tsx";

type Props = {
  approval: Approval;
  isCutOff?: boolean;
  names?: ReadonlyMap<string, string>;
  /** Where the question was asked, for a place outside of that conversation. */
  children?: React.ReactNode;
  onAnswered?: () => void;
};

/**
 * What will happen, in words; the request as it will be sent underneath; then No and Yes, equal in size, neither in focus. When
 * it is decided it becomes a line. Where the command that asked has ended, it says what a yes still does.
 */
export function ApprovalCard({ approval, isCutOff = false, names, children, onAnswered }: Props) {
  const [status, setStatus] = useState(approval.status);
  const [busy, setBusy] = useState<ApprovalAnswer>();
  const [problem, setProblem] = useState<string>();
  const current = approval.status === "pending" ? status : approval.status;
  const isPending = current === "pending";
  const deletes = approval.request.method === "DELETE";
  const { title, subject, facts } = approvalFacts(approval, names);

  const answer = async (said: ApprovalAnswer) => {
    setBusy(said);
    setProblem(undefined);
    try {
      setStatus((await api.approvals.answer({ id: approval.id, answer: said })).status);
      onAnswered?.();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(undefined);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isPending || busy || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "n") void answer("no");
    // What cannot be taken back wants a press on its own button.
    else if (event.key === "y" && !deletes) void answer("yes");
  };

  const id = `approval-${approval.id}`;
  const sentence = (
    <>
      <span className={`chip ${approval.access}`}>{approval.access}</span> {title}
      {subject !== undefined && (
        <>
          : <bdi className="subject">{subject}</bdi>
        </>
      )}
    </>
  );
  if (!isPending) {
    return (
      <section className="approval decided" data-state={current} aria-labelledby={id}>
        <details>
          <summary>
            <Icon name={current === "approved" ? "check" : "close"} />
            <span id={id} className="grow">
              {sentence}
            </span>
            <span className="outcome" role="status">
              {isCutOff && current === "approved" ? yesForLater : outcomes[current]}
            </span>
          </summary>
          <RequestShown approval={approval} />
        </details>
      </section>
    );
  }
  return (
    <section
      id={id}
      className="card approval"
      data-state={current}
      data-asks
      tabIndex={-1}
      aria-labelledby={`${id}-title`}
      aria-keyshortcuts={deletes ? "n" : "n y"}
      onKeyDown={onKeyDown}
    >
      <h2 id={`${id}-title`}>{sentence}</h2>
      <p className="approval-where">
        on {approval.integration.name}, as <strong>{approval.account}</strong>
      </p>
      {facts.length > 0 && (
        <dl className="approval-facts">
          {facts.map(({ label, value }, index) => (
            <div key={index}>
              <dt>{label}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <details open={facts.length === 0}>
        <summary>The request as it will be sent</summary>
        <RequestShown approval={approval} />
      </details>
      {isCutOff && <p role="status">{cutOffNote(approval)}</p>}
      <div className="pair">
        <button type="button" className="button quiet" disabled={busy !== undefined} onClick={() => void answer("no")}>
          No <kbd aria-hidden="true">n</kbd>
        </button>
        <button type="button" className="button" disabled={busy !== undefined} onClick={() => void answer("yes")}>
          {busy === "yes"
            ? "Sending …"
            : isCutOff
              ? "Yes, when asked again"
              : deletes
                ? "Yes, delete it"
                : "Yes, send it"}
          {!deletes && <kbd aria-hidden="true">y</kbd>}
        </button>
      </div>
      <p className="foot">
        <button
          type="button"
          className="link-button"
          disabled={busy !== undefined}
          onClick={() => void answer("always")}
        >
          Always allow {approval.operation}
        </button>
        <Ending at={approval.expiresAt} />
      </p>
      {children}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

function RequestShown({ approval }: { approval: Approval }) {
  const { request } = approval;
  return (
    <>
      <pre tabIndex={0}>
        <code>
          <strong>{request.method}</strong> {request.host}
          {request.path}
          {request.query && `?${request.query.replace(/^\?/, "")}`}
          {request.headers?.map(({ name, value }) => `\n${name}: ${value}`)}
          {request.body !== null && `\n\n${readableBody(request.body, request.contentType)}`}
        </code>
      </pre>
      <p className="hint">
        <code>{approval.operation}</code> · {approval.reason} · your {approval.integration.name} sign-in is added on the
        way
      </p>
    </>
  );
}

const outcomes = {
  approved: "You said yes.",
  denied: "You said no. Nothing was sent.",
  expired: "Nobody answered. Nothing was sent.",
};

/** When it ends, and as what. */
function Ending({ at }: { at: Date }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const minutes = Math.ceil((at.getTime() - now) / 60_000);
  return (
    <span className="soft">
      {minutes > 1
        ? `Ends at ${clockTime(at)} as "no", in ${minutes} minutes`
        : minutes === 1
          ? 'Ends in less than a minute as "no"'
          : "It is about to end"}
    </span>
  );
}
