import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const path = (dataFolder: string) => join(dataFolder, "chat-history");

/** What was typed at the chat's prompt before, newest first. Answers to hidden questions are never in it. */
export function readHistory(dataFolder: string): string[] {
  try {
    return readFileSync(path(dataFolder), "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

export function saveHistory(dataFolder: string, lines: string[]): void {
  writeFileSync(path(dataFolder), lines.slice(0, 500).join("\n"), { mode: 0o600 });
}
