import { useState } from "react";
import type { Jack as JackState } from "../../../contract/procedures/shapes.ts";

const words: Record<JackState, string> = {
  known: "not connected",
  connected: "connected",
  answering: "connected and answering",
  asking: "asks for you",
};

type Props = { state: JackState; name: string; size?: "small" | "large"; icon?: string };

/** The round mark of an integration: hollow, filled, lamp on, or ringed when it asks for the person. */
export function Jack({ state, name, size, icon }: Props) {
  // An icon that does not come is no gap: the monogram takes its place.
  const [failed, setFailed] = useState<string>();
  const isShown = icon !== undefined && icon !== failed;
  return (
    <span
      className={size ? `jack ${size}` : "jack"}
      data-state={state}
      data-icon={isShown || undefined}
      role="img"
      aria-label={`${name}: ${words[state]}`}
    >
      {isShown ? (
        <img src={icon} alt="" loading="lazy" decoding="async" onError={() => setFailed(icon)} />
      ) : (
        <span aria-hidden="true">{monogram(name)}</span>
      )}
    </span>
  );
}

/** First letters of two words, or the first two of one; whole characters, whatever the script. */
function monogram(name: string): string {
  const [first = [], second = []] = name
    .split(/[^\p{L}\p{N}\p{Extended_Pictographic}]+/u)
    .filter(Boolean)
    .map((word) => [...word]);
  return (second.length > 0 ? `${first[0] ?? ""}${second[0] ?? ""}` : first.slice(0, 2).join("")).toUpperCase() || "?";
}
