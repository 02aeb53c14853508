import { useState } from "react";
import type { Settings } from "../../../contract/procedures/house.ts";
import { api, messageOf } from "../api.ts";
import { go } from "../router.ts";
import { Composer } from "./composer.tsx";
import { Conversation } from "./conversation.tsx";
import { DropZone } from "./drop-zone.tsx";
import { FirstScreen } from "./first-screen.tsx";
import { FileRefused, sendFiles } from "./send-files.ts";
import type { Say } from "./user-message.tsx";

type Props = {
  conversationId: string | undefined;
  settings: Settings | undefined;
  onChanged: () => Promise<void>;
  onSettings: () => Promise<void>;
};

/** The chat: a new conversation begins with the first thing said. */
export function ChatPage({ conversationId, settings, onChanged, onSettings }: Props) {
  const [files, setFiles] = useState<File[]>([]);
  const say = async (id: string, ...[text, o]: Parameters<Say>) => {
    const paths = o?.files?.length ? await sendFiles(id, o.files) : undefined;
    await api.conversations.say({ id, text, files: paths, instead: o?.instead });
  };
  return (
    <DropZone onFiles={(dropped) => setFiles([...files, ...dropped])}>
      {conversationId === undefined ? (
        <NewConversation
          settings={settings}
          files={files}
          onFiles={setFiles}
          onSay={say}
          onChanged={onChanged}
          onSettings={onSettings}
        />
      ) : (
        <Conversation id={conversationId} files={files} onFiles={setFiles} onSay={say} onChanged={onChanged} />
      )}
    </DropZone>
  );
}

export type SayThere = (id: string, ...said: Parameters<Say>) => Promise<void>;

function NewConversation(o: {
  settings: Settings | undefined;
  files: File[];
  onFiles: (files: File[]) => void;
  onSay: SayThere;
  onChanged: () => Promise<void>;
  onSettings: () => Promise<void>;
}) {
  const [problem, setProblem] = useState<string>();
  const begin: Say = async (text, said) => {
    setProblem(undefined);
    let id: string | undefined;
    try {
      ({ id } = await api.conversations.create({}));
      await o.onSay(id, text, said);
      go(`/c/${id}`, { replace: true });
      await o.onChanged();
    } catch (error) {
      // Nothing was said in it, so nobody should find it.
      if (id) void api.conversations.delete({ id }).catch(() => undefined);
      setProblem(error instanceof FileRefused ? error.message : messageOf(error));
      throw error;
    }
  };
  // The page is another one then: the keyboard goes on where it was, or where the answer comes.
  const beginAt =
    (place: string): Say =>
    async (...said) => {
      await begin(...said);
      document.querySelector<HTMLElement>(place)?.focus();
    };
  return (
    <>
      <div className="transcript">
        <FirstScreen settings={o.settings} onSay={beginAt(".transcript")} onSettings={o.onSettings} />
      </div>
      <div className="under">
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
      </div>
      <Composer onSay={beginAt("#say")} isRunning={false} files={o.files} onFiles={o.onFiles} />
    </>
  );
}
