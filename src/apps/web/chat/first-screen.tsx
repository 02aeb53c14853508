import { useState } from "react";
import type { Settings } from "../../../contract/procedures/house.ts";
import { Link } from "../rail.tsx";

/** The first screen teaches: three things to try, each one click, and what is not set up yet. */
export function FirstScreen(o: { settings: Settings | undefined; onSay: (text: string) => Promise<void> }) {
  const [isBusy, setBusy] = useState(false);
  const say = (text: string) => {
    setBusy(true);
    o.onSay(text).catch(() => setBusy(false)); // the page shows the problem
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
        Name a service, or give the address of its API document. A tool is written, you sign in, and from then on you
        can ask for things here. Anything that changes something waits for your yes.
      </p>
      <ul className="invitations">
        <li>
          <button type="button" disabled={isBusy} onClick={() => say("connect me to the practice service")}>
            <strong>Try the practice service</strong>
            <span>A small kanban board that lives on this machine. Nothing can go wrong there.</span>
          </button>
        </li>
        <li>
          <button type="button" onClick={paste}>
            <strong>Paste an address</strong>
            <span>An OpenAPI document, or the page where an API is described.</span>
          </button>
        </li>
        <li>
          <Link to="/integrations">
            <strong>Pick from the catalogue</strong>
            <span>Services somebody has already written a tool for.</span>
          </Link>
        </li>
      </ul>
      {o.settings?.model.source === "none" && (
        <p className="aside">
          No language model is set, so the <em>guided model</em> answers: it follows rules, connects anything that has
          an OpenAPI document, and runs its operations. For free conversation,{" "}
          <Link to="/settings">set a model key</Link>.
        </p>
      )}
    </section>
  );
}
