import { Dialog } from "@base-ui/react/dialog";
import { Menu } from "@base-ui/react/menu";
import { useState, type FormEvent } from "react";
import type { Connection } from "../../../contract/connection.ts";
import { api, Unproven } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { duration, When } from "../parts/when.tsx";
import { Confirm } from "../rail.tsx";
import { useAct } from "../use-act.ts";
import { accountState, accountWords } from "./status.ts";

type Props = { connection: Connection; onSignIn: () => void; onChanged: () => Promise<void> };

/** One account: how it is, and what can be done with it. */
export function AccountLine({ connection, onSignIn, onChanged }: Props) {
  const { id, label, isDefault, enabled } = connection;
  const state = accountState(connection);
  const acting = useAct();
  const [asked, setAsked] = useState<"name" | "end">();

  const act = async (work: () => Promise<string | void>) => {
    await acting.act(work);
    await onChanged();
  };
  const test = () =>
    act(async () => {
      const proof = await api.connections.test({ id });
      if (!proof.ok) throw new Unproven(proof);
      return `It answers: ${proof.operation}, ${duration(proof.ms)}.`;
    });
  const resume = () => act(async () => void (await api.connections.resume({ id })));
  const pause = () => act(async () => void (await api.connections.pause({ id })));
  const rename = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget).get("label");
    setAsked(undefined);
    if (typeof typed === "string" && typed.trim() && typed.trim() !== label) {
      void act(async () => void (await api.connections.rename({ id, label: typed })));
    }
  };

  return (
    <li className="account" data-state={state}>
      <div className="account-row">
        <span className="account-mark" aria-hidden="true" />
        <span className="account-text">
          <bdi className="account-label">{label}</bdi>
          <span className="account-facts">
            {accountWords[state]}
            {isDefault && " · default"}
            {connection.provenAt && state === "connected" && (
              <>
                {" "}
                · checked <When at={connection.provenAt} />
              </>
            )}
          </span>
        </span>
        {state === "sign_in_again" && (
          <button type="button" className="button small" onClick={onSignIn}>
            Sign in again<span className="hidden"> as {label}</span>
          </button>
        )}
        {state === "paused" && (
          <button type="button" className="button quiet small" disabled={acting.isBusy} onClick={() => void resume()}>
            Resume<span className="hidden"> {label}</span>
          </button>
        )}
        {(state === "connected" || state === "failing" || state === "pending") && (
          <button type="button" className="button quiet small" disabled={acting.isBusy} onClick={() => void test()}>
            {acting.isBusy ? "Asking …" : "Test"}
            <span className="hidden"> {label}</span>
          </button>
        )}
        <Menu.Root>
          <Menu.Trigger className="icon-button" aria-label={`More for ${label}`}>
            <Icon name="dots" />
          </Menu.Trigger>
          <Menu.Portal>
            <Menu.Positioner align="end" className="floats">
              <Menu.Popup className="menu">
                {enabled && (
                  <Menu.Item className="menu-item" onClick={() => void pause()}>
                    Pause
                  </Menu.Item>
                )}
                {!isDefault && (
                  <Menu.Item
                    className="menu-item"
                    onClick={() => void act(async () => void (await api.connections.setDefault({ id })))}
                  >
                    Use when no account is named
                  </Menu.Item>
                )}
                <Menu.Item className="menu-item" onClick={() => setAsked("name")}>
                  Rename
                </Menu.Item>
                <Menu.Item className="menu-item" onClick={onSignIn}>
                  Sign in again
                </Menu.Item>
                <Menu.Item className="menu-item alarm" onClick={() => setAsked("end")}>
                  Disconnect
                </Menu.Item>
              </Menu.Popup>
            </Menu.Positioner>
          </Menu.Portal>
        </Menu.Root>
      </div>
      {acting.told && (
        <p className="account-told" role="status">
          {acting.told}
        </p>
      )}
      <FaultNote fault={acting.fault} onRetry={() => void test()} onSignIn={onSignIn} onResume={() => void resume()} />
      {connection.statusReason && !acting.told && !acting.fault && (
        <p className="account-told">{connection.statusReason}</p>
      )}
      <Dialog.Root open={asked === "name"} onOpenChange={(isOpen) => !isOpen && setAsked(undefined)}>
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop" />
          <Dialog.Popup className="dialog">
            <Dialog.Title className="dialog-title">Name this account</Dialog.Title>
            <form onSubmit={rename}>
              <input name="label" aria-label="Name of the account" defaultValue={label} maxLength={120} required />
              <p className="hint">
                How you and the agent tell it from your other accounts. Nothing changes at the service.
              </p>
              <div className="pair">
                <Dialog.Close className="button quiet">Keep the name</Dialog.Close>
                <button type="submit" className="button">
                  Rename
                </button>
              </div>
            </form>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
      <Confirm
        isOpen={asked === "end"}
        onClose={() => setAsked(undefined)}
        title={`Disconnect ${label}?`}
        text="The sign-in is ended at the service where that is possible, and erased here."
        action="Disconnect"
        onConfirm={() => act(async () => void (await api.connections.delete({ id })))}
      />
    </li>
  );
}
