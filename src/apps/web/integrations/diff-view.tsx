import { useMemo } from "react";
import { showHidden } from "../../../contract/marked-data.ts";
import { shorten } from "./code-view.tsx";
import { LineList } from "./line-list.tsx";

type DiffLine = { mark?: "added" | "removed" | "hunk"; number?: number; text: string };

/** A file's difference: what was added and removed is told by sign and colour, with the lines around. */
export function DiffView({ name, diff }: { name: string; diff: string }) {
  const lines = useMemo(() => readDiff(diff), [diff]);
  const added = lines.filter((line) => line.mark === "added").length;
  const removed = lines.filter((line) => line.mark === "removed").length;
  return (
    <figure className="diff">
      <figcaption>
        <code>{name}</code>{" "}
        <span className="soft small number">
          +{added} −{removed}
        </span>
      </figcaption>
      <LineList
        label={`Difference of ${name}`}
        count={lines.length}
        line={(index) => {
          const { mark, number, text } = lines[index] ?? { text: "" };
          return { key: index, mark, number, text: showHidden(shorten(text)) };
        }}
      />
    </figure>
  );
}

/** Reads the unified form; numbers are those of the newer file, of the older one where a line is gone. */
export function readDiff(diff: string): DiffLine[] {
  let [before, after] = [0, 0];
  return diff
    .replace(/\n$/, "")
    .split("\n")
    .slice(2) // the names of the two files
    .map((line): DiffLine => {
      const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
      if (hunk) {
        [before, after] = [Number(hunk[1]), Number(hunk[2])];
        return { mark: "hunk", text: line };
      }
      if (line.startsWith("+")) return { mark: "added", number: after++, text: line };
      if (line.startsWith("-")) return { mark: "removed", number: before++, text: line };
      before++;
      return { number: after++, text: line };
    });
}
