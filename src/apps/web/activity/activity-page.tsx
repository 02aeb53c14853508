import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ActivityEntry, ActivityKind, ActivityOutcome } from "../../../contract/procedures/activity.ts";
import { showHidden } from "../../../contract/marked-data.ts";
import { api, type Fault, faultOf } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { duration, When } from "../parts/when.tsx";
import { Link } from "../rail.tsx";
import { addressOf } from "../router.ts";
import "../styles/parts.css";
import "../styles/activity.css";
import { useData } from "../use-data.ts";

type Filter = { kind: ActivityKind | ""; slug: string; outcome: ActivityOutcome | ""; from: string; to: string };
const everything: Filter = { kind: "", slug: "", outcome: "", from: "", to: "" };

/** What was done with which account, by whom, and how it ended: newest first, and further back as far as one likes. */
export function ActivityPage() {
  const integrations = useData(() => api.integrations.list(), "integrations");
  const [filter, setFilter] = useState(everything);
  const [entries, setEntries] = useState<ActivityEntry[]>();
  const [next, setNext] = useState<string | null>(null);
  const [fault, setFault] = useState<Fault>();
  const [isBusy, setBusy] = useState(false);
  const asked = useRef(0);

  const load = async (cursor?: string) => {
    const mine = ++asked.current;
    setBusy(true);
    setFault(undefined);
    try {
      const page = await api.activity.list({ ...read(filter), cursor, limit: 60 });
      if (mine !== asked.current) return; // the filter has changed meanwhile
      setEntries((before) => (cursor === undefined ? page.entries : [...(before ?? []), ...page.entries]));
      setNext(page.next);
    } catch (error) {
      if (mine === asked.current) setFault(faultOf(error));
    } finally {
      if (mine === asked.current) setBusy(false);
    }
  };
  useEffect(() => void load(), [filter]);
  const change = (part: Partial<Filter>) => setFilter((before) => ({ ...before, ...part }));
  const isFiltered = Object.values(filter).some((value) => value !== "");

  return (
    <div className="sheet wide" data-scroll>
      <header className="sheet-head">
        <h1>Activity</h1>
        <ActivityTabs current="activity" />
      </header>
      <div className="filter-bar" role="group" aria-label="Show">
        <Choice label="What" value={filter.kind} onChange={(kind) => change({ kind: kind as Filter["kind"] })}>
          <option value="">Everything</option>
          {Object.entries(kinds).map(([kind, text]) => (
            <option key={kind} value={kind}>
              {text}
            </option>
          ))}
        </Choice>
        <Choice label="Integration" value={filter.slug} onChange={(slug) => change({ slug })}>
          <option value="">Any</option>
          {integrations.data?.map((one) => (
            <option key={one.slug} value={one.slug}>
              {one.name}
            </option>
          ))}
        </Choice>
        <Choice
          label="Outcome"
          value={filter.outcome}
          onChange={(outcome) => change({ outcome: outcome as Filter["outcome"] })}
        >
          <option value="">Any</option>
          {Object.entries(outcomes).map(([outcome, text]) => (
            <option key={outcome} value={outcome}>
              {text}
            </option>
          ))}
        </Choice>
        <label>
          <span>From</span>
          <input type="date" value={filter.from} onChange={(event) => change({ from: event.target.value })} />
        </label>
        <label>
          <span>To</span>
          <input type="date" value={filter.to} onChange={(event) => change({ to: event.target.value })} />
        </label>
        {isFiltered && (
          <button type="button" className="button ghost small" onClick={() => setFilter(everything)}>
            Show everything
          </button>
        )}
      </div>
      <FaultNote fault={fault} onRetry={() => void load()} />
      {!entries && !fault && <div className="skeleton tall" aria-busy="true" />}
      <p className="hidden" role="status">
        {entries && !isBusy ? `${entries.length} entries${next ? " and more" : ""}` : ""}
      </p>
      {entries?.length === 0 && !fault && (
        <p className="empty">{isFiltered ? "Nothing like that happened." : "Nothing has happened yet."}</p>
      )}
      {entries && entries.length > 0 && (
        <ol className="entries" aria-busy={isBusy}>
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ol>
      )}
      {next && (
        <p>
          <button type="button" className="button quiet" disabled={isBusy} onClick={() => void load(next)}>
            {isBusy ? "Looking …" : "Further back"}
          </button>
        </p>
      )}
    </div>
  );
}

export function ActivityTabs({ current }: { current: "activity" | "wanted" }) {
  return (
    <Tabs
      label="Activity"
      tabs={[
        { to: "/activity", text: "What happened", isCurrent: current === "activity" },
        { to: "/most-wanted", text: "Most wanted", isCurrent: current === "wanted" },
      ]}
    />
  );
}

function Choice(o: { label: string; value: string; onChange: (value: string) => void; children: ReactNode }) {
  return (
    <label>
      <span>{o.label}</span>
      <select value={o.value} onChange={(event) => o.onChange(event.target.value)}>
        {o.children}
      </select>
    </label>
  );
}

function Entry({ entry }: { entry: ActivityEntry }) {
  const { request } = entry;
  const facts = Object.entries(entry.facts).filter(([, value]) => value !== null && value !== "");
  const hasMore = request !== undefined || facts.length > 0;
  const line = (
    <>
      <span className="entry-when soft">
        <When at={entry.at} />
      </span>
      <span className="entry-what">
        {request && <span className={`chip ${request.access}`}>{request.access}</span>}
        <bdi>{cut(entry.text)}</bdi>
      </span>
      <span className="entry-where soft">
        {entry.integration && (
          <bdi>
            {entry.integration.name}
            {entry.connection && ` · ${entry.connection.label}`}
          </bdi>
        )}
      </span>
      <span className="entry-outcome">
        <span data-outcome={entry.outcome}>{outcomes[entry.outcome]}</span>
      </span>
      <span className="entry-time soft number">{typeof request?.ms === "number" ? duration(request.ms) : ""}</span>
    </>
  );
  if (!hasMore) {
    return (
      <li className="entry">
        <div className="entry-line">{line}</div>
      </li>
    );
  }
  return (
    <li className="entry">
      <details>
        <summary className="entry-line">{line}</summary>
        <dl className="entry-facts">
          {request && (
            <div>
              <dt>Sent</dt>
              <dd>
                <code>
                  {request.method} {request.host}
                  {cut(request.path)}
                </code>
                {request.status !== null && <span className="number"> · status {request.status}</span>}
              </dd>
            </div>
          )}
          {entry.person && (
            <div>
              <dt>By</dt>
              <dd>
                <bdi>{entry.person.name}</bdi>
              </dd>
            </div>
          )}
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi>{cut(typeof value === "string" ? value : JSON.stringify(value))}</bdi>
              </dd>
            </div>
          ))}
          <div>
            <dt>When</dt>
            <dd>{entry.at.toLocaleString()}</dd>
          </div>
          {entry.integration && (
            <div>
              <dt>Integration</dt>
              <dd>
                <Link to={addressOf.integration(entry.integration.slug)}>{entry.integration.name}</Link>
              </dd>
            </div>
          )}
        </dl>
      </details>
    </li>
  );
}

const kinds: Record<ActivityKind, string> = {
  use: "Calls",
  refresh: "Renewed sign-ins",
  approval: "Answers to questions",
  policy: "Policies",
  connect: "Sign-ins",
  disconnect: "Disconnected",
  connection: "Accounts",
  client: "OAuth apps",
  integration: "Integrations",
  access: "Access to Patchbay",
  other: "Other",
};

const outcomes: Record<ActivityOutcome, string> = {
  ok: "Done",
  refused: "Refused",
  failed: "Failed",
  unknown: "Answer not seen",
};

function read(filter: Filter) {
  return {
    ...(filter.kind ? { kind: filter.kind } : {}),
    ...(filter.outcome ? { outcome: filter.outcome } : {}),
    ...(filter.slug ? { slug: filter.slug } : {}),
    ...(filter.from ? { from: new Date(`${filter.from}T00:00:00`) } : {}),
    // The whole day that is named, in the person's own time.
    ...(filter.to ? { to: new Date(`${filter.to}T23:59:59.999`) } : {}),
  };
}

function cut(text: string): string {
  const shown = showHidden(text.slice(0, 500));
  return text.length > 500 ? `${shown}…` : shown;
}
