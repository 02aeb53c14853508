import { useState, type FormEvent } from "react";
import { api } from "../api.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { FaultNote } from "../parts/fault-note.tsx";
import { Field } from "../parts/field.tsx";
import { When } from "../parts/when.tsx";
import { Confirm } from "../rail.tsx";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";

/** Keys for scripts and other programs. */
export function KeysSection() {
  const keys = useData(() => api.keys.list(), "keys");
  const [made, setMade] = useState<string>();
  const [ending, setEnding] = useState<{ id: string; label: string }>();
  const { isBusy, fault, act } = useAct();

  const create = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const label = String(new FormData(form).get("label") ?? "").trim();
    void act(async () => {
      setMade((await api.keys.create({ label })).key);
      form.reset();
      await keys.reload();
    });
  };

  return (
    <section aria-labelledby="keys">
      <h2 id="keys">API keys</h2>
      <p className="prose">
        For scripts and other programs. A key acts for you: it may also answer questions in your name, so keep it as you
        keep a password. <a href="/api">How to use them</a>
      </p>
      <FaultNote fault={fault ?? keys.fault} onRetry={() => void keys.reload()} />
      {keys.data && keys.data.length > 0 && (
        <ul className="plain-list">
          {keys.data.map((key) => (
            <li key={key.id}>
              <strong>
                <bdi>{key.label}</bdi>
              </strong>
              <span className="soft small">
                made <When at={key.createdAt} />,{" "}
                {key.usedAt ? <>last used {<When at={key.usedAt} />}</> : "never used"}
              </span>
              <button type="button" className="button ghost small" onClick={() => setEnding(key)}>
                Revoke<span className="hidden"> {key.label}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {keys.data?.length === 0 && <p className="soft">There is none yet.</p>}
      <form className="fields" onSubmit={create}>
        <Field name="label" label="Name of a new key" placeholder="nightly script" required />
        <button type="submit" className="button" disabled={isBusy}>
          Make a key
        </button>
      </form>
      {made && (
        <div className="aside made" role="status" key={made} ref={(own) => own?.scrollIntoView({ block: "nearest" })}>
          <p>Copy it now, it is not shown again.</p>
          <div className="row">
            <code className="secret">{made}</code>
            <CopyButton text={made} what="the key" />
          </div>
        </div>
      )}
      <Confirm
        isOpen={ending !== undefined}
        onClose={() => setEnding(undefined)}
        title={`Revoke "${ending?.label ?? ""}"?`}
        text="What uses it is refused from now on. There is no way back: it would need a new key."
        action="Revoke"
        onConfirm={() =>
          act(async () => {
            if (ending) await api.keys.revoke({ id: ending.id });
            await keys.reload();
          })
        }
      />
    </section>
  );
}
