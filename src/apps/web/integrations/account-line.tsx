import { Menu } from "@base-ui/react/menu";
import { useState } from "react";
import type { Connection } from "../../../contract/connection.ts";
import { api, Unproven } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { RenameDialog } from "../parts/rename-dialog.tsx";
import { duration, When } from "../parts/when.tsx";
import { Confirm } from "../rail.tsx";
import { useAct } from "../use-act.ts";
import { accountState, accountWords } from "./status.ts";

type ListProps = {
  connections: Connection[];
  onSignIn: (connectionId: string) => void;
  onChanged: () => Promise<void>;
};

/** The accounts at one service. */
export function AccountList({ connections, onSignIn, onChanged }: ListProps) {
  if (connections.length === 0) return null;
  return (
    <ul className="accounts">
      {connections.map((one) => (
        <AccountLine
          key={one.id}
          connection={one}
          isOnly={connections.length === 1}
          onSignIn={() => onSignIn(one.id)}
          onChanged={onChanged}
        />
      ))}
    </ul>
  );
}

type Props = { connection: Connection; isOnly: boolean; onSignIn: () => void; onChanged: () => Promise<void> };

/** One account: how it is, and what can be done with it. */
function AccountLine({ connection, isOnly, onSignIn, onChanged }: Props) {
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

  return (
    <li className="account" data-state={state}>
      <div className="account-row">
        <span className="account-mark" aria-hidden="true" />
        <span className="account-text">
          <bdi className="account-label">{label}</bdi>
          <span className="account-facts">
            {accountWords[state]}
            {isDefault && !isOnly && " · default"}
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
      <RenameDialog
        isOpen={asked === "name"}
        onClose={() => setAsked(undefined)}
        title="Name this account"
        label="Name of the account"
        name={label}
        maxLength={120}
        onRename={(name) => void act(async () => void (await api.connections.rename({ id, label: name })))}
      >
        How you and the agent tell it from your other accounts. Nothing changes at the service.
      </RenameDialog>
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
