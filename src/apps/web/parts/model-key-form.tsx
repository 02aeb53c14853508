import { useState, type FormEvent } from "react";
import { api, messageOf } from "../api.ts";
import { Field } from "./field.tsx";

/** The language model's key: tried once by the server, then sealed in the vault. It is never shown again. */
export function ModelKeyForm({ onSaved }: { onSaved: () => Promise<void> }) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const typed = new FormData(form);
    const text = (name: string) => String(typed.get(name) ?? "").trim();
    setBusy(true);
    setProblem(undefined);
    try {
      await api.settings.setModel({
        key: text("key"),
        ...(text("name") ? { name: text("name") } : {}),
        ...(text("baseUrl") ? { baseUrl: text("baseUrl") } : {}),
      });
      form.reset();
      await onSaved();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="fields" onSubmit={(event) => void save(event)}>
      <Field
        name="key"
        label="API key"
        isSecret
        required
        help="Tried once, then sealed in the vault. Never shown again."
      />
      <details className="more">
        <summary>Another model, another server</summary>
        <Field name="name" label="Model" placeholder="the newest Sonnet" />
        <Field name="baseUrl" label="Server" placeholder="https://api.anthropic.com" />
      </details>
      <button type="submit" className="button" disabled={isBusy}>
        {isBusy ? "Trying it …" : "Save the key"}
      </button>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
