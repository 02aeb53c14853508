import { styleText } from "node:util";
import { jacks } from "../../contract/connection.ts";
import { showHidden } from "../../contract/marked-data.ts";

/** Text styles of the terminal. NO_COLOR, FORCE_COLOR and output that is no terminal are respected by `styleText` itself. */
export const style = {
  bold: (text: string) => styleText("bold", text, { stream: process.stdout }),
  soft: (text: string) => styleText("dim", text, { stream: process.stdout }),
  lamp: (text: string) => styleText("yellow", text, { stream: process.stdout }),
  good: (text: string) => styleText("green", text, { stream: process.stdout }),
  alarm: (text: string) => styleText("red", text, { stream: process.stdout }),
  /** Reads are outlined, writes filled: here by brackets and by reverse video. */
  access: (access: "read" | "write") =>
    access === "write" ? styleText("inverse", " write ", { stream: process.stdout }) : "[read]",
};

/** The same four marks as on the page. */
export const jack = {
  known: () => jacks.known,
  connected: () => jacks.connected,
  answering: () => style.good(jacks.answering),
  asking: () => style.lamp(jacks.asking),
};

/**
 * Text of others, made safe to print: escape sequences could move the cursor, rename the window or paste into the shell, and
 * direction marks could make a line read as another.
 */
export function printable(text: string): string {
  const plain = text
    .replace(escapes, "")
    .replace(/[\u202A-\u202E\u2066-\u2069]/g, "\uFFFD")
    .replace(/\r\n?/g, "\n")
    .replace(controls, "\uFFFD");
  return showHidden(plain);
}

// oxlint-disable-next-line no-control-regex
const escapes = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g;
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
