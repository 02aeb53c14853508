import { useRef, useState, type FormEvent } from "react";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import type { Update } from "../../../contract/update.ts";
import { api } from "../api.ts";
import { Steps } from "../chat/steps.tsx";
import type { Step } from "../chat/transcript.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";
import { UpdateView } from "./update-view.tsx";

type Props = { one: IntegrationSummary; draftId: string | undefined; onChanged: () => Promise<void> };
type Source = { url?: string; document?: string };

/** Looks whether the service's document is newer, shows what that would change, and waits for a yes. */
export function NewerVersion({ one, draftId, onChanged }: Props) {
  const { slug } = one;
  const [steps, setSteps] = useState<Step[]>([]);
  const [isElsewhere, setElsewhere] = useState(false);
  const last = useRef<Source>({});
  const { isBusy, fault, told, act } = useAct();

  const look = (source: Source) => {
    last.current = source;
    void act(async () => {
      setSteps([]);
      const found = await api.integrations.update({ slug, ...source });
      setSteps(found.steps);
      await onChanged();
      if (!found.update) return `There is nothing new: version ${one.version} says what the service says.`;
      setElsewhere(false);
      return undefined;
    });
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const url = String(new FormData(event.currentTarget).get("url") ?? "").trim();
    if (url) look({ url });
  };

  return (
    <section aria-label="Newer version" className="newer">
      <div className="row">
        <button type="button" className="button quiet" disabled={isBusy} onClick={() => look({})}>
          {isBusy ? "Looking …" : "Look for a newer version"}
        </button>
        <button
          type="button"
          className="link-button small"
          aria-expanded={isElsewhere}
          onClick={() => setElsewhere(!isElsewhere)}
        >
          from another address or a file
        </button>
      </div>
      {isElsewhere && (
        <form className="row elsewhere" onSubmit={submit}>
          <input
            name="url"
            type="url"
            className="grow"
            aria-label="Address of the newer document"
            placeholder="https://…/openapi.json"
          />
          <button type="submit" className="button" disabled={isBusy}>
            Look there
          </button>
          <label className="button quiet file-button">
            Choose a file
            <input
              type="file"
              className="hidden"
              accept=".json,.yaml,.yml,.graphql"
              onChange={(event) => {
                const file = event.target.files?.[0];
                event.target.value = "";
                if (file) void file.text().then((document) => look({ document }));
              }}
            />
          </label>
        </form>
      )}
      {steps.length > 0 && <Steps steps={steps} />}
      {told && (
        <p className="told" role="status">
          {told}
        </p>
      )}
      <FaultNote fault={fault} onRetry={() => look(last.current)} />
      {draftId && <Waiting key={draftId} one={one} draftId={draftId} onChanged={onChanged} />}
    </section>
  );
}

/** A newer version that nothing uses yet: it waits for a person. */
function Waiting({
  one,
  draftId,
  onChanged,
}: {
  one: IntegrationSummary;
  draftId: string;
  onChanged: () => Promise<void>;
}) {
  const { slug, name } = one;
  const difference = useData<Update>(
    () => api.integrations.difference({ slug, versionId: draftId }),
    `difference ${draftId}`,
  );
  const { isBusy, fault, act } = useAct();
  const { data } = difference;
  const decide = (work: (version: { slug: string; versionId: string }) => Promise<unknown>) =>
    void act(async () => {
      await work({ slug, versionId: draftId });
      await onChanged();
    });
  return (
    <div className="version-question">
      <h2>
        {data ? `Version ${data.after.version} of ${name} waits for your yes` : "A newer version waits for your yes"}
      </h2>
      <FaultNote fault={fault ?? difference.fault} onRetry={() => void difference.reload()} />
      {!data && !difference.fault && <div className="skeleton" aria-busy="true" />}
      {data && <UpdateView update={data} />}
      {data && (
        <div className="pair">
          <button
            type="button"
            className="button quiet"
            disabled={isBusy}
            onClick={() => decide(api.integrations.discard)}
          >
            Throw it away
          </button>
          <button type="button" className="button" disabled={isBusy} onClick={() => decide(api.integrations.publish)}>
            Use version {data.after.version}
          </button>
        </div>
      )}
    </div>
  );
}
