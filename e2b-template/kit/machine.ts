import type { Host } from "./host.ts";

/** This machine as a host: arguments, environment, files and network of the process (Node, Deno and Bun alike). */
export async function machine(): Promise<Host> {
  const { default: process } = await import("node:process");
  const files = await import("node:fs/promises");
  return {
    argv: process.argv.slice(2),
    env: process.env,
    async stdin() {
      if (process.stdin.isTTY) return new Uint8Array();
      const pieces: Uint8Array[] = [];
      for await (const piece of process.stdin)
        pieces.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
      return joined(pieces);
    },
    write: (stream, data) =>
      new Promise((resolve, reject) => {
        // A reader that went away (`| head`) is no failure of ours.
        process[stream].write(data, (error) => (error && codeOf(error) !== "EPIPE" ? reject(error) : resolve()));
      }),
    readFile: (path) => files.readFile(path),
    writeFile: (path, data) => files.writeFile(path, data),
    fetch: (input, init) => fetch(input, init),
  };
}

/** Ends the process with this code as soon as its output is out. */
export async function exitWith(code: number): Promise<void> {
  const { default: process } = await import("node:process");
  process.exitCode = code;
}

function joined(pieces: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}
