import { useState } from "react";
import { api, messageOf } from "../api.ts";
import type { Block } from "./transcript.ts";

type Consent = Extract<Block, { kind: "consent" }>;

/** A question only the person can answer: a newer version of a tool, or operations that only read. */
export function ConsentBlock({ block: { card, answer }, conversationId }: { block: Consent; conversationId: string }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const say = async (said: "yes" | "no") => {
    setBusy(true);
    setProblem(undefined);
    try {
      await api.conversations.consent({ id: conversationId, cardId: card.cardId, answer: said });
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  const title = `consent-${card.cardId}`;
  return (
    <section className="card" data-asks={answer === undefined || undefined} aria-labelledby={title}>
      <h2 id={title}>{card.question}</h2>
      <ul>
        {card.lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {card.changes?.map(({ name, diff }) => (
        <figure key={name} className="difference">
          <figcaption>
            <code>{name}</code>
          </figcaption>
          <pre tabIndex={0}>
            {diff.split("\n").map((line, index) => (
              // A line has no other name than its place.
              <span key={index} className={signs[line[0] ?? ""]}>
                {line || " "}
                {"\n"}
              </span>
            ))}
          </pre>
        </figure>
      ))}
      {answer === undefined ? (
        <div className="pair">
          <button type="button" className="button quiet" disabled={busy} onClick={() => void say("no")}>
            No
          </button>
          <button type="button" className="button" disabled={busy} onClick={() => void say("yes")}>
            {card.about.kind === "update" ? "Yes, use it" : "Yes, they only read"}
          </button>
        </div>
      ) : (
        <p role="status">{answer === "yes" ? "You said yes: it is in effect." : "You said no: all is as it was."}</p>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

const signs: Record<string, string> = { "+": "added", "-": "removed" };
