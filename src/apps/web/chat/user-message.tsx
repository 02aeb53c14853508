import { useState, type FormEvent, type KeyboardEvent } from "react";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { plain } from "../parts/plain.ts";
import { FileActions } from "./file-actions.tsx";
import type { Block } from "./transcript.ts";

export type Say = (text: string, o?: { files?: File[]; instead?: string }) => Promise<void>;
type Props = { message: Extract<Block, { kind: "user" }>; conversationId: string; onSay: Say };

/** What the person said; it can be said anew, which leaves behind what came after it. */
export function UserMessage({ message, conversationId, onSay }: Props) {
  const [isEditing, setEditing] = useState(false);
  const [problem, setProblem] = useState<string>();
  if (isEditing) {
    return (
      <EditMessage
        text={message.text}
        onCancel={() => setEditing(false)}
        onSay={async (text) => {
          await onSay(text, { instead: message.key });
          setEditing(false);
        }}
      />
    );
  }
  const isLong = message.text.length > 1500;
  return (
    <div className="said-row">
      <div className="said">
        <span className="hidden">You said: </span>
        {isLong ? (
          <details>
            <summary>
              {plain(message.text.slice(0, 400))}
              <span className="said-more">
                … <span className="link-button">Show all</span>
              </span>
            </summary>
            {plain(message.text.slice(400, 40_000))}
          </details>
        ) : (
          plain(message.text)
        )}
        {message.files.length > 0 && (
          <ul className="said-files">
            {message.files.map((file) => (
              <li key={file}>
                <Icon name="file" /> <bdi>{file}</bdi>
                <span className="row">
                  <FileActions conversationId={conversationId} path={file} onProblem={setProblem} />
                </span>
              </li>
            ))}
          </ul>
        )}
        {problem && <p className="problem">{problem}</p>}
      </div>
      <div className="said-acts">
        <CopyButton text={message.text} what="your message" />
        <button
          type="button"
          className="icon-button small"
          aria-label="Edit and send again"
          title="Edit and send again"
          onClick={() => setEditing(true)}
        >
          <Icon name="edit" />
        </button>
      </div>
    </div>
  );
}

function EditMessage(o: { text: string; onCancel: () => void; onSay: (text: string) => Promise<void> }) {
  const [text, setText] = useState(o.text);
  const [isSending, setSending] = useState(false);
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (!text.trim() || isSending) return;
    setSending(true);
    // The page shows what went wrong; the text stays.
    o.onSay(text.trim()).catch(() => setSending(false));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") o.onCancel();
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form className="said-edit" onSubmit={send}>
      <label className="hidden" htmlFor="say-anew">
        Your message, to be sent again
      </label>
      <textarea
        id="say-anew"
        autoFocus
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <p className="hint">What came after it is left behind. What was sent to services stays sent.</p>
      <div className="row">
        <button type="button" className="button quiet small" onClick={o.onCancel}>
          Cancel
        </button>
        <button type="submit" className="button small" disabled={!text.trim() || isSending}>
          Send again
        </button>
      </div>
    </form>
  );
}
