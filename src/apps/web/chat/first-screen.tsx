import { useState } from "react";
import type { Settings } from "../../../contract/procedures/house.ts";
import { Icon } from "../parts/icon.tsx";
import { ModelKeyForm } from "../parts/model-key-form.tsx";
import { Link } from "../rail.tsx";
import type { Say } from "./user-message.tsx";

type Props = { settings: Settings | undefined; onSay: Say; onSettings: () => Promise<void> };

/** The first screen teaches: three things to try, each one click, and what is not set up yet, with how. */
export function FirstScreen({ settings, onSay, onSettings }: Props) {
  const [isBusy, setBusy] = useState(false);
  const say = (text: string) => {
    setBusy(true);
    onSay(text).catch(() => setBusy(false)); // the page shows the problem
  };
  const paste = () => {
    const field = document.querySelector<HTMLTextAreaElement>("#say");
    field?.setAttribute("placeholder", "https://api.example.com/openapi.json");
    field?.focus();
  };
  return (
    <section className="first">
      <h1>What shall we connect?</h1>
      <p>
        Name a service, or give the address of its API document. I write a tool for it, you sign in, and from then on
        you ask for things here. Whatever changes something waits for your yes.
      </p>
      <ul className="invitations">
        {settings?.practice !== null && (
          <li>
            <button type="button" disabled={isBusy} onClick={() => say("connect me to the practice service")}>
              <span className="jack" data-state="asking" aria-hidden="true">
                PB
              </span>
              <span>
                <strong>Try the practice service</strong>
                <span>A small kanban board on this machine. Nothing can go wrong there.</span>
              </span>
              <Icon name="chevron" />
            </button>
          </li>
        )}
        <li>
          <button type="button" onClick={paste}>
            <span className="jack" aria-hidden="true">
              <Icon name="link" />
            </span>
            <span>
              <strong>Paste an address, or drop a file</strong>
              <span>An OpenAPI document, or the page where an API is described.</span>
            </span>
            <Icon name="chevron" />
          </button>
        </li>
        <li>
          <Link to="/integrations">
            <span className="jack" aria-hidden="true">
              <Icon name="search" />
            </span>
            <span>
              <strong>Pick from the catalogue</strong>
              <span>Services somebody has already written a tool for.</span>
            </span>
            <Icon name="chevron" />
          </Link>
        </li>
      </ul>
      {settings?.model.source === "none" && (
        <details className="not-set-up">
          <summary>
            <Icon name="key" />
            <span className="grow">
              <strong>No language model is set up</strong>
              <span className="soft">
                The guided model answers: rules that connect whatever has an OpenAPI document, and run it.
              </span>
            </span>
            <span className="link-button">Set a key</span>
          </summary>
          <p>With a key for the Messages API you can talk freely, and docs written for people are read too.</p>
          <ModelKeyForm onSaved={onSettings} />
        </details>
      )}
    </section>
  );
}
