import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { later } from "../parts/later.tsx";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";
import { CommunityBadge } from "./community-badge.tsx";
import { plain } from "./plain.ts";

const Diff = later(async () => (await import("./diff-view.tsx")).DiffView, <div className="skeleton tall" />);

/** What a pull request to the community would contain, what speaks against it, whether it is shared, and where it stands. */
export function SharingPart({ one, onChanged }: { one: IntegrationSummary; onChanged: () => Promise<void> }) {
  const { slug } = one;
  const offer = useData(() => api.integrations.offer({ slug }), `offer ${slug} ${one.version}`);
  const community = useData(() => api.community.get(), "community");
  const acting = useAct();
  const { data } = offer;
  const files = data ? splitDiff(data.diff) : [];
  const mine = community.data?.offers.find((each) => each.slug === slug);
  const change = (work: () => Promise<unknown>, told: string) =>
    void acting.act(async () => {
      await work();
      await Promise.all([community.reload(), onChanged()]);
      return told;
    });
  return (
    <section aria-label="Sharing" className="sharing">
      <p className="prose">
        Shared is the tool, its description and its instructions: never an account, a key, or anything you did with it.
      </p>
      <FaultNote fault={acting.fault ?? community.fault} onRetry={() => void community.reload()} />
      {community.data?.repository === null && (
        <p className="soft">
          This server shares with nobody: it has no community repository (<code>COMMUNITY_REPO</code>).
        </p>
      )}
      {community.data?.repository && (
        <div className="sharing-state">
          <label>
            <span className="label">Share this tool</span>
            <select
              value={mine?.sharing ?? ""}
              disabled={acting.isBusy}
              onChange={({ target: { value } }) => {
                const sharing = value === "on" || value === "off" ? value : null;
                change(() => api.community.setSharing({ slug, sharing }), "Noted.");
              }}
            >
              <option value="">As for all: {sharingWords[community.data.sharing]}</option>
              <option value="on">Share it</option>
              <option value="off">Keep it private</option>
            </select>
          </label>
          <CommunityBadge one={one} />
          {community.data.repository.offers && one.status === "ready" && (
            <button
              type="button"
              className="button quiet"
              disabled={acting.isBusy}
              onClick={() => change(() => api.community.offer({ slug }), "It is being offered.")}
            >
              Offer it now
            </button>
          )}
        </div>
      )}
      {acting.told && (
        <p className="told" role="status">
          {acting.told}
        </p>
      )}
      {mine && mine.reasons.length > 0 && (
        <ul>
          {mine.reasons.map((reason) => (
            <li key={reason}>{plain(reason)}</li>
          ))}
        </ul>
      )}
      {mine?.words && (
        <blockquote className="aside">
          The maintainers say: <bdi>{plain(mine.words)}</bdi>
        </blockquote>
      )}
      <FaultNote fault={offer.fault} onRetry={() => void offer.reload()} />
      {!data && !offer.fault && <div className="skeleton tall" aria-busy="true" />}
      {data && data.refused.length > 0 && (
        <div className="refusals">
          <h2>It is not offered as it is</h2>
          <p>Each of these would show something of yours, or does not fit the community’s form:</p>
          <ul>
            {data.refused.slice(0, mostReasons).map((reason) => (
              <li key={reason}>{plain(reason)}</li>
            ))}
            {data.refused.length > mostReasons && <li>and {data.refused.length - mostReasons} more of this kind</li>}
          </ul>
        </div>
      )}
      {data && (
        <>
          <h2>What would be shared</h2>
          {files.length === 0 && <p>The community has all of it already.</p>}
          {files.map((file) => (
            <Diff key={file.name} name={file.name} diff={file.diff} />
          ))}
        </>
      )}
    </section>
  );
}

const mostReasons = 12;
export const sharingWords = { ask: "not decided", on: "shared", off: "private" } as const;

/** One unified difference of several files, cut into its files. */
function splitDiff(diff: string): { name: string; diff: string }[] {
  return diff
    .split(/^(?=--- (?:a\/[^\n]+|\/dev\/null)\n\+\+\+ b\/)/m)
    .filter((part) => part !== "")
    .map((part) => ({ name: /^\+\+\+ b\/(.*)$/m.exec(part)?.[1] ?? "file", diff: part }));
}
