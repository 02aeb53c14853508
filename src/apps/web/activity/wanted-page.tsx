import { useState } from "react";
import { api } from "../api.ts";
import { ConnectDialog, type Connecting } from "../integrations/connect-dialog.tsx";
import { FaultNote } from "../parts/fault-note.tsx";
import "../styles/parts.css";
import "../styles/activity.css";
import { useData } from "../use-data.ts";
import { ActivityTabs } from "./activity-page.tsx";

/** Services people asked for and did not get, those missed most first. */
export function WantedPage() {
  const wanted = useData(() => api.wanted.list({}), "wanted");
  const [asked, setAsked] = useState<Connecting>();
  return (
    <div className="sheet wide" data-scroll>
      <header className="sheet-head">
        <h1>Most wanted</h1>
        <ActivityTabs current="wanted" />
      </header>
      <p className="soft">
        Asked for in vain: nothing was found, or no tool could be made of it. A new document or a better one may change
        that.
      </p>
      <FaultNote fault={wanted.fault} onRetry={() => void wanted.reload()} />
      {!wanted.data && !wanted.fault && <div className="skeleton tall" aria-busy="true" />}
      {wanted.data?.length === 0 && <p className="empty">Nothing is missed: what was asked for was found.</p>}
      {wanted.data && wanted.data.length > 0 && (
        <ol className="wanted">
          {wanted.data.map((one) => (
            <li key={one.subject}>
              <bdi className="wanted-name">{one.subject}</bdi>
              <span className="soft small">
                <span className="number">{one.failed}</span> of <span className="number">{one.asked}</span> times in
                vain
                {one.missing > 0 && ", nothing found"} · last on {dayName(one.lastDay)}
              </span>
              <button
                type="button"
                className="button quiet small"
                onClick={() => setAsked({ build: { wish: one.subject }, name: one.subject })}
              >
                Try again<span className="hidden"> {one.subject}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
      <ConnectDialog
        key={asked?.name}
        asked={asked}
        onClose={() => {
          setAsked(undefined);
          void wanted.reload();
        }}
        onChanged={wanted.reload}
      />
    </div>
  );
}

function dayName(day: string): string {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString("en", { day: "numeric", month: "long" });
}
