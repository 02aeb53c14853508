import { useState } from "react";
import type { Connection } from "../../../contract/connection.ts";
import { api, messageOf } from "../api.ts";
import { duration, When } from "../parts/when.tsx";
import { Confirm } from "../rail.tsx";

type Props = { connection: Connection; onSignIn: () => void; onChanged: () => Promise<void> };

/** One account: how it is, and what can be done with it. */
export function ConnectionLine({ connection, onSignIn, onChanged }: Props) {
  const [told, setTold] = useState<{ text: string; isProblem: boolean }>();
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const { id, label } = connection;

  const act = async (work: () => Promise<string | undefined>) => {
    setBusy(true);
    setTold(undefined);
    try {
      const text = await work();
      if (text) setTold({ text, isProblem: false });
    } catch (error) {
      setTold({ text: messageOf(error), isProblem: true });
    } finally {
      setBusy(false);
      await onChanged();
    }
  };
  const test = () =>
    act(async () => {
      const proof = await api.connections.test({ id });
      if (proof.ok) return `It answers: ${proof.operation}, ${duration(proof.ms)}.`;
      setTold({ text: proof.message, isProblem: true });
      return undefined;
    });
  const turn = () =>
    act(async () => {
      await (connection.enabled ? api.connections.pause({ id }) : api.connections.resume({ id }));
      return connection.enabled ? "Paused." : "It goes on.";
    });

  return (
    <li className="account">
      <span className="account-name">
        <strong>{label}</strong> {connection.isDefault && <span className="soft">default</span>}
      </span>
      <span className="status" data-status={connection.enabled ? connection.status : "paused"}>
        {connection.enabled ? words[connection.status] : "paused"}
        {connection.provenAt && connection.status === "connected" && (
          <span className="soft">
            {" "}
            · checked <When at={connection.provenAt} />
          </span>
        )}
      </span>
      <span className="account-acts">
        {connection.status === "sign_in_again" && (
          <button type="button" className="link-button" onClick={onSignIn}>
            Sign in again
          </button>
        )}
        <button
          type="button"
          className="link-button"
          disabled={isBusy || !connection.enabled}
          onClick={() => void test()}
        >
          Test<span className="hidden"> {label}</span>
        </button>
        <button type="button" className="link-button" disabled={isBusy} onClick={() => void turn()}>
          {connection.enabled ? "Pause" : "Resume"}
          <span className="hidden"> {label}</span>
        </button>
        <button type="button" className="link-button" disabled={isBusy} onClick={() => setAsking(true)}>
          Disconnect<span className="hidden"> {label}</span>
        </button>
      </span>
      {told && (
        <p className={told.isProblem ? "problem" : "soft"} role={told.isProblem ? "alert" : "status"}>
          {told.text}
        </p>
      )}
      {connection.statusReason && !told && <p className="soft">{connection.statusReason}</p>}
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Disconnect ${label}?`}
        text="The sign-in is ended at the service where that is possible, and erased here."
        action="Disconnect"
        onConfirm={() =>
          act(async () => {
            await api.connections.delete({ id });
            return undefined;
          })
        }
      />
    </li>
  );
}

const words = {
  connected: "connected",
  sign_in_again: "sign in again",
  failing: "not answering, kept",
  pending: "waiting for its first read",
} as const;
