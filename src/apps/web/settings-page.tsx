import { useState, type FormEvent } from "react";
import type { Settings } from "../../contract/procedures/house.ts";
import { api, messageOf } from "./api.ts";
import { Field, OutsideLink } from "./parts/field.tsx";
import { When } from "./parts/when.tsx";
import { useData, type Loaded } from "./use-data.ts";

/** How this Patchbay is set up: the language model, API keys, other browsers. */
export function SettingsPage({ settings }: { settings: Loaded<Settings> }) {
  return (
    <div className="sheet">
      <h1>Settings</h1>
      <ModelSection settings={settings} />
      <KeysSection />
      <BrowsersSection />
      {settings.data && <FactsSection settings={settings.data} />}
    </div>
  );
}

function ModelSection({ settings }: { settings: Loaded<Settings> }) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const model = settings.data?.model;

  const act = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      await settings.reload();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const typed = new FormData(form);
    const text = (name: string) => String(typed.get(name) ?? "").trim();
    void act(async () => {
      await api.settings.setModel({
        key: text("key"),
        ...(text("name") ? { name: text("name") } : {}),
        ...(text("baseUrl") ? { baseUrl: text("baseUrl") } : {}),
      });
      form.reset();
    });
  };

  return (
    <section aria-labelledby="model">
      <h2 id="model">Language model</h2>
      {model?.source === "none" && (
        <p>
          None is set: the guided model answers. It follows rules and works with any API that has an OpenAPI document.
          With a key for the Messages API you can talk freely, and docs without such a document can be read too.
        </p>
      )}
      {model && model.source !== "none" && (
        <p>
          <strong>{model.name}</strong>
          {model.baseUrl && (
            <>
              {" "}
              at <code>{model.baseUrl}</code>
            </>
          )}
          , key from{" "}
          {model.source === "page" ? "this page, sealed in the vault" : "the environment (ANTHROPIC_API_KEY)"}.
        </p>
      )}
      {model?.source === "environment" ? null : (
        <form className="fields" onSubmit={save}>
          <Field
            name="key"
            label="API key"
            isSecret
            required
            help="It is tried once, then sealed. It is never shown again."
          />
          <Field name="name" label="Model" placeholder="the newest Sonnet" />
          <Field name="baseUrl" label="Server" placeholder="https://api.anthropic.com" />
          <div className="row">
            <button type="submit" className="button" disabled={isBusy}>
              {isBusy ? "Trying it …" : "Save the key"}
            </button>
            {model?.source === "page" && (
              <button
                type="button"
                className="button quiet"
                disabled={isBusy}
                onClick={() => void act(() => api.settings.removeModel())}
              >
                Remove the key
              </button>
            )}
          </div>
        </form>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

function KeysSection() {
  const keys = useData(() => api.keys.list(), "keys");
  const [made, setMade] = useState<string>();
  const create = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const label = String(new FormData(form).get("label") ?? "").trim();
    setMade((await api.keys.create({ label })).key);
    form.reset();
    await keys.reload();
  };
  return (
    <section aria-labelledby="keys">
      <h2 id="keys">API keys</h2>
      <p>
        For scripts and other programs. <a href="/api">How to use them</a>
      </p>
      <ul className="plain-list">
        {keys.data?.map((key) => (
          <li key={key.id} className="row">
            <strong>{key.label}</strong>
            <span className="soft">
              made <When at={key.createdAt} />, {key.usedAt ? <>last used {<When at={key.usedAt} />}</> : "never used"}
            </span>
            <button
              type="button"
              className="link-button"
              onClick={() => void api.keys.revoke({ id: key.id }).then(keys.reload)}
            >
              Revoke<span className="hidden"> {key.label}</span>
            </button>
          </li>
        ))}
      </ul>
      <form className="fields" onSubmit={(event) => void create(event)}>
        <Field name="label" label="Name of a new key" placeholder="nightly script" required />
        <button type="submit" className="button quiet">
          Make a key
        </button>
      </form>
      {made && (
        <p role="status">
          Copy it now, it is not shown again: <code className="secret">{made}</code>
        </p>
      )}
      {keys.problem && <p className="problem">{keys.problem}</p>}
    </section>
  );
}

function BrowsersSection() {
  const [link, setLink] = useState<string>();
  return (
    <section aria-labelledby="browsers">
      <h2 id="browsers">Browsers</h2>
      <div className="row">
        <button
          type="button"
          className="button quiet"
          onClick={() => void api.sessions.link().then((made) => setLink(made.url))}
        >
          Sign in another browser
        </button>
        <button
          type="button"
          className="button quiet"
          onClick={() => void api.sessions.end().then(() => location.assign("/sign-in"))}
        >
          Sign this browser out
        </button>
      </div>
      {link && (
        <p role="status">
          Open this there, within the hour; it works once: <code className="secret">{link}</code>
        </p>
      )}
    </section>
  );
}

function FactsSection({ settings }: { settings: Settings }) {
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">This Patchbay</h2>
      <dl className="facts">
        <dt>Address</dt>
        <dd>{settings.publicUrl}</dd>
        <dt>Redirect URI for OAuth clients</dt>
        <dd>
          <code>{settings.redirectUri}</code>
        </dd>
        <dt>Database</dt>
        <dd>{settings.database === "pglite" ? "embedded (PGlite)" : "Postgres"}</dd>
        <dt>Tools run</dt>
        <dd>{settings.sandbox === "local" ? "on this machine, in the local sandbox" : "in E2B"}</dd>
        <dt>Practice service</dt>
        <dd>
          {settings.practice ? <OutsideLink href={settings.practice.docsUrl} text={settings.practice.url} /> : "off"}
        </dd>
      </dl>
    </section>
  );
}
