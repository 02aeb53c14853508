import type { ReactNode } from "react";
import { useWindow } from "../parts/use-window.ts";

type Line = { key: number; mark?: "added" | "removed" | "hunk"; number?: number | undefined; text: ReactNode };

/** Lines of a text in a frame of its own, of which only those in sight are drawn. */
export function LineList({ label, count, line }: { label: string; count: number; line: (index: number) => Line }) {
  const { list, first, last, padding } = useWindow<HTMLOListElement>(count);
  return (
    <div className="lines" data-scroll tabIndex={0} role="region" aria-label={label}>
      <ol ref={list} style={padding}>
        {Array.from({ length: last - first }, (_, index) => {
          const { key, mark, number, text } = line(first + index);
          return (
            <li key={key} data-mark={mark}>
              <span className="line-number" aria-hidden="true">
                {number ?? ""}
              </span>
              {mark && mark !== "hunk" && <span className="hidden">{mark}: </span>}
              <code>{text}</code>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
