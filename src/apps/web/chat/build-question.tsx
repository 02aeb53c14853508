import { useState } from "react";
import type { BuildAnswer } from "../../../contract/build.ts";
import { api, messageOf } from "../api.ts";
import type { Block } from "./transcript.ts";

/**
 * "Ready to build?": where calls will go, how one signs in, what to register. Addresses are shown as text, never as links: they
 * come from pages of strangers.
 */
export function BuildQuestion({
  block: { card, state, key },
  conversationId,
}: {
  block: Extract<Block, { kind: "build" }>;
  conversationId: string;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  const answer = async (said: BuildAnswer) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await api.conversations.decideBuild({ id: conversationId, buildId: card.buildId, answer: said });
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  };

  return (
    <section className="card build" data-state={state} data-asks={state === "open" || undefined} aria-labelledby={key}>
      <h2 id={key}>Ready to build {card.name}?</h2>
      {card.description && <p className="soft">{card.description}</p>}
      <dl className="facts">
        <dt>Calls go to</dt>
        <dd>
          <strong>{card.hosts.join(", ")}</strong>, and nowhere else
          <br />
          <code>{card.baseUrl}</code>
        </dd>
        {card.methods.map((method, index) => (
          <div key={index} className="fact">
            <dt>{method.label}</dt>
            <dd>
              {method.lines.map((line) => (
                <div key={line}>{line}</div>
              ))}
              {method.scopes.length > 0 && <div>Scopes: {method.scopes.join(" ")}</div>}
              {method.redirectUri && (
                <div>
                  Redirect URI to register: <code>{method.redirectUri}</code>
                </div>
              )}
              {method.steps.map((step) => (
                <div key={step} className="soft">
                  {step}
                </div>
              ))}
            </dd>
          </div>
        ))}
        {card.signInHosts.length > 0 && (
          <div className="fact">
            <dt>The sign-in also names</dt>
            <dd>{card.signInHosts.join(", ")}</dd>
          </div>
        )}
        {card.variables.length > 0 && (
          <div className="fact">
            <dt>You will be asked for</dt>
            <dd>{card.variables.join(", ")}</dd>
          </div>
        )}
        <dt>Made from</dt>
        <dd className="soft">
          {card.docs.pages} page{card.docs.pages === 1 ? "" : "s"} at {card.docs.url}
        </dd>
      </dl>
      {state === "open" ? (
        <div className="pair">
          <button type="button" className="button quiet" disabled={busy} onClick={() => void answer("no")}>
            No
          </button>
          <button type="button" className="button" disabled={busy} onClick={() => void answer("yes")}>
            Yes, build it
          </button>
        </div>
      ) : (
        <p className="outcome" role="status">
          {outcomes[state]}
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
  yes: "You said yes.",
  no: "You said no. Nothing was built.",
  past: "A newer question took its place.",
};
