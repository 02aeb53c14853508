import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Settings } from "../../../contract/procedures/house.ts";
import { api, messageOf } from "../api.ts";
import { go } from "../router.ts";
import { BlockView } from "./block-view.tsx";
import { Composer } from "./composer.tsx";
import { conversationStore } from "./conversation-store.ts";
import { FirstScreen } from "./first-screen.tsx";

type Props = { conversationId: string | undefined; settings: Settings | undefined; onChanged: () => Promise<void> };

/** The chat: a new conversation begins with the first thing said. */
export function ChatPage({ conversationId, settings, onChanged }: Props) {
  const [problem, setProblem] = useState<string>();

  const begin = async (text: string) => {
    try {
      const conversation = await api.conversations.create({});
      await api.conversations.say({ id: conversation.id, text });
      go(`/c/${conversation.id}`, { replace: true });
      await onChanged();
    } catch (error) {
      setProblem(messageOf(error));
      throw error;
    }
  };

  if (conversationId === undefined) {
    return (
      <div className="chat">
        <div className="transcript">
          <FirstScreen settings={settings} onSay={begin} />
          {problem && (
            <p className="problem" role="alert">
              {problem}
            </p>
          )}
        </div>
        <Composer onSay={begin} isRunning={false} />
      </div>
    );
  }
  return <Conversation id={conversationId} onChanged={onChanged} />;
}

function Conversation({ id, onChanged }: { id: string; onChanged: () => Promise<void> }) {
  const store = conversationStore(id);
  const { transcript, link, problem } = useSyncExternalStore(store.subscribe, store.snapshot);
  const [refused, setRefused] = useState<string>();
  const { box, toEnd, isAtEnd } = useStickyEnd(transcript.lastSeq);

  useEffect(() => {
    if (!transcript.running) void onChanged();
    // Only when an answer begins or ends: the list shows names and who is answering.
  }, [transcript.running]);

  const say = async (text: string) => {
    setRefused(undefined);
    toEnd();
    try {
      await api.conversations.say({ id, text });
    } catch (error) {
      setRefused(messageOf(error));
      throw error;
    }
  };
  const stop = () => void api.conversations.stop({ id }).catch((error: unknown) => setRefused(messageOf(error)));

  return (
    <div className="chat">
      <div
        className="transcript"
        ref={box}
        role="log"
        aria-label="Conversation"
        aria-busy={transcript.running}
        tabIndex={0}
      >
        {transcript.blocks.map((block) => (
          <BlockView key={block.key} block={block} conversationId={id} onSay={say} />
        ))}
        {transcript.running && (
          <p className="working">
            <span className="lamp" aria-hidden="true" /> working
          </p>
        )}
      </div>
      <div className="under">
        {!isAtEnd && (
          <button type="button" className="to-end button quiet" onClick={toEnd}>
            To the end
          </button>
        )}
        {link === "lost" && <p role="status">The connection is lost. Trying again …</p>}
        {(problem ?? refused) && (
          <p className="problem" role="alert">
            {problem ?? refused}
          </p>
        )}
      </div>
      {link === "gone" ? null : <Composer onSay={say} isRunning={transcript.running} onStop={stop} />}
    </div>
  );
}

/** Keeps the end in view while it grows, unless the person scrolled up to read. */
function useStickyEnd(version: number) {
  const box = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  const [isAtEnd, setAtEnd] = useState(true);
  const toEnd = () => {
    sticks.current = true;
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };

  useEffect(() => {
    const element = box.current;
    const look = () => {
      if (!element) return;
      sticks.current = element.scrollHeight - element.scrollTop - element.clientHeight < 80;
      setAtEnd(sticks.current);
    };
    element?.addEventListener("scroll", look, { passive: true });
    return () => element?.removeEventListener("scroll", look);
  }, []);
  useLayoutEffect(() => {
    if (sticks.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [version]);

  return { box, toEnd, isAtEnd };
}
