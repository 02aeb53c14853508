/**
 * Main script of every tool process, run by Deno. It is ours, not the tool's: the tool arrives on stdin as text and is
 * imported from a `data:` URL, because Deno lets a *main* module import local files past its permissions, and this one
 * may not. The process was started with no permission but the gateway's address; what the tool may know (base URL,
 * run grant) comes in the same message and is presented as `process.env`, so that no environment permission is needed.
 */
import { embed, runTool } from "@patchbay/kit";
import { present } from "./process.ts";
import { encode, type FromBoot, reader, type ToBoot } from "./wire.ts";

// Taken before any tool runs: a tool that replaces a global harms only itself, but should not fail in odd ways either.
const { stdout, stderr, stdin } = Deno;
const exit: (code: number) => never = Deno.exit;
const writeOut = stdout.writeSync.bind(stdout);
const writeErr = stderr.writeSync.bind(stderr);
const realFetch = fetch;

function writeAll(write: (data: Uint8Array) => number, data: Uint8Array): void {
  for (let rest = data; rest.length > 0;) rest = rest.subarray(write(rest));
}
const send = (message: FromBoot) => writeAll(writeOut, encode(message));

type Asked = { resolve: (data: Uint8Array) => void; reject: (error: Error) => void };
const asked = new Map<number, Asked>();

function ask(question: (id: number) => FromBoot): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const id = asked.size + 1;
    asked.set(id, { resolve, reject });
    send(question(id));
  });
}

async function run(call: Extract<ToBoot, { type: "call" }>): Promise<number> {
  present(call.env, call.argv);
  const host = {
    argv: call.argv,
    env: call.env,
    stdin: async () => Uint8Array.fromBase64(call.stdin),
    write(stream: "stdout" | "stderr", data: string | Uint8Array) {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      if (stream === "stderr") return writeAll(writeErr, bytes);
      // In pieces, so that a long answer begins to arrive before it is all here.
      for (let at = 0; at < bytes.length; at += 65_536) {
        send({ type: "out", data: bytes.subarray(at, at + 65_536).toBase64() });
      }
    },
    readFile: (path: string) => ask((id) => ({ type: "read", id, path })),
    writeFile: async (path: string, data: string | Uint8Array) => {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      await ask((id) => ({ type: "write", id, path, data: bytes.toBase64() }));
    },
    fetch: realFetch,
  };
  if ("definition" in call.run) return await runTool(call.run.definition, host);
  const embedded = embed(host);
  await import(`data:text/javascript;base64,${new TextEncoder().encode(call.run.code).toBase64()}`);
  return await embedded.finished();
}

function fail(error: unknown): never {
  const told = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  const readable = told.replaceAll(/data:text\/javascript;base64,[\w+/=.]+/g, "tool.ts");
  writeAll(writeErr, new TextEncoder().encode(`${readable}\n`));
  exit(1);
}

addEventListener("unhandledrejection", (event) => fail(event.reason));
addEventListener("error", (event) => fail(event.error));

// Nothing a tool keeps may outlive its call. The server also starts us with no place to store things (DENO_DIR).
for (const name of ["localStorage", "sessionStorage", "caches", "BroadcastChannel", "Worker"]) {
  Reflect.deleteProperty(globalThis, name);
}

send({ type: "ready" });
const push = reader(1_000_000_000);
for await (const piece of stdin.readable) {
  for (const part of push(piece)) {
    if (!("message" in part)) continue;
    const message: ToBoot = JSON.parse(part.message);
    if (message.type === "call") {
      run(message).then(exit, fail);
    } else {
      const waiting = asked.get(message.id);
      if (message.error === undefined) waiting?.resolve(Uint8Array.fromBase64(message.data ?? ""));
      else waiting?.reject(new Error(message.error));
    }
  }
}
exit(1); // The server is gone.
