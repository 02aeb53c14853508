import { Dialog } from "@base-ui/react/dialog";
import { useState } from "react";
import type { Decision } from "../../../contract/access.ts";
import type { Operation } from "../../../contract/procedures/integration-detail.ts";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { api, type Fault, faultOf } from "../api.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { FaultNote } from "../parts/fault-note.tsx";
import { When } from "../parts/when.tsx";
import { useWindow } from "../parts/use-window.ts";
import { Link } from "../rail.tsx";
import { addressOf } from "../router.ts";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";
import { DecisionToggle, decisionWords } from "./decision-toggle.tsx";
import { GroupDecision } from "./group-decision.tsx";
import { plain } from "./plain.ts";
import { SuggestedReads } from "./suggested-reads.tsx";

type Kind = "all" | "read" | "write" | "own";

/** Everything the tool can do, read or write told apart at a glance, and what happens to each, changed where it stands. */
export function OperationsPart({ one, onChanged }: { one: IntegrationSummary; onChanged: () => Promise<void> }) {
  const { slug } = one;
  const operations = useData(() => api.integrations.operations({ slug }), `operations ${slug} ${one.version}`);
  const policies = useData(() => api.policies.list(), "policies");
  const [changed, setChanged] = useState<ReadonlyMap<string, Operation>>(new Map());
  const [text, setText] = useState("");
  const [kind, setKind] = useState<Kind>("all");
  const [fault, setFault] = useState<Fault>();
  const [told, setTold] = useState("");
  /** The one last decided that stays stricter. */
  const [held, setHeld] = useState<string>();
  const [opened, setOpened] = useState<string>();

  const all = (operations.data ?? []).map((each) => changed.get(each.name) ?? each);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((each) => {
    if (kind === "own" ? each.own === null : kind !== "all" && each.access !== kind) return false;
    const own = `${each.name} ${each.summary} ${each.requests.join(" ")}`.toLowerCase();
    return words.every((word) => own.includes(word));
  });
  const own = all.filter((each) => each.own !== null).length;
  const { list, first, last, padding } = useWindow<HTMLUListElement>(found.length);

  const decide = async (operation: Operation, decision: Decision | null) => {
    setFault(undefined);
    try {
      const now = await api.integrations.decide({ slug, operation: operation.name, decision });
      setChanged((before) => new Map(before).set(now.name, now));
      const isHeld = decision !== null && now.decision !== decision;
      setHeld(isHeld ? now.name : undefined);
      setTold(
        isHeld
          ? `${now.name} stays at ${decisionWords[now.decision].toLowerCase()}: a stricter policy says so.`
          : `${now.name}: ${decisionWords[now.decision].toLowerCase()}.`,
      );
    } catch (error) {
      setFault(faultOf(error));
    }
  };

  const shownOne = all.find((each) => each.name === opened);
  // A yes to a read makes a version of its own.
  const versionChanged = async () => {
    setChanged(new Map());
    await onChanged();
    await operations.reload();
  };
  const groupChanged = async () => {
    await Promise.all([operations.reload(), policies.reload()]);
    setChanged(new Map());
    setHeld(undefined);
  };
  return (
    <section className="operations" aria-label="What it can do">
      <SuggestedReads
        slug={slug}
        operations={all.filter((each) => each.access === "write" && each.suggestedRead !== undefined)}
        onChanged={versionChanged}
      />
      <div className="part-head">
        <input
          type="search"
          className="search"
          aria-label="Search operations"
          placeholder={`Search ${(one.reads + one.writes).toLocaleString("en")} operations`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="filters" role="group" aria-label="Show">
          {(
            [
              ["all", "All", one.reads + one.writes],
              ["read", "Reads", one.reads],
              ["write", "Writes", one.writes],
              ["own", "Changed by you", own],
            ] as const
          ).map(([key, name, count]) =>
            key === "own" && own === 0 && kind !== "own" ? null : (
              <button
                key={key}
                type="button"
                className="filter"
                aria-pressed={kind === key}
                onClick={() => setKind(key)}
              >
                {name} <span className="number soft">{count.toLocaleString("en")}</span>
              </button>
            ),
          )}
        </div>
      </div>
      <p className="soft small">
        Reads run, writes ask you first; change that for all of a kind, or for each. The strictest rule counts:{" "}
        <Link to={addressOf.settings("policies")}>all policies</Link>.
      </p>
      {operations.data && policies.data && (
        <div className="group-decisions">
          {(["read", "write"] as const).map((access) => {
            const those = all.filter((each) => each.access === access);
            return those.length === 0 ? null : (
              <GroupDecision
                key={access}
                one={one}
                access={access}
                operations={those}
                policies={policies.data ?? []}
                onChanged={groupChanged}
              />
            );
          })}
        </div>
      )}
      <p className="hidden" role="status">
        {told || (operations.data ? `${found.length} operations` : "")}
      </p>
      <FaultNote fault={fault ?? operations.fault ?? policies.fault} onRetry={() => void groupChanged()} />
      {!operations.data && !operations.fault && <div className="skeleton tall" aria-busy="true" />}
      {operations.data && found.length === 0 && (
        <p className="empty">
          Nothing fits “{text}”.{" "}
          <button
            type="button"
            className="link-button"
            onClick={() => {
              setText("");
              setKind("all");
            }}
          >
            Show all
          </button>
        </p>
      )}
      <ul className="operation-list" ref={list} style={padding} hidden={found.length === 0}>
        {found.slice(first, last).map((operation, index) => (
          <li key={operation.name} className="operation" aria-setsize={found.length} aria-posinset={first + index + 1}>
            <span className={`chip ${operation.access}`}>{operation.access}</span>
            <button type="button" className="operation-name" onClick={() => setOpened(operation.name)}>
              <bdi>{plain(operation.name)}</bdi>
            </button>
            <span className="operation-about" title={plain(operation.summary)}>
              {operation.name === held ? (
                <strong>Stays at {decisionWords[operation.decision].toLowerCase()}: a stricter policy says so.</strong>
              ) : (
                <bdi>{plain(operation.summary)}</bdi>
              )}
            </span>
            <code className="operation-request" title={operation.requests.map(plain).join("\n")}>
              {plain(operation.requests[0] ?? "")}
              {operation.requests.length > 1 && ` +${operation.requests.length - 1}`}
            </code>
            <OperationToggle operation={operation} onDecide={(decision) => void decide(operation, decision)} />
          </li>
        ))}
      </ul>
      <Dialog.Root open={shownOne !== undefined} onOpenChange={(isOpen) => !isOpen && setOpened(undefined)}>
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop" />
          <Dialog.Popup className="dialog operation-dialog">
            {shownOne && (
              <OperationDetail
                slug={slug}
                isProven={all.some((each) => each.tried !== undefined)}
                operation={shownOne}
                onDecide={(to) => void decide(shownOne, to)}
                onChanged={versionChanged}
              />
            )}
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </section>
  );
}

/** What happens to one operation. */
function OperationToggle(o: { operation: Operation; onDecide: (decision: Decision) => void }) {
  const { name, decision, own } = o.operation;
  return (
    <DecisionToggle
      label={`What happens to ${plain(name)}`}
      decision={decision}
      isOwn={own !== null}
      onDecide={o.onDecide}
    />
  );
}

function Tried({ tried, access }: Pick<Operation, "tried" | "access">) {
  if (!tried) return <p className="small soft">{access === "read" ? "Not tried yet." : "Writes are not tried."}</p>;
  const failed = `It failed${tried.status === undefined ? "" : ` with ${tried.status}`}`;
  return (
    <p className="small">
      {tried.outcome === "worked" ? "It worked" : failed}, <When at={tried.triedAt} />
      {tried.message && `: ${plain(tried.message)}`}
    </p>
  );
}

function OperationDetail(o: {
  slug: string;
  /** Reads of this version were tried one by one. */
  isProven: boolean;
  operation: Operation;
  onDecide: (decision: Decision | null) => void;
  onChanged: () => Promise<void>;
}) {
  const { slug, operation, onDecide } = o;
  const retracting = useAct();
  const command = `${slug} ${plain(operation.name)}`;
  return (
    <>
      <Dialog.Title className="dialog-title">
        <span className={`chip ${operation.access}`}>{operation.access}</span> <bdi>{plain(operation.name)}</bdi>
      </Dialog.Title>
      {operation.summary && (
        <p className="operation-full">
          <bdi>{plain(operation.summary)}</bdi>
        </p>
      )}
      <p className="label">It sends</p>
      <pre tabIndex={0} className="operation-requests">
        {operation.requests.map(plain).join("\n")}
      </pre>
      <p className="label">In the chat or a terminal</p>
      <div className="row copy-row">
        <code className="grow">{command}</code>
        <CopyButton text={command} what="the command" />
      </div>
      <p className="label">What happens when it is called</p>
      <div className="row">
        <OperationToggle operation={operation} onDecide={onDecide} />
        {operation.own !== null && (
          <button type="button" className="link-button" onClick={() => onDecide(null)}>
            As usual
          </button>
        )}
      </div>
      <p className="hint">{operation.reason}</p>
      {o.isProven && (
        <>
          <p className="label">Tried by the server</p>
          <Tried {...operation} />
        </>
      )}
      {operation.confirmedRead !== undefined && (
        <div className="confirmed-read">
          <p className="small">Counts as a read by a person’s yes: {plain(operation.confirmedRead)}</p>
          <button
            type="button"
            className="button quiet small"
            disabled={retracting.isBusy}
            onClick={() =>
              void retracting.act(async () => {
                await api.integrations.retractReads({ slug, operations: [operation.name] });
                await o.onChanged();
              })
            }
          >
            Take that back
          </button>
          <FaultNote fault={retracting.fault} />
        </div>
      )}
      <div className="pair one">
        <Dialog.Close className="button quiet">Close</Dialog.Close>
      </div>
    </>
  );
}
