import { useState, type DragEvent, type FormEvent } from "react";
import { Icon } from "../parts/icon.tsx";
import type { Connecting } from "./connect-dialog.tsx";

/** Adds a service by name, by address, or from a document that is chosen or dropped here. */
export function AddForm({ onAdd }: { onAdd: (asked: Connecting) => void }) {
  const [text, setText] = useState("");
  const [isOver, setOver] = useState(false);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = text.trim();
    if (!typed) return;
    const isAddress = /^https?:\/\//i.test(typed);
    onAdd({ build: isAddress ? { url: typed } : { wish: typed }, name: isAddress ? hostOf(typed) : typed });
    setText("");
  };
  const read = async (file: File | undefined) => {
    if (file) onAdd({ build: { document: await file.text() }, name: file.name });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void read(event.dataTransfer.files[0]);
  };

  return (
    <form
      className="add"
      data-over={isOver || undefined}
      onSubmit={submit}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label className="label" htmlFor="add">
        Add a service <span className="soft">by its name, or the address of its API document</span>
      </label>
      <div className="add-row">
        <input
          id="add"
          value={text}
          placeholder="A name, or an address"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button" disabled={!text.trim()}>
          Add
        </button>
        <label className="button quiet file-button">
          <Icon name="file" />
          From a file
          <input
            type="file"
            className="hidden"
            accept=".json,.yaml,.yml,.graphql,application/json,application/yaml"
            onChange={(event) => {
              void read(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
        </label>
      </div>
    </form>
  );
}

function hostOf(address: string): string {
  return URL.parse(address)?.host ?? address;
}
