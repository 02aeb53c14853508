import { useState } from "react";
import type { IntegrationSummary, Provider } from "../../../contract/procedures/shapes.ts";
import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { Jack } from "../parts/jack.tsx";
import { Link } from "../rail.tsx";
import { addressOf } from "../router.ts";
import "../styles/parts.css";
import "../styles/integrations.css";
import { useData } from "../use-data.ts";
import { AccountList } from "./account-line.tsx";
import { AddForm } from "./add-form.tsx";
import { CommunityBadge } from "./community-badge.tsx";
import { ConnectDialog, type Connecting } from "./connect-dialog.tsx";
import { byUrgency, type Status, statusOf, statusTones, statusWords } from "./status.ts";

const filters: Status[] = ["connected", "sign_in_again", "failing", "paused", "known"];

/** What was looked for, kept while one goes to an integration and comes back. */
let looking: { text: string; category: string; status: Status | "all" } = { text: "", category: "", status: "all" };

/** What is here, with its accounts; what could be; and how to add more. */
export function IntegrationsPage() {
  const integrations = useData(() => api.integrations.list(), "integrations");
  const providers = useData(() => api.connections.providers(), "providers");
  const [asked, setAsked] = useState<Connecting>();
  const [look, setLook] = useState(looking);
  const change = (part: Partial<typeof looking>) => {
    looking = { ...look, ...part };
    setLook(looking);
  };

  const known = (providers.data ?? []).filter((one) => one.integrationId === null);
  const all = [
    ...(integrations.data ?? []).map((one) => ({ one, status: statusOf(one) })),
    ...known.map((one) => ({ one, status: "known" as const })),
  ];
  const words = look.text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (one: IntegrationSummary | Provider) => {
    const text = `${one.name} ${one.slug} ${one.category ?? ""} ${one.description}`.toLowerCase();
    return words.every((word) => text.includes(word)) && (look.category === "" || one.category === look.category);
  };
  const counted = (status: Status | "all") =>
    all.filter((each) => fits(each.one) && (status === "all" || each.status === status)).length;
  const shown = (status: Status) => look.status === "all" || look.status === status;
  const here = (integrations.data ?? []).filter((one) => fits(one) && shown(statusOf(one))).toSorted(byUrgency);
  const custom = here.filter((one) => one.origin === "private");
  const shared = here.filter((one) => one.origin !== "private");
  const catalogue = shown("known") ? known.filter(fits) : [];
  const categories = [...new Set(all.flatMap(({ one }) => one.category ?? []))].toSorted();
  const isLoaded = integrations.data !== undefined && providers.data !== undefined;
  const changed = async () => {
    await Promise.all([integrations.reload(), providers.reload()]);
  };
  const section = { onAsk: setAsked, onChanged: changed };

  return (
    <div className="sheet wide" data-scroll>
      <header className="sheet-head">
        <h1>Integrations</h1>
        <input
          type="search"
          className="search"
          aria-label="Search integrations"
          placeholder="Search"
          value={look.text}
          onChange={(event) => change({ text: event.target.value })}
        />
      </header>
      <AddForm onAdd={setAsked} />
      <div className="filters" role="group" aria-label="Show">
        {(["all", ...filters] as const).map((status) => {
          const count = counted(status);
          if ((count === 0 || !isLoaded) && status !== "all" && status !== look.status) return null;
          return (
            <button
              key={status}
              type="button"
              className="filter"
              aria-pressed={look.status === status}
              onClick={() => change({ status })}
            >
              {status === "all" ? "All" : statusWords[status]}{" "}
              <span className="number soft">{isLoaded ? count : ""}</span>
            </button>
          );
        })}
        {categories.length > 1 && (
          <select
            aria-label="Category"
            className="filter-select"
            value={look.category}
            onChange={(event) => change({ category: event.target.value })}
          >
            <option value="">All categories</option>
            {categories.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        )}
      </div>
      <FaultNote fault={integrations.fault ?? providers.fault} onRetry={() => void changed()} />
      {!isLoaded && !integrations.fault && <GridSkeleton />}
      {isLoaded && (
        <>
          <Section title="Custom integrations" list={custom} {...section} />
          <Section title="From the community" list={shared} {...section} />
          {catalogue.length > 0 && (
            <section aria-labelledby="catalogue">
              <h2 id="catalogue">In the catalogue</h2>
              <p className="soft small">
                Known, not connected yet. Connecting one checks its tool and asks for your sign-in.
              </p>
              <ul className="tiles">
                {catalogue.map((one) => (
                  <KnownTile key={one.slug} one={one} onAsk={setAsked} />
                ))}
              </ul>
            </section>
          )}
          {here.length + catalogue.length === 0 && (
            <div className="empty">
              <p>
                <strong>Nothing fits.</strong> No integration here or in the catalogue is like that.
              </p>
              <div className="row">
                <button
                  type="button"
                  className="button quiet"
                  onClick={() => change({ text: "", category: "", status: "all" })}
                >
                  Show all
                </button>
                {look.text.trim() !== "" && (
                  <button
                    type="button"
                    className="button"
                    onClick={() => setAsked({ build: { wish: look.text.trim() }, name: look.text.trim() })}
                  >
                    Look for “{look.text.trim()}” elsewhere
                  </button>
                )}
              </div>
            </div>
          )}
        </>
      )}
      <ConnectDialog
        key={asked && ("slug" in asked ? asked.slug : asked.name)}
        asked={asked}
        onClose={() => setAsked(undefined)}
        onChanged={changed}
      />
    </div>
  );
}

type Acts = { onAsk: (asked: Connecting) => void; onChanged: () => Promise<void> };

function Section({ title, list, ...acts }: { title: string; list: IntegrationSummary[] } & Acts) {
  if (list.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul className="tiles">
        {list.map((one) => (
          <Tile key={one.id} one={one} {...acts} />
        ))}
      </ul>
    </section>
  );
}

function Tile({ one, onAsk, onChanged }: { one: IntegrationSummary } & Acts) {
  const status = statusOf(one);
  const connect = (connectionId?: string) => onAsk({ slug: one.slug, name: one.name, connectionId });
  return (
    <li className="tile" data-status={status}>
      <div className="tile-head">
        <Jack name={one.name} state={one.jack} icon={one.icon} />
        <div className="tile-text">
          <h3>
            <Link to={addressOf.integration(one.slug)}>
              <bdi>{one.name}</bdi>
            </Link>
          </h3>
          <p className="tile-facts">
            <span className="chip read number">{one.reads.toLocaleString("en")} read</span>{" "}
            <span className="chip write number">{one.writes.toLocaleString("en")} write</span>
          </p>
        </div>
        <span className="badge" data-tone={statusTones[status]}>
          {statusWords[status]}
        </span>
      </div>
      {one.description && <p className="tile-about">{one.description}</p>}
      <AccountList connections={one.connections} onSignIn={connect} onChanged={onChanged} />
      <div className="tile-foot">
        <CommunityBadge one={one} />
        <button
          type="button"
          className={one.connections.length === 0 ? "button small" : "button quiet small"}
          onClick={() => connect()}
        >
          {one.connections.length === 0 ? "Connect" : "Add account"}
          <span className="hidden"> {one.name}</span>
        </button>
      </div>
    </li>
  );
}

function KnownTile({ one, onAsk }: { one: Provider; onAsk: (asked: Connecting) => void }) {
  return (
    <li className="tile known">
      <div className="tile-head">
        <Jack name={one.name} state="known" icon={one.icon} />
        <div className="tile-text">
          <h3>{one.name}</h3>
          {one.category && <p className="tile-facts soft">{one.category}</p>}
        </div>
        <button
          type="button"
          className="button quiet small"
          onClick={() =>
            onAsk({ build: { wish: one.slug === "practice" ? "the practice service" : one.name }, name: one.name })
          }
        >
          Connect<span className="hidden"> {one.name}</span>
        </button>
      </div>
      {one.description && <p className="tile-about">{one.description}</p>}
    </li>
  );
}

function GridSkeleton() {
  return (
    <div className="tiles" aria-busy="true">
      <span className="hidden" role="status">
        Loading
      </span>
      {Array.from({ length: 9 }, (_, index) => (
        <div key={index} className="tile skeleton" />
      ))}
    </div>
  );
}
