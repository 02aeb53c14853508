import { useEffect, useRef, useState, type ClipboardEvent, type FormEvent, type KeyboardEvent } from "react";
import { Icon } from "../parts/icon.tsx";
import type { Say } from "./user-message.tsx";

type Props = {
  onSay: Say;
  isRunning: boolean;
  onStop?: () => void;
  /** Files that were dropped on the page. */
  files: File[];
  onFiles: (files: File[]) => void;
  /** Called by the arrow up in an empty field. */
  onUp?: () => void;
  /** Leads to the end of the conversation, while that is out of sight. Here its button covers nothing one wants to press. */
  toEnd?: () => void;
};

/** Where the person types. Enter sends, Shift+Enter makes a line; what could not be sent stays. */
export function Composer({ onSay, isRunning, onStop, files, onFiles, onUp, toEnd }: Props) {
  const [text, setText] = useState("");
  const [isSending, setSending] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const isEmpty = !text.trim() && files.length === 0;

  useEffect(() => {
    if (files.length > 0) field.current?.focus();
  }, [files]);

  const send = async (event?: FormEvent) => {
    event?.preventDefault();
    if (isEmpty || isSending) return;
    setSending(true);
    try {
      await onSay(text.trim() || sayFor(files), { files });
      setText("");
      onFiles([]);
    } catch {
      // The page shows what went wrong; text and files stay, to be sent again.
    } finally {
      setSending(false);
      field.current?.focus();
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowUp" && text === "") onUp?.();
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = [...event.clipboardData.files];
    if (pasted.length > 0) onFiles([...files, ...pasted]);
  };

  return (
    <form className="composer" onSubmit={send}>
      <div className="composer-box">
        {files.length > 0 && (
          <ul className="attached" aria-label="Files to send">
            {files.map((file, index) => (
              <li key={index}>
                <Icon name="file" />
                <bdi className="truncate">{file.name}</bdi>
                <button
                  type="button"
                  aria-label={`Leave out ${file.name}`}
                  onClick={() => onFiles(files.filter((one) => one !== file))}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
        <label className="hidden" htmlFor="say">
          What do you want to do?
        </label>
        <textarea
          id="say"
          ref={field}
          rows={1}
          value={text}
          placeholder="What do you want to do?"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <div className="composer-acts">
          <button
            type="button"
            className="icon-button"
            aria-label="Add a file"
            title="Add a file: an API document, a CSV"
            onClick={() => picker.current?.click()}
          >
            <Icon name="clip" />
          </button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="Files to add"
            onChange={(event) => {
              onFiles([...files, ...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
          <p className="hint grow">Keys go into the form a service asks with, not in here.</p>
          {toEnd && (
            <button type="button" className="to-end button quiet" onClick={toEnd}>
              <Icon name="arrowDown" />
              <span>To the end</span>
            </button>
          )}
          {isRunning && onStop ? (
            <button type="button" className="button quiet" onClick={onStop}>
              <Icon name="stop" />
              <span>Stop</span>
            </button>
          ) : (
            <button type="submit" className="button" disabled={isEmpty || isSending}>
              <Icon name="arrowUp" />
              <span>Send</span>
            </button>
          )}
        </div>
      </div>
    </form>
  );
}

/** What somebody means who only drops a file. */
function sayFor(files: File[]): string {
  const [first] = files;
  if (first && /\.(json|ya?ml)$/i.test(first.name)) return `connect the service described in ${first.name}`;
  return `what is in ${files.map((file) => file.name).join(", ")}?`;
}
