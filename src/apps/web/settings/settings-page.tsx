import { useState } from "react";
import type { Settings } from "../../../contract/procedures/house.ts";
import { api } from "../api.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { FaultNote } from "../parts/fault-note.tsx";
import { OutsideLink } from "../parts/field.tsx";
import { ModelKeyForm } from "../parts/model-key-form.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { addressOf, type SettingsPart } from "../router.ts";
import "../styles/parts.css";
import "../styles/settings.css";
import { useAct } from "../use-act.ts";
import type { Loaded } from "../use-data.ts";
import { KeysSection } from "./keys-section.tsx";
import { OauthAppsSection } from "./oauth-apps-section.tsx";
import { PoliciesSection } from "./policies-section.tsx";
import { SharingSection } from "./sharing-section.tsx";

const titles: Record<SettingsPart, string> = {
  general: "General",
  keys: "API keys",
  policies: "Policies",
  "oauth-apps": "OAuth apps",
};

/** How this Patchbay is set up: the language model, API keys, policies, OAuth apps, other browsers. */
export function SettingsPage({ settings, part }: { settings: Loaded<Settings>; part: SettingsPart }) {
  return (
    <div className="sheet" data-scroll>
      <h1>Settings</h1>
      <Tabs
        label="Settings"
        tabs={Object.entries(titles).map(([key, text]) => ({
          to: addressOf.settings(key as SettingsPart),
          text,
          isCurrent: key === part,
        }))}
      />
      {part === "general" && (
        <>
          <ModelSection settings={settings} />
          <SharingSection />
          <BrowsersSection />
          {settings.data && <FactsSection settings={settings.data} />}
        </>
      )}
      {part === "keys" && <KeysSection />}
      {part === "policies" && <PoliciesSection />}
      {part === "oauth-apps" && <OauthAppsSection />}
    </div>
  );
}

function ModelSection({ settings }: { settings: Loaded<Settings> }) {
  const { isBusy, fault, told, act } = useAct();
  const model = settings.data?.model;

  return (
    <section aria-labelledby="model">
      <h2 id="model">Language model</h2>
      {model?.source === "none" && (
        <p className="prose">
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
      {model && model.source !== "environment" && <ModelKeyForm onSaved={settings.reload} />}
      {model?.source === "page" && (
        <p>
          <button
            type="button"
            className="button quiet"
            disabled={isBusy}
            onClick={() =>
              void act(async () => {
                await api.settings.removeModel();
                await settings.reload();
                return "Removed. The guided model answers.";
              })
            }
          >
            Remove the key
          </button>
        </p>
      )}
      {told && (
        <p className="told" role="status">
          {told}
        </p>
      )}
      <FaultNote fault={fault} />
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
          <code>{settings.redirectUri}</code> <CopyButton text={settings.redirectUri} what="the redirect URI" />
        </dd>
        <dt>Database</dt>
        <dd>{settings.database === "pglite" ? "embedded (PGlite)" : "Postgres"}</dd>
        <dt>Tools run</dt>
        <dd>
          {settings.sandbox === "local" ? "on this machine, in the local sandbox" : "in E2B"}
          {settings.weaker.map((sentence) => (
            <small key={sentence}>
              <br />
              {sentence}
            </small>
          ))}
        </dd>
        <dt>Practice service</dt>
        <dd>
          {settings.practice ? <OutsideLink href={settings.practice.docsUrl} text={settings.practice.url} /> : "off"}
        </dd>
      </dl>
    </section>
  );
}
