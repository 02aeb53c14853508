import { useState } from "react";
import type { Operation } from "../../../contract/procedures/integration-detail.ts";
import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { useAct } from "../use-act.ts";
import { plain } from "./plain.ts";

type Props = { slug: string; operations: Operation[]; onChanged: () => Promise<void> };

/** Operations that are sent like a write and seem only to read: each with its reason, and a yes that only a person can give. */
export function SuggestedReads({ slug, operations, onChanged }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { isBusy, fault, act } = useAct();
  if (operations.length === 0) return null;
  const confirm = (names: string[]) =>
    void act(async () => {
      await api.integrations.confirmReads({ slug, operations: names });
      await onChanged();
    });
  const shown = operations.slice(0, isOpen ? 200 : 3);
  return (
    <section className="suggested" aria-labelledby="suggested">
      <div className="part-head">
        <h2 id="suggested">
          {operations.length === 1
            ? "One operation seems only to read"
            : `${operations.length} operations seem only to read`}
        </h2>
        {operations.length > 1 && (
          <button
            type="button"
            className="button quiet small"
            disabled={isBusy}
            onClick={() => confirm(operations.slice(0, 500).map((one) => one.name))}
          >
            Yes, all of them only read
          </button>
        )}
      </div>
      <p className="small">
        {operations.length === 1
          ? "It is sent as a write is, so it asks you. With your yes it runs like any read."
          : "They are sent as a write is, so each asks you. With your yes they run like any read."}
      </p>
      <FaultNote fault={fault} />
      <ul>
        {shown.map((one) => (
          <li key={one.name}>
            <span>
              <code>{plain(one.name)}</code> <span className="soft small">{plain(one.suggestedRead ?? "")}</span>
            </span>
            <button type="button" className="button quiet small" disabled={isBusy} onClick={() => confirm([one.name])}>
              Yes, it only reads<span className="hidden">: {one.name}</span>
            </button>
          </li>
        ))}
      </ul>
      {operations.length > 3 && (
        <button type="button" className="link-button small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Show fewer" : `Show all ${Math.min(operations.length, 200)}`}
        </button>
      )}
    </section>
  );
}
