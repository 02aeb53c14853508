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
  const { name } = card.integration;
  const title = `sign-in-${card.cardId}`;
  if (isConnected) {
    return (
      <section className="card sign-in connected" data-state={state} aria-labelledby={title}>
        <h2 id={title}>
          <span className="hidden">{name} is connected</span>
        </h2>
        <p className="patched" role="status">
          <strong>
            <bdi>{block.account}</bdi>
          </strong>
          <span className="cable" aria-hidden="true" />
          <Jack name={name} state="answering" />
          <span>
            <strong>{name}</strong> <span className="soft">is connected</span>
          </span>
          <button type="button" className="link-button" onClick={() => setAgain(true)}>
            Add another account
          </button>
        </p>
      </section>
    );
  }
  return (
    <section className="card sign-in" data-state={state} data-asks aria-labelledby={title}>
      <h2 id={title}>
        <Jack name={name} state="asking" />
        Sign in to {name}
        {card.again && ` again as ${card.again.label}`}
      </h2>
      {card.reason && <p className="soft">{card.reason}</p>}
      {state === "failed" && block.message && (
        <p className="notice problem" role="alert">
          {block.message}
        </p>
      )}
      <SignInForm
        card={card}
        connectionId={isAgain ? undefined : card.again?.connectionId}
        place={{ conversationId, cardId: card.cardId }}
        onDone={() => setAgain(false)}
      />
    </section>
  );
}
