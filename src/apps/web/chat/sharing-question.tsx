import { useEffect, useState } from "react";
import type { Sharing } from "../../../contract/offer.ts";
import { api, messageOf } from "../api.ts";
import type { Block } from "./transcript.ts";

/** Asked once in a house, in plain words: whether tools that work are shared with everyone. The answer goes to the server alone. */
export function SharingQuestion({ block: { key, repository } }: { block: Extract<Block, { kind: "sharing" }> }) {
  const [sharing, setSharing] = useState<Sharing>();
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  useEffect(() => {
    api.community.get().then(
      (now) => setSharing(now.sharing),
      () => setSharing("ask"),
    );
  }, []);

  const answer = async (said: "on" | "off") => {
    setProblem(undefined);
    setBusy(true);
    try {
      await api.community.setSharing({ sharing: said });
      setSharing(said);
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  if (sharing === undefined) return null;
  if (sharing !== "ask") {
    return (
      <div className="notice">
        {sharing === "on"
          ? `Tools that work are offered to ${repository}. You can change that in the settings.`
          : "Tools stay here. You can change that in the settings."}
      </div>
    );
  }
  return (
    <section className="card" data-asks aria-labelledby={key}>
      <h2 id={key}>Share tools that work with everyone?</h2>
      <p>
        Each becomes a public pull request to <code>{repository}</code>: the operations, the hosts and how one signs in.
        Never your keys, your data, your names or private addresses; whatever looks like one stops the offer and is
        shown to you.
      </p>
      <div className="pair">
        <button type="button" className="button quiet" disabled={isBusy} onClick={() => void answer("off")}>
          No, keep them here
        </button>
        <button type="button" className="button" disabled={isBusy} onClick={() => void answer("on")}>
          Yes, share them
        </button>
      </div>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
