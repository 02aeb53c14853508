import { ReaderApart } from "./apart.ts";
import type { TableRead } from "./parse-table.ts";

export type { Entry } from "./parse-table.ts";

const reader = new ReaderApart<TableRead>(new URL("./table-reader.ts", import.meta.url));

/** The table in `cli.ts`, read in a process of its own: code that no parser stands is a fault like any other. */
export async function readTable(source: string): Promise<TableRead> {
  const read = await reader.read(source);
  return "refused" in read ? { faults: [{ file: "cli.ts", line: 1, text: read.refused }] } : read.answer;
}
