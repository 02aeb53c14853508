import type { ReactNode } from "react";
import type { Fault } from "../api.ts";
import { Link } from "../rail.tsx";
import { addressOf } from "../router.ts";

type Helps = {
  fault: Fault | undefined;
  /** Does the same again. */
  onRetry?: () => void;
  /** Opens the form to sign in. */
  onSignIn?: () => void;
  onResume?: () => void;
};

/** What happened, what it means, what to do: the server's sentence, with the button that does it. */
export function FaultNote(o: Helps) {
  if (!o.fault) return null;
  return (
    <div className="fault" role="alert">
      <p className="problem">{o.fault.message}</p>
      {help(o, o.fault.code)}
    </div>
  );
}

function help(o: Helps, code: string | undefined): ReactNode {
  switch (code) {
    case "sign_in_ended":
    case "credential_refused":
      return button("Sign in again", o.onSignIn);
    case "not_connected":
      return button("Connect", o.onSignIn);
    case "connection_paused":
      return button("Resume", o.onResume);
    case "oauth_client_missing":
      return link("Enter an OAuth client", addressOf.settings("oauth-apps"));
    case "docs_need_model":
    case "model_unavailable":
      return link("Set a model key", addressOf.settings());
    case "nothing_found":
      return link("Ask in the chat", "/");
    case "not_found":
      return link("See what is here", "/integrations");
    case "input_invalid":
    case "policy_denied":
    case "origin_refused":
      return null; // the same again would end the same
    default:
      return button("Try again", o.onRetry);
  }
}

function button(text: string, act: (() => void) | undefined): ReactNode {
  return (
    act && (
      <button type="button" className="button quiet small" onClick={act}>
        {text}
      </button>
    )
  );
}

function link(text: string, to: string): ReactNode {
  return (
    <Link to={to} className="button quiet small">
      {text}
    </Link>
  );
}
