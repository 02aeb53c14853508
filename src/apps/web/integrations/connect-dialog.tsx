import { Dialog } from "@base-ui/react/dialog";
import { useEffect, useRef, useState } from "react";
import type { SignInCard } from "../../../contract/chat.ts";
import { api, type Fault, faultOf } from "../api.ts";
import { Steps } from "../chat/steps.tsx";
import type { Step } from "../chat/transcript.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { SignInForm } from "../parts/sign-in-form.tsx";
import { Link } from "../rail.tsx";
import { addressOf } from "../router.ts";

/** What to connect: something to be built first, or an integration that is here, with a new account or one that ended. */
export type Connecting =
  | { build: { wish: string } | { url: string } | { document: string }; name: string }
  | { slug: string; name: string; connectionId?: string };

type Props = { asked: Connecting | undefined; onClose: () => void; onChanged: () => Promise<void> };

/** The whole way in one place: the tool is built, with its steps told; then the sign-in; then it is connected. */
export function ConnectDialog({ asked, onClose, onChanged }: Props) {
  // What can be pressed comes and goes while the tool is made: the focus begins at the dialog itself.
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Dialog.Root open={asked !== undefined} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" ref={popup} initialFocus={popup}>
          {asked && <Connect asked={asked} onClose={onClose} onChanged={onChanged} />}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Connect({ asked, onClose, onChanged }: Props & { asked: Connecting }) {
  const [steps, setSteps] = useState<Step[]>([]);
  const [card, setCard] = useState<SignInCard>();
  const [fault, setFault] = useState<Fault>();
  const [newer, setNewer] = useState<number>();
  const [connected, setConnected] = useState<string>();
  const wasStarted = useRef(false);
  const stopping = useRef(new AbortController());

  const begin = async () => {
    setFault(undefined);
    setSteps([]);
    try {
      if ("slug" in asked) {
        setCard(await api.integrations.signInCard({ slug: asked.slug }));
        return;
      }
      const story = await api.integrations.build(asked.build, { signal: stopping.current.signal });
      let told = await story.next();
      for (; !told.done; told = await story.next()) {
        const step = told.value;
        setSteps((before) => [...(before.at(-1)?.state === "running" ? before.slice(0, -1) : before), step]);
      }
      setCard(told.value.card);
      setNewer(told.value.update?.after.version);
      await onChanged();
    } catch (error) {
      if (stopping.current.signal.aborted) return;
      setSteps((before) => before.map((one) => (one.state === "running" ? { ...one, state: "failed" } : one)));
      setFault(faultOf(error));
    }
  };

  useEffect(() => {
    if (wasStarted.current) return;
    wasStarted.current = true;
    void begin();
    // Once, for what it was opened with.
  }, []);

  const name = card?.integration.name ?? asked.name;
  const isAgain = "slug" in asked && asked.connectionId !== undefined;
  if (connected !== undefined && card) {
    const { slug } = card.integration;
    return (
      <>
        <span className="cable" aria-hidden="true" />
        <Dialog.Title className="dialog-title">{name} is connected</Dialog.Title>
        <p role="status">{connected ? `As ${connected}. It answered a first read.` : "It answered a first read."}</p>
        <div className="pair">
          <Link to={addressOf.integration(slug)} className="button quiet">
            What it can do
          </Link>
          <Link to="/" className="button">
            Ask in the chat
          </Link>
        </div>
        <Dialog.Close className="icon-button corner" aria-label="Close">
          <Icon name="close" />
        </Dialog.Close>
      </>
    );
  }
  return (
    <>
      <Dialog.Title className="dialog-title">{card ? `Sign in to ${name}` : `Connect ${name}`}</Dialog.Title>
      {steps.length > 0 && <Steps steps={steps} />}
      {!card && !fault && steps.length === 0 && (
        <div className="skeleton" role="status">
          <span className="hidden">Getting ready</span>
        </div>
      )}
      <FaultNote fault={fault} onRetry={() => void begin()} />
      {card && newer !== undefined && (
        <p className="aside">
          {name} was here already, and its document has changed.{" "}
          <Link to={addressOf.integration(card.integration.slug, "versions")}>
            See what version {newer} would change
          </Link>
        </p>
      )}
      {card && (
        <SignInForm
          card={card}
          connectionId={"slug" in asked ? asked.connectionId : undefined}
          onDone={(label) => {
            void onChanged();
            if ("slug" in asked) onClose();
            else setConnected(label ?? "");
          }}
        />
      )}
      <p className="dialog-foot">
        <Dialog.Close
          className="link-button"
          onClick={() => {
            if (!card) stopping.current.abort();
          }}
        >
          {card ? (isAgain ? "Not now" : "Sign in later") : fault ? "Close" : "Stop"}
        </Dialog.Close>
      </p>
    </>
  );
}
