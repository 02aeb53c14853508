import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useEffect, useState } from "react";
import type { Answers } from "../../../contract/procedures.ts";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { later } from "../parts/later.tsx";
import { When } from "../parts/when.tsx";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";
import { NewerVersion } from "./newer-version.tsx";
import { saveArchive } from "./save-archive.ts";

const Diff = later(async () => (await import("./diff-view.tsx")).DiffView, <div className="skeleton tall" />);

type Version = Answers["integrations"]["versions"][number];
type Pair = { from: string; to: string };

/** Every version there was: what is different between two of them, and the way back to one. */
export function VersionsPart({ one, onChanged }: { one: IntegrationSummary; onChanged: () => Promise<void> }) {
  const { slug } = one;
  const versions = useData(() => api.integrations.versions({ slug }), `versions ${slug}`);
  const [chosen, setChosen] = useState<Pair>();
  const [back, setBack] = useState<Version>();
  const acting = useAct();
  const all = versions.data ?? [];
  const current = all.find((each) => each.current);
  const pair = chosen ?? firstPair(all);
  const draft = all.find((each) => each.status === "draft" && each.version > (current?.version ?? Infinity));
  const changed = async () => {
    setChosen(undefined);
    await Promise.all([onChanged(), versions.reload()]);
  };

  const rollBack = (to: Version) =>
    void acting.act(async () => {
      await api.integrations.rollback({ slug, versionId: to.versionId });
      await changed();
      return `Version ${to.version} is in use again.`;
    });

  return (
    <section aria-label="Versions">
      {acting.told && (
        <p className="told" role="status">
          {acting.told}
        </p>
      )}
      <FaultNote fault={versions.fault ?? acting.fault} onRetry={() => void versions.reload()} />
      {current && <NewerVersion one={one} draftId={draft?.versionId} onChanged={changed} />}
      {!versions.data && !versions.fault && <div className="skeleton tall" aria-busy="true" />}
      {all.length > 0 && (
        <ol className="version-list">
          {all.map((version) => (
            <li key={version.versionId} className="version" data-current={version.current || undefined}>
              <span className="version-name">
                <strong className="number">Version {version.version}</strong>{" "}
                {version.current ? (
                  <span className="badge" data-tone="good">
                    In use
                  </span>
                ) : version.status === "draft" ? (
                  <span className="badge" data-tone="asks">
                    Draft
                  </span>
                ) : null}
              </span>
              <span className="soft small">
                made <When at={version.createdAt} />
              </span>
              <span>
                <span className="chip read number">{version.reads} read</span>{" "}
                <span className="chip write number">{version.writes} write</span>
              </span>
              <span className="version-acts">
                {current && !version.current && (
                  <button
                    type="button"
                    className="button ghost small"
                    onClick={() => setChosen(ordered(all, version.versionId, current.versionId))}
                  >
                    Compare<span className="hidden"> version {version.version} with the one in use</span>
                  </button>
                )}
                <button
                  type="button"
                  className="button ghost small"
                  onClick={() => void acting.act(() => saveArchive({ slug, versionId: version.versionId }))}
                >
                  Export<span className="hidden"> version {version.version}</span>
                </button>
                {!version.current && version.status === "ready" && (
                  <button
                    type="button"
                    className="button quiet small"
                    disabled={acting.isBusy}
                    onClick={() => setBack(version)}
                  >
                    Go back to this<span className="hidden"> version {version.version}</span>
                  </button>
                )}
              </span>
            </li>
          ))}
        </ol>
      )}
      {pair && all.length > 1 && <Compare slug={slug} versions={all} pair={pair} onChoose={setChosen} />}
      <AlertDialog.Root open={back !== undefined} onOpenChange={(isOpen) => !isOpen && setBack(undefined)}>
        <AlertDialog.Portal>
          <AlertDialog.Backdrop className="backdrop" />
          <AlertDialog.Popup className="dialog">
            {back && current && (
              <>
                <AlertDialog.Title className="dialog-title">
                  Go back to version {back.version} of {one.name}?
                </AlertDialog.Title>
                <AlertDialog.Description>
                  From the next call on version {back.version} is used in place of {current.version}. Nothing is lost:
                  you can come back the same way.
                </AlertDialog.Description>
                <BackChanges slug={slug} from={current.versionId} to={back.versionId} />
                <div className="pair">
                  <AlertDialog.Close className="button quiet">Keep version {current.version}</AlertDialog.Close>
                  <button
                    type="button"
                    className="button"
                    onClick={() => {
                      setBack(undefined);
                      rollBack(back);
                    }}
                  >
                    Go back
                  </button>
                </div>
              </>
            )}
          </AlertDialog.Popup>
        </AlertDialog.Portal>
      </AlertDialog.Root>
    </section>
  );
}

function firstPair(all: Version[]): Pair | undefined {
  const [newest, before] = all;
  return newest && before ? { from: before.versionId, to: newest.versionId } : undefined;
}

/** The older first, as one reads a change. */
function ordered(all: Version[], one: string, other: string): Pair {
  const at = (id: string) => all.findIndex((each) => each.versionId === id);
  return at(one) > at(other) ? { from: one, to: other } : { from: other, to: one };
}

function Compare(o: { slug: string; versions: Version[]; pair: Pair; onChoose: (pair: Pair) => void }) {
  const { slug, pair } = o;
  const difference = useData(() => api.integrations.compare({ slug, ...pair }), `compare ${pair.from} ${pair.to}`);
  const choose = (which: keyof Pair, label: string) => (
    <label>
      {label}{" "}
      <select value={pair[which]} onChange={(event) => o.onChoose({ ...pair, [which]: event.target.value })}>
        {o.versions.map((one) => (
          <option key={one.versionId} value={one.versionId}>
            Version {one.version}
          </option>
        ))}
      </select>
    </label>
  );
  const files = difference.data?.files.filter((file) => file.diff !== "") ?? [];
  return (
    <section aria-labelledby="difference" className="compare">
      <h2 id="difference">Difference</h2>
      <div className="row compare-row">
        {choose("from", "From")}
        {choose("to", "to")}
      </div>
      <FaultNote fault={difference.fault} onRetry={() => void difference.reload()} />
      {!difference.data && !difference.fault && <div className="skeleton tall" aria-busy="true" />}
      {difference.data && <OperationChanges changes={difference.data.operations} />}
      {difference.data && files.length === 0 && <p>These two are the same.</p>}
      {files.map((file) => (
        <Diff key={file.name} name={file.name} diff={file.diff} />
      ))}
    </section>
  );
}

type Changes = Answers["integrations"]["compare"]["operations"];

function OperationChanges({ changes }: { changes: Changes }) {
  const lists = [
    ["New", changes.added],
    ["Gone", changes.removed],
    ["Sends something else", changes.changed],
  ] as const;
  if (lists.every(([, names]) => names.length === 0)) return <p className="soft">It can do the same.</p>;
  return (
    <dl className="changes">
      {lists.map(([title, names]) =>
        names.length === 0 ? null : (
          <div key={title}>
            <dt>
              {title} <span className="number soft">{names.length}</span>
            </dt>
            <dd>
              {names.slice(0, mostNames).map((name) => (
                <code key={name}>{name}</code>
              ))}
              {names.length > mostNames && <span className="soft">and {names.length - mostNames} more</span>}
            </dd>
          </div>
        ),
      )}
    </dl>
  );
}

const mostNames = 30;

/** What going back would change, before it is said yes to. */
function BackChanges({ slug, from, to }: { slug: string; from: string; to: string }) {
  const [changes, setChanges] = useState<Changes>();
  useEffect(() => {
    let isMeant = true;
    void api.integrations
      .compare({ slug, from, to })
      .then((difference) => isMeant && setChanges(difference.operations))
      .catch(() => undefined); // the question can be answered without
    return () => {
      isMeant = false;
    };
  }, [slug, from, to]);
  return changes ? <OperationChanges changes={changes} /> : <div className="skeleton line" aria-busy="true" />;
}
