import { useState, type FormEvent } from "react";
import type { SignInCard } from "../../../contract/chat.ts";
import { api, messageOf } from "../api.ts";
import { CopyButton } from "./copy-button.tsx";
import { Field, OutsideLink } from "./field.tsx";

type Props = { slug: string; name: string; method: SignInCard["methods"][number]; onSaved: () => void };

/** When no OAuth client is there yet: how to register one, with the redirect URI ready to copy, and where to enter it. */
export function ClientForm({ slug, name, method, onSaved }: Props) {
  const [problem, setProblem] = useState<string>();

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget);
    const clientId = String(typed.get("clientId") ?? "").trim();
    const clientSecret = String(typed.get("clientSecret") ?? "").trim();
    try {
      await api.oauthApps.save({ slug, clientId, ...(clientSecret ? { clientSecret } : {}) });
      onSaved();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };

  return (
    <form className="fields" onSubmit={save}>
      <p>{name} wants to know who asks: register an OAuth client there, once.</p>
      <ol className="setup">
        {method.setup?.createUrl && (
          <li>
            <OutsideLink href={method.setup.createUrl} text={`Register a client at ${name}`} />
          </li>
        )}
        {method.setup?.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
        <li>
          Give it this redirect URI:
          <span className="row copy-row">
            <code className="grow">{method.redirectUri}</code>
            <CopyButton text={method.redirectUri ?? ""} what="the redirect URI" />
          </span>
        </li>
        <li>Enter here what it gives you:</li>
      </ol>
      <Field name="clientId" label="Client id" required />
      <Field name="clientSecret" label="Client secret" isSecret />
      <button type="submit" className="button">
        Save
      </button>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
