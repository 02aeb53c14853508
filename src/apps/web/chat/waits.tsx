import { useEffect, useState, type RefObject } from "react";
import type { Block } from "./transcript.ts";

/** A question that waits above, out of sight: one press leads there, the keyboard with it. */
export function Waits({ blocks, box }: { blocks: readonly Block[]; box: RefObject<HTMLDivElement | null> }) {
  const waiting = blocks.findLast((block) => block.kind === "approval" && block.approval.status === "pending");
  const id = waiting && `approval-${waiting.key}`;
  const [isSeen, setSeen] = useState(true);
  useEffect(() => {
    const card = id ? document.getElementById(id) : null;
    if (!card) return setSeen(true);
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? true), {
      root: box.current,
    });
    observer.observe(card);
    return () => observer.disconnect();
  }, [id, box]);
  if (!id || isSeen) return null;
  return (
    <p className="waits">
      <span className="lamp" aria-hidden="true" /> A question waits for your answer.{" "}
      <button
        type="button"
        className="link-button"
        onClick={() => {
          const card = document.getElementById(id);
          card?.scrollIntoView({ block: "center" });
          card?.focus();
        }}
      >
        Show it
      </button>
    </p>
  );
}
