import { useState, type FormEvent } from "react";
import type { Answers } from "../../../contract/procedures.ts";
import { api } from "../api.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { FaultNote } from "../parts/fault-note.tsx";
import { Field, OutsideLink } from "../parts/field.tsx";
import { Jack } from "../parts/jack.tsx";
import { When } from "../parts/when.tsx";
import { plain } from "../integrations/plain.ts";
import { Confirm } from "../rail.tsx";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";

type App = Answers["oauthApps"]["list"][number];
type Setup = Answers["oauthApps"]["setup"];

/** OAuth clients of one's own: which services want one, how to register it there, and where to enter it. */
export function OauthAppsSection() {
  const services = useData(() => api.oauth.availability(), "availability");
  const apps = useData(() => api.oauthApps.list(), "oauth apps");
  const [opened, setOpened] = useState<string>();
  const changed = async () => {
    await Promise.all([services.reload(), apps.reload()]);
  };
  const bySlug = new Map((services.data ?? []).map((one) => [one.slug, one]));
  return (
    <section aria-labelledby="oauth-apps">
      <h2 id="oauth-apps">OAuth apps</h2>
      <p className="prose">
        Some services want to know who asks before they let people sign in. You register Patchbay there once, as an app
        of your own, and enter here what the service gives you. Yours goes before one this server was started with.
      </p>
      <FaultNote fault={services.fault ?? apps.fault} onRetry={() => void changed()} />
      {(!services.data || !apps.data) && !services.fault && <div className="skeleton" aria-busy="true" />}
      {services.data?.length === 0 && (
        <p className="soft">No integration that is here signs in by OAuth. When one does, it stands here.</p>
      )}
      <ul className="apps">
        {[...bySlug.values()].map((service) => {
          const app = apps.data?.find((one) => one.slug === service.slug);
          const isOpen = opened === service.slug;
          return (
            <li key={service.slug} className="app">
              <div className="app-head">
                <Jack name={service.name} state={service.available ? "connected" : "known"} />
                <span className="grow">
                  <strong>
                    <bdi>{service.name}</bdi>
                  </strong>
                  <span className="app-facts soft small">{factsOf(service.available, app)}</span>
                </span>
                <button
                  type="button"
                  className={service.available || isOpen ? "button quiet small" : "button small"}
                  aria-expanded={isOpen}
                  onClick={() => setOpened(isOpen ? undefined : service.slug)}
                >
                  {isOpen ? "Close" : app ? "Change" : service.available ? "Use my own" : "Set up"}
                  <span className="hidden"> {service.name}</span>
                </button>
              </div>
              {isOpen && (
                <AppSetup slug={service.slug} app={app} onChanged={changed} onDone={() => setOpened(undefined)} />
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function factsOf(available: boolean, app: App | undefined) {
  if (app) {
    return (
      <>
        yours: <code>{app.clientId}</code>, {app.hasSecret ? "with a secret" : "without a secret"}, entered{" "}
        <When at={app.createdAt} />
      </>
    );
  }
  return available ? "ready to sign in without one of your own" : "nobody can sign in before an app is registered";
}

type SetupProps = { slug: string; app: App | undefined; onChanged: () => Promise<void>; onDone: () => void };

function AppSetup({ slug, app, onChanged, onDone }: SetupProps) {
  const setup = useData(() => api.oauthApps.setup({ slug }), `setup ${slug}`);
  const [isRemoving, setRemoving] = useState(false);
  const { isBusy, fault, act } = useAct();
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget);
    const clientId = String(typed.get("clientId") ?? "").trim();
    const clientSecret = String(typed.get("clientSecret") ?? "").trim();
    void act(async () => {
      await api.oauthApps.save({ slug, clientId, ...(clientSecret ? { clientSecret } : {}) });
      await onChanged();
      onDone();
    });
  };
  if (!setup.data) {
    return setup.fault ? (
      <FaultNote fault={setup.fault} onRetry={() => void setup.reload()} />
    ) : (
      <div className="skeleton" aria-busy="true" />
    );
  }
  return (
    <form className="fields app-form" onSubmit={save}>
      <SetupSteps setup={setup.data} />
      <Field name="clientId" label="Client id" required defaultValue={app?.clientId} />
      <Field
        name="clientSecret"
        label="Client secret"
        isSecret
        help="Sealed in the vault. It is never shown again. Leave it empty for a public client."
      />
      <div className="row">
        <button type="submit" className="button" disabled={isBusy}>
          Save
        </button>
        {app && (
          <button type="button" className="button quiet" onClick={() => setRemoving(true)}>
            Remove
          </button>
        )}
      </div>
      <FaultNote fault={fault} />
      <Confirm
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        title={`Remove your app at ${setup.data.name}?`}
        text="Accounts that signed in through it cannot renew their sign-in any more. The app at the service stays."
        action="Remove"
        onConfirm={() =>
          act(async () => {
            await api.oauthApps.delete({ slug });
            await onChanged();
            onDone();
          })
        }
      />
    </form>
  );
}

/** How to register at the service, with what it asks for ready to copy. */
function SetupSteps({ setup }: { setup: Setup }) {
  return (
    <>
      {setup.createUrl && (
        <p>
          <OutsideLink href={setup.createUrl} text={`Register an app at ${setup.name}`} />
        </p>
      )}
      <ol className="setup">
        {setup.steps.map((step) => (
          <li key={step}>{plain(step)}</li>
        ))}
      </ol>
      <p className="label">Redirect URI</p>
      <div className="row copy-row">
        <code className="grow">{setup.redirectUri}</code>
        <CopyButton text={setup.redirectUri} what="the redirect URI" />
      </div>
    </>
  );
}
