/**
 * A command of the shell inside an E2B sandbox, one for each integration: hands its words, its input and the files they name
 * to the program that runs the script (`run.ts`), and prints what comes back. Bundled into the template.
 */
import { fstatSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { basename, dirname, join, posix } from "node:path";
import { encode, reader } from "../wire.ts";
import type { FromTool, ToTool } from "./messages.ts";

const [self = "", ...argv] = process.argv.slice(2);
const socket = connect(join(dirname(dirname(self)), "socket"));
const send = (message: FromTool) => socket.write(encode(message));

socket.on("connect", () => send({ type: "call", name: basename(self), argv, cwd: process.cwd() }));
socket.on("error", (error) => {
  process.stderr.write(`${basename(self)} cannot be reached: ${error.message}\n`);
  process.exit(5);
});
socket.on("close", () => process.exit(5));
// A reader that went away (`| head`) ends the call.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => process.exit(141));

const push = reader(1_000_000_000);
socket.on("data", (piece: Buffer) => {
  for (const part of push(piece)) {
    if ("message" in part) void take(JSON.parse(part.message));
  }
});

async function take(message: ToTool): Promise<void> {
  switch (message.type) {
    case "want_stdin":
      if (!isPiped()) return void send({ type: "stdin_end" });
      process.stdin.on("data", (data: Buffer) => send({ type: "stdin", data: data.toString("base64") }));
      process.stdin.on("end", () => send({ type: "stdin_end" }));
      return;
    case "notice":
      if (!isOneStream()) process.stderr.write(message.text);
      return;
    case "out":
      process[message.stream].write(Buffer.from(message.data, "base64"));
      return;
    case "read":
      return answer(message.id, async () => await readFile(reachable(message)));
    case "write":
      return answer(message.id, async () => {
        const path = reachable(message);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, Buffer.from(message.data, "base64"), { flag: message.isNew ? "wx" : "w" });
        return Buffer.alloc(0);
      });
    case "exit":
      process.stdout.write("", () => process.stderr.write("", () => process.exit(message.exitCode)));
  }
}

async function answer(id: number, work: () => Promise<Buffer>): Promise<void> {
  try {
    send({ type: "answer", id, data: (await work()).toString("base64") });
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EEXIST";
    const reason = error instanceof Error ? error.message : String(error);
    send({ type: "answer", id, error: isTaken ? "EEXIST: it is there already; name another with --output" : reason });
  }
}

function reachable({ path, from }: { path: string; from: string }): string {
  const whole = posix.resolve(from, path);
  if (/^\/(home\/user|tmp)\//.test(whole)) return whole;
  throw new Error(`EACCES: ${path} is outside /home/user and /tmp`);
}

/** With `2>&1` a notice would stand in the output, where a parser reads it. */
function isOneStream(): boolean {
  try {
    const [out, err] = [fstatSync(1), fstatSync(2)];
    return out.ino === err.ino && out.dev === err.dev;
  } catch {
    return true;
  }
}

function isPiped(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isFile() || stdin.isSocket();
  } catch {
    return false;
  }
}
