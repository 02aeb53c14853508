import { useState } from "react";
import { SignInForm } from "../parts/sign-in-form.tsx";
import { Jack } from "../parts/jack.tsx";
import type { Block } from "./transcript.ts";

type SignInBlockData = Extract<Block, { kind: "sign-in" }>;

/** The card on which a service asks for the sign-in; it turns to "connected as …" by itself. */
export function SignInBlock({ block, conversationId }: { block: SignInBlockData; conversationId: string }) {
  const { card, state } = block;
  const [isAgain, setAgain] = useState(false);
  const isConnected = state === "connected" && !isAgain;
  const title = `sign-in-${card.cardId}`;
  return (
    <section className="card sign-in" data-state={state} data-asks={!isConnected || undefined} aria-labelledby={title}>
      <h2 id={title}>
        <Jack name={card.integration.name} state={isConnected ? "answering" : "asking"} />
        {isConnected
          ? `${card.integration.name} is connected`
          : `Sign in to ${card.integration.name}${card.again ? ` again as ${card.again.label}` : ""}`}
      </h2>
      {isConnected && <span className="cable" aria-hidden="true" />}
      {isConnected ? (
        <p role="status">
          As <strong>{block.account}</strong>.{" "}
          <button type="button" className="link-button" onClick={() => setAgain(true)}>
            Connect another account
          </button>
        </p>
      ) : (
        <>
          {card.reason && <p>{card.reason}</p>}
          {state === "failed" && block.message && (
            <p className="problem" role="alert">
              {block.message}
            </p>
          )}
          <SignInForm
            card={card}
            connectionId={isAgain ? undefined : card.again?.connectionId}
            place={{ conversationId, cardId: card.cardId }}
            onDone={() => setAgain(false)}
          />
        </>
      )}
    </section>
  );
}
