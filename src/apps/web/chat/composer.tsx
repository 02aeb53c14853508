import { useRef, useState, type FormEvent, type KeyboardEvent } from "react";

type Props = { onSay: (text: string) => Promise<void>; isRunning: boolean; onStop?: () => void };

/** Where the person types. Enter sends, Shift+Enter makes a line; what could not be sent stays. */
export function Composer({ onSay, isRunning, onStop }: Props) {
  const [text, setText] = useState("");
  const [isSending, setSending] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);

  const send = async (event?: FormEvent) => {
    event?.preventDefault();
    const said = text.trim();
    if (!said || isSending) return;
    setSending(true);
    try {
      await onSay(said);
      setText("");
    } catch {
      // The page shows what went wrong; the text stays to be sent again.
    } finally {
      setSending(false);
      field.current?.focus();
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };

  return (
    <form className="composer" onSubmit={send}>
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
      />
      {isRunning && onStop ? (
        <button type="button" className="button quiet" onClick={onStop}>
          Stop
        </button>
      ) : (
        <button type="submit" className="button" disabled={!text.trim() || isSending}>
          Send
        </button>
      )}
      <p className="hint">Keys and passwords go into the form a service asks with, not into the chat.</p>
    </form>
  );
}
