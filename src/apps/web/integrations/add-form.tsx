import { useEffect, useRef, useState, type FormEvent } from "react";
import type { SignInCard } from "../../../contract/chat.ts";
import { api, messageOf } from "../api.ts";
import { Steps } from "../chat/steps.tsx";
import type { Step } from "../chat/transcript.ts";

type Props = { wish?: string; onBuilt: (card: SignInCard) => Promise<void> };

/** Adds a service by name, by address, or from a document, and tells how it goes. */
export function AddForm({ wish, onBuilt }: Props) {
  const [text, setText] = useState(wish ?? "");
  const [steps, setSteps] = useState<Step[]>([]);
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const wasStarted = useRef(false);

  const build = async (given: { wish: string } | { url: string } | { document: string }) => {
    setBusy(true);
    setProblem(undefined);
    setSteps([]);
    try {
      const story = await api.integrations.build(given);
      let told = await story.next();
      for (; !told.done; told = await story.next()) {
        const step = told.value;
        setSteps((before) => [...(before.at(-1)?.state === "running" ? before.slice(0, -1) : before), step]);
      }
      setText("");
      await onBuilt(told.value.card);
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  const wishOf = (typed: string) => (/^https?:\/\//i.test(typed) ? { url: typed } : { wish: typed });

  useEffect(() => {
    if (wish === undefined || wasStarted.current) return;
    wasStarted.current = true;
    void build(wishOf(wish));
    // Once, for the wish it was drawn with.
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) void build(wishOf(text.trim()));
  };

  return (
    <form className="add" onSubmit={submit}>
      <label htmlFor="add">Add a service</label>
      <div className="add-row">
        <input
          id="add"
          value={text}
          placeholder="A name, or the address of an API document"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button" disabled={isBusy || !text.trim()}>
          Add
        </button>
      </div>
      <label className="file-label">
        or from a file
        <input
          type="file"
          accept=".json,.yaml,.yml,application/json,application/yaml"
          disabled={isBusy}
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (file) void file.text().then((document) => build({ document }));
          }}
        />
      </label>
      {steps.length > 0 && <Steps steps={steps} />}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
