import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { When } from "../parts/when.tsx";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";

/** Whether proven tools are shared with the community, and when its catalogue was last looked at. */
export function SharingSection() {
  const community = useData(() => api.community.get(), "community");
  const { isBusy, fault, told, act } = useAct();
  const { data } = community;
  return (
    <section aria-labelledby="sharing">
      <h2 id="sharing">Sharing</h2>
      <FaultNote fault={fault ?? community.fault} onRetry={() => void community.reload()} />
      {!data && !community.fault && <div className="skeleton" aria-busy="true" />}
      {data?.repository === null && (
        <p className="prose">
          Off: this server has no community repository. With <code>COMMUNITY_REPO</code> set, tools that work can be
          offered there, and what others made can be connected here.
        </p>
      )}
      {data?.repository && (
        <>
          <p className="prose">
            Tools that work can be offered to <code>{data.repository.name}</code>: the tool, its description and its
            instructions, never an account or a key. Each can be decided for by itself, on its page.
          </p>
          <div className="row">
            <label>
              <span className="label">Tools that work are</span>
              <select
                value={data.sharing}
                disabled={isBusy}
                onChange={({ target: { value } }) =>
                  void act(async () => {
                    await api.community.setSharing({ sharing: value === "on" ? "on" : "off" });
                    await community.reload();
                  })
                }
              >
                {data.sharing === "ask" && <option value="ask">not decided yet</option>}
                <option value="on">offered</option>
                <option value="off">kept private</option>
              </select>
            </label>
            <button
              type="button"
              className="button quiet"
              disabled={isBusy}
              onClick={() =>
                void act(async () => {
                  const { isNew } = await api.community.pull();
                  await community.reload();
                  return isNew ? "There is news; the catalogue has it." : "Nothing is new.";
                })
              }
            >
              {isBusy ? "Looking …" : "Look for news now"}
            </button>
          </div>
          {data.registry && (
            <p className="hint">
              Looked at <When at={data.registry.pulledAt} />.
            </p>
          )}
        </>
      )}
      {told && (
        <p className="told" role="status">
          {told}
        </p>
      )}
    </section>
  );
}
