import "../styles/integrations.css";
import { Dialog } from "@base-ui/react/dialog";
import { useState } from "react";
import type { SignInCard } from "../../../contract/chat.ts";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { api, messageOf } from "../api.ts";
import { Jack } from "../parts/jack.tsx";
import { SignInForm } from "../parts/sign-in-form.tsx";
import { useData } from "../use-data.ts";
import { AddForm } from "./add-form.tsx";
import { ConnectionLine } from "./connection-line.tsx";

/** What is here, with its accounts; what could be; and how to add more. */
export function IntegrationsPage() {
  const integrations = useData(() => api.integrations.list(), "integrations");
  const providers = useData(() => api.connections.providers(), "providers");
  const [asked, setAsked] = useState<{ card: SignInCard; connectionId?: string }>();
  const [filter, setFilter] = useState("");
  const [wish, setWish] = useState<string>();
  const [problem, setProblem] = useState<string>();

  const fits = (one: { name: string; description: string; slug: string; category?: string }) =>
    `${one.name} ${one.slug} ${one.category ?? ""} ${one.description}`
      .toLowerCase()
      .includes(filter.trim().toLowerCase());
  const here = integrations.data?.filter(fits) ?? [];
  const catalogue = (providers.data ?? []).filter((one) => one.integrationId === null && fits(one));
  const changed = async () => {
    await Promise.all([integrations.reload(), providers.reload()]);
  };
  const openCard = async (slug: string, connectionId?: string) => {
    setProblem(undefined);
    try {
      setAsked({ card: await api.integrations.signInCard({ slug }), connectionId });
    } catch (error) {
      setProblem(messageOf(error));
    }
  };

  return (
    <div className="sheet">
      <header className="sheet-head">
        <h1>Integrations</h1>
        <input
          type="search"
          className="search"
          aria-label="Search integrations"
          placeholder="Search"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </header>
      <AddForm
        key={wish ?? ""}
        wish={wish}
        onBuilt={async (made) => {
          await changed();
          setAsked({ card: made });
        }}
      />
      {(problem ?? integrations.problem) && (
        <p className="problem" role="alert">
          {problem ?? integrations.problem}
        </p>
      )}
      {integrations.data?.length === 0 && (
        <p className="empty">
          Nothing is here yet. Add a service above, or start with the{" "}
          <button type="button" className="link-button" onClick={() => setWish("the practice service")}>
            practice service
          </button>
          .
        </p>
      )}
      {integrations.data === undefined && !integrations.problem && <div className="skeleton" aria-label="Loading" />}
      <ul className="integrations">
        {here.map((one) => (
          <IntegrationLine
            key={one.id}
            one={one}
            onConnect={(connectionId) => void openCard(one.slug, connectionId)}
            onChanged={changed}
          />
        ))}
      </ul>
      {catalogue.length > 0 && (
        <section>
          <h2>In the catalogue</h2>
          <ul className="catalogue">
            {catalogue.map((one) => (
              <li key={one.slug}>
                <Jack name={one.name} state="known" />
                <span>
                  <strong>{one.name}</strong>
                  <span className="soft"> {one.description}</span>
                </span>
                <button type="button" className="button quiet" onClick={() => setWish(one.name)}>
                  Connect<span className="hidden"> {one.name}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Dialog.Root open={asked !== undefined} onOpenChange={(isOpen) => !isOpen && setAsked(undefined)}>
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop" />
          <Dialog.Popup className="dialog">
            <Dialog.Title className="dialog-title">Sign in to {asked?.card.integration.name}</Dialog.Title>
            {asked && (
              <SignInForm
                card={asked.card}
                connectionId={asked.connectionId}
                onDone={() => {
                  setAsked(undefined);
                  void changed();
                }}
              />
            )}
            <Dialog.Close className="link-button">Not now</Dialog.Close>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </div>
  );
}

function IntegrationLine(o: {
  one: IntegrationSummary;
  onConnect: (connectionId?: string) => void;
  onChanged: () => Promise<void>;
}) {
  const { one } = o;
  return (
    <li className="integration">
      <Jack name={one.name} state={one.jack} />
      <div className="integration-text">
        <h2>
          {one.name} <code className="soft">{one.slug}</code>
        </h2>
        <p>
          {one.description && <span>{one.description} </span>}
          <span className="chip read">{one.reads} read</span> <span className="chip write">{one.writes} write</span>
        </p>
        <ul className="accounts">
          {one.connections.map((connection) => (
            <ConnectionLine
              key={connection.id}
              connection={connection}
              onSignIn={() => o.onConnect(connection.id)}
              onChanged={o.onChanged}
            />
          ))}
        </ul>
      </div>
      <button type="button" className="button quiet" onClick={() => o.onConnect()}>
        {one.connections.length === 0 ? "Connect" : "Add account"}
        <span className="hidden"> {one.name}</span>
      </button>
    </li>
  );
}
