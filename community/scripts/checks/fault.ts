/** Something a contribution may not have, at the line a reviewer finds it. */
export type Fault = { file: string; line: number; text: string };

export type Files = { "cli.ts": string; "config.json": string; "instructions.md": string };

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** The line where `needle` first stands; 1 when it stands nowhere as written. */
export function lineOf(text: string, needle: string): number {
  const at = text.indexOf(needle);
  return at < 0 ? 1 : lineAt(text, at);
}
