import { showHidden } from "../../../contract/marked-data.ts";

/** Words of a stranger's document: what does not show is made to show, and none is endless. */
export function plain(text: string): string {
  const shown = showHidden(text.slice(0, longest + 1));
  return shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
}

const longest = 600;
