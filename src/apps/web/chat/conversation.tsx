import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { api, messageOf } from "../api.ts";
import { go } from "../router.ts";
import { BlocksContext } from "./blocks-context.ts";
import { BlockView } from "./block-view.tsx";
import type { SayThere } from "./chat-page.tsx";
import { Composer } from "./composer.tsx";
import { conversationStore } from "./conversation-store.ts";
import { groupBlocks } from "./group-blocks.ts";
import { FileRefused } from "./send-files.ts";
import { LinkHosts } from "../parts/answer-link.tsx";
import { useLinkHosts } from "./link-hosts.ts";
import { useWindow } from "./use-window.ts";
import type { Say } from "./user-message.tsx";
import { Waits } from "./waits.tsx";

type Props = {
  id: string;
  files: File[];
  onFiles: (files: File[]) => void;
  onSay: SayThere;
  onChanged: () => Promise<void>;
};

/** One conversation, followed live. */
export function Conversation({ id, files, onFiles, onSay, onChanged }: Props) {
  const store = conversationStore(id);
  const { transcript, link, problem } = useSyncExternalStore(store.subscribe, store.snapshot);
  const [refused, setRefused] = useState<string>();
  const { blocks, running } = transcript;
  const items = useMemo(() => groupBlocks(blocks), [blocks]);
  const { box, from, toEnd, isAtEnd } = useWindow(items.length, transcript.lastSeq);
  const isLinkHost = useLinkHosts(blocks);
  const latest = useRef(blocks);
  latest.current = blocks;

  // What the keyboard was at may go away: a question that was answered. It goes on from the conversation, not from the top.
  const isWithin = useRef(false);
  useEffect(() => {
    if (isWithin.current && document.activeElement === document.body) box.current?.focus({ preventScroll: true });
  });

  useEffect(() => {
    if (!running) void onChanged();
    // Only when an answer begins or ends: the list shows names and who is answering.
  }, [running]);

  const say: Say = async (text, o) => {
    setRefused(undefined);
    toEnd();
    try {
      await onSay(id, text, o);
    } catch (error) {
      setRefused(error instanceof FileRefused ? error.message : messageOf(error));
      throw error;
    }
  };
  const stop = () => void api.conversations.stop({ id }).catch((error: unknown) => setRefused(messageOf(error)));
  const last = items.at(-1);

  if (link === "gone") {
    return (
      <div className="sheet">
        <h1>Not here</h1>
        <p role="alert">{problem} It was deleted, or it is somebody else’s.</p>
        <p>
          <button type="button" className="button" onClick={() => go("/")}>
            Start a new one
          </button>
        </p>
      </div>
    );
  }
  return (
    <BlocksContext value={latest}>
      <h1 className="hidden">Conversation</h1>
      <div
        className="transcript"
        ref={box}
        role="log"
        aria-label="Conversation"
        aria-busy={running}
        tabIndex={0}
        onFocus={() => {
          isWithin.current = true;
        }}
        onBlur={({ relatedTarget }) => {
          // A button that is switched off or taken away leaves the focus to nobody.
          isWithin.current = relatedTarget === null;
        }}
      >
        {from > 0 && (
          <p className="earlier soft" role="status">
            Earlier parts come as you scroll up
          </p>
        )}
        <LinkHosts value={isLinkHost}>
          {items.slice(from).map((item) => (
            <BlockView key={item.key} item={item} conversationId={id} isLive={running && item === last} onSay={say} />
          ))}
        </LinkHosts>
        {running && last?.kind !== "approval" && (
          <p className="working">
            <span className="lamp" aria-hidden="true" /> working
          </p>
        )}
      </div>
      <div className="under">
        <Waits blocks={blocks} box={box} />
        {link === "lost" && (
          <p role="status" className="link-lost">
            <span className="lamp" aria-hidden="true" /> The connection is lost. Trying again; nothing is lost.
          </p>
        )}
        {(problem ?? refused) && (
          <p className="problem" role="alert">
            {problem ?? refused}
          </p>
        )}
      </div>
      <Composer
        onSay={say}
        isRunning={running}
        onStop={stop}
        files={files}
        onFiles={onFiles}
        onUp={() => document.querySelector<HTMLElement>(".approval[data-asks]")?.focus()}
        toEnd={isAtEnd ? undefined : toEnd}
      />
    </BlocksContext>
  );
}
