import type { Jack as JackState } from "../../../contract/procedures/shapes.ts";

const words: Record<JackState, string> = {
  known: "not connected",
  connected: "connected",
  answering: "connected and answering",
  asking: "asks for you",
};

/** The round mark of an integration: hollow, filled, lamp on, or ringed when it asks for the person. */
export function Jack({ state, name, small = false }: { state: JackState; name: string; small?: boolean }) {
  return (
    <span
      className={small ? "jack small" : "jack"}
      data-state={state}
      role="img"
      aria-label={`${name}: ${words[state]}`}
    >
      <span aria-hidden="true">{monogram(name)}</span>
    </span>
  );
}

function monogram(name: string): string {
  const [first = "", second = ""] = name.split(/[\s-]+/).filter(Boolean);
  return (second ? `${first[0] ?? ""}${second[0] ?? ""}` : first.slice(0, 2)).toUpperCase();
}
