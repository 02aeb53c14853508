import type { ToolDescription } from "@patchbay/kit";

/**
 * What our boot script and the server say to each other over the tool process's stdin and stdout: JSON text sequences
 * (RFC 7464), that is, a record separator, one JSON value, a line feed. Any other byte on stdout is plain output, so
 * `console.log` in a tool needs no help. A tool shares its process with the boot script and can forge every message;
 * nothing here grants anything that the server does not check against the command line it was given.
 */
export type ToBoot =
  | {
      type: "call";
      argv: string[];
      env: Record<string, string>;
      /** Base64. */
      stdin: string;
      /** JavaScript of a generated file (types already taken away), or the part of its table that this call needs. */
      run: { code: string } | { definition: ToolDescription };
    }
  | { type: "answer"; id: number; data?: string; error?: string };

export type FromBoot =
  | { type: "ready" }
  | { type: "out"; data: string }
  | { type: "read"; id: number; path: string }
  | { type: "write"; id: number; path: string; data: string };

const recordSeparator = 0x1e;
const lineFeed = 0x0a;

export function encode<Message extends { type: string }>(message: Message): Uint8Array {
  return new TextEncoder().encode(`\u001e${JSON.stringify(message)}\n`);
}

/** Takes a stream in pieces of any size; gives messages as text and what stands between them as bytes. */
export function reader(limit: number): (piece: Uint8Array) => ({ message: string } | { plain: Uint8Array })[] {
  let message: Uint8Array[] | undefined;
  let size = 0;
  return (piece) => {
    const found: ({ message: string } | { plain: Uint8Array })[] = [];
    let rest = piece;
    while (rest.length > 0) {
      const end = rest.indexOf(message ? lineFeed : recordSeparator);
      const part = end === -1 ? rest : rest.subarray(0, end);
      rest = end === -1 ? rest.subarray(rest.length) : rest.subarray(end + 1);
      if (message) {
        size += part.length;
        if (size > limit) throw new RangeError(`a message of more than ${limit} bytes`);
        message.push(part);
      } else if (part.length > 0) {
        found.push({ plain: part });
      }
      if (end === -1) continue;
      if (message) found.push({ message: text(message) });
      message = message ? undefined : [];
      size = 0;
    }
    return found;
  };
}

function text(pieces: Uint8Array[]): string {
  const decoder = new TextDecoder();
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
}
