import { useMemo, useState, type ReactNode } from "react";
import { Icon } from "./icon.tsx";
import { openText } from "./open-file.ts";
import { plain } from "./plain.ts";

type Props = {
  head: string[];
  rows: string[][];
  /** How a cell is drawn; its text when left out. */
  draw?: (text: string) => ReactNode;
  name?: string;
};
type Order = { column: number; isDown: boolean };

const shownAtFirst = 20;
const shownAtOnce = 200;

/** Rows that can be sorted by any column; numbers stand to the right. Long ones show their beginning first. */
export function DataTable({ head, rows, draw = plain, name = "Table" }: Props) {
  const [order, setOrder] = useState<Order>();
  const [shown, setShown] = useState(shownAtFirst);
  const isNumeric = useMemo(() => head.map((_, column) => isNumbers(rows, column)), [head, rows]);
  const sorted = useMemo(
    () => (order ? rows.toSorted(by(order, isNumeric[order.column] ?? false)) : rows),
    [rows, order, isNumeric],
  );
  const sort = (column: number) =>
    setOrder((before) =>
      before?.column !== column
        ? { column, isDown: isNumeric[column] ?? false }
        : before.isDown === (isNumeric[column] ?? false)
          ? { column, isDown: !before.isDown }
          : undefined,
    );

  return (
    <div className="data-table">
      <div className="table-frame" tabIndex={0} role="group" aria-label={name}>
        <table className="table">
          <thead>
            <tr>
              {head.map((one, column) => (
                <th
                  key={column}
                  scope="col"
                  className={isNumeric[column] ? "number" : undefined}
                  aria-sort={order?.column === column ? (order.isDown ? "descending" : "ascending") : undefined}
                >
                  <button type="button" onClick={() => sort(column)}>
                    {draw(one)}
                    <Icon name="arrowDown" />
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column} className={isNumeric[column] ? "number" : undefined}>
                    {draw(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > 5 && (
        <p className="table-foot">
          <span>
            {rows.length > shown ? `${shown} of ${rows.length.toLocaleString("en")} rows` : `${rows.length} rows`}
          </span>
          {rows.length > shown && (
            <button type="button" className="link-button" onClick={() => setShown(shown + shownAtOnce)}>
              Show {Math.min(shownAtOnce, rows.length - shown)} more
            </button>
          )}
          <button type="button" className="link-button" onClick={() => openText(csvOf(head, sorted))}>
            Open as file
          </button>
        </p>
      )}
    </div>
  );
}

const numberIn = (text: string) =>
  /^[-+]?[\d.,\s]*\d%?$/.test(text.trim()) ? Number(text.replace(/[,\s%]/g, "")) : NaN;

function isNumbers(rows: string[][], column: number): boolean {
  const filled = rows.slice(0, 200).flatMap((row) => (row[column]?.trim() ? [row[column]] : []));
  return filled.length > 0 && filled.every((text) => Number.isFinite(numberIn(text)));
}

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Empty cells stay at the end whichever way it is sorted. */
function by({ column, isDown }: Order, isNumeric: boolean) {
  return (one: string[], other: string[]): number => {
    const [a = "", b = ""] = [one[column], other[column]];
    if (a === "" || b === "") return Number(a === "") - Number(b === "");
    const compared = isNumeric ? numberIn(a) - numberIn(b) : words.compare(a, b);
    return isDown ? -compared : compared;
  };
}

/** A cell that a spreadsheet would take for a formula is quoted with an apostrophe. */
export function csvOf(head: string[], rows: string[][]): string {
  const field = (text: string) => {
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [head, ...rows].map((row) => row.map(field).join(",")).join("\r\n");
}
