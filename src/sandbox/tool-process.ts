import { constants } from "node:os";
import { z } from "zod";
import { clock, type Now } from "./clock.ts";
import { watchMemory } from "./memory.ts";
import type { Runtime, ToolChild } from "./runtime.ts";
import type { Cut } from "./sandbox.ts";
import { encode, type FromBoot, reader, type ToBoot } from "./wire.ts";

/** One call of a tool, as its process gets it. */
export type Call = {
  argv: string[];
  env: Record<string, string>;
  stdin: Uint8Array;
  run: Extract<ToBoot, { type: "call" }>["run"];
  /** What the tool may read and write; each may refuse by throwing. */
  files: { read(path: string): Promise<Uint8Array>; write(path: string, data: Uint8Array): Promise<void> };
  onOutput?: (stream: "stdout" | "stderr", piece: Uint8Array) => void;
  waiting?: () => boolean;
  signal?: AbortSignal;
};

export type CallResult = { stdout: Uint8Array; stderr: string; exitCode: number; cut?: Cut };

export type ProcessLimits = {
  heapMb: number;
  /** Resident memory of the whole process: typed arrays lie outside of V8's heap. */
  memoryMb: number;
  cpuSeconds: number;
  timeMs: number;
  outputBytes: number;
  network: string | undefined;
  /** What `timeMs` is counted by; the machine's clock when left out. */
  now?: Now | undefined;
};

const longestMessage = 100_000_000;
const mostFileRequests = 1000;

const Message = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("out"), data: z.string() }),
  z.object({ type: z.literal("read"), id: z.number(), path: z.string() }),
  z.object({ type: z.literal("write"), id: z.number(), path: z.string(), data: z.string() }),
]);

/**
 * A Deno process that is started ahead and serves one call. It is always ended with SIGKILL to its whole group: a tool
 * can ignore anything milder.
 */
export class ToolProcess {
  readonly #child: ToolChild;
  readonly #limits: ProcessLimits;
  readonly #exited: Promise<{ exitCode: number; wasKilled: boolean }>;
  #isGone = false;
  #stderr = "";
  #onStderr: ((piece: Uint8Array) => void) | undefined;
  #onStdout: ((piece: Uint8Array) => void) | undefined;
  /** Resolves when the boot script listens; false when the process ended before. */
  readonly ready: Promise<boolean>;

  constructor(runtime: Runtime, limits: ProcessLimits) {
    this.#limits = limits;
    this.#child = runtime.start(limits);
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#stderr += `${error.message}\n`;
        this.#isGone = true;
        resolve({ exitCode: 127, wasKilled: false });
      });
      this.#child.once("close", (code, signal) => {
        this.#isGone = true;
        const exitCode = code ?? 128 + constants.signals[signal ?? "SIGKILL"];
        resolve({ exitCode, wasKilled: signal === "SIGKILL" || signal === "SIGXCPU" });
      });
    });
    this.ready = Promise.race([
      new Promise<boolean>((resolve) => {
        this.#child.stdout.on("data", (piece: Uint8Array) => {
          resolve(true);
          this.#onStdout?.(piece);
        });
      }),
      this.#exited.then(() => false),
    ]);
    this.#child.stderr.on(
      "data",
      (piece: Uint8Array) => this.#onStderr?.(piece) ?? (this.#stderr += Buffer.from(piece).toString()),
    );
    this.#child.stdin.on("error", () => {}); // the process ended while we wrote; its exit tells
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** What the process said before it had a call: why it could not start. */
  get complaint(): string {
    return this.#stderr.trim();
  }

  async call(call: Call): Promise<CallResult> {
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [Buffer.from(this.#stderr)];
    let size = 0;
    let cut: Cut | undefined;
    const end = (why: Cut) => {
      cut ??= why;
      this.kill();
    };
    const keep = (stream: "stdout" | "stderr", piece: Uint8Array) => {
      size += piece.length;
      if (size > this.#limits.outputBytes) return end("output");
      (stream === "stdout" ? stdout : stderr).push(piece);
      call.onOutput?.(stream, piece);
    };
    const push = reader(longestMessage);
    let requests = 0;
    const hear = (text: string) => {
      const message = readMessage(text);
      if (!message) return keep("stdout", Buffer.from(text)); // a tool's own bytes that only began like one of ours
      if (message.type === "out") return keep("stdout", Buffer.from(message.data, "base64"));
      if (message.type === "ready") return;
      requests += 1;
      if (requests > mostFileRequests) return end("output");
      void this.#answer(message, call.files);
    };
    this.#onStderr = (piece) => {
      const dump = /\n*<--- Last few GCs|#\n# Fatal |fatal runtime error/.exec(Buffer.from(piece).toString("latin1"));
      if (cut !== "memory") keep("stderr", dump ? piece.subarray(0, dump.index) : piece);
      if (dump) end("memory"); // V8 has come to its own limit, and would tell us pages about itself
    };
    this.#onStdout = (piece) => {
      if (cut) return;
      try {
        for (const part of push(piece)) {
          if ("plain" in part) keep("stdout", part.plain);
          else hear(part.message);
        }
      } catch {
        end("output"); // only a forged message is that long
      }
    };
    const cancel = () => end("cancelled");
    call.signal?.addEventListener("abort", cancel, { once: true });
    if (call.signal?.aborted) cancel();
    const unwatch = watchMemory(this.#child.pid, this.#limits.memoryMb, () => end("memory"));
    const stopClock = clock(this.#limits.timeMs, call.waiting, () => end("time"), this.#limits.now);
    this.#send({
      type: "call",
      argv: call.argv,
      env: call.env,
      stdin: Buffer.from(call.stdin.buffer, call.stdin.byteOffset, call.stdin.byteLength).toString("base64"),
      run: call.run,
    });
    try {
      const { exitCode, wasKilled } = await this.#exited;
      if (wasKilled) cut ??= "time"; // not by us: the kernel's limit on processor time
      const told = { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
      return cut ? { ...told, exitCode: 137, cut } : { ...told, exitCode };
    } finally {
      stopClock();
      unwatch();
      call.signal?.removeEventListener("abort", cancel);
      this.kill();
    }
  }

  kill(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return; // the number may be another's by now
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch {
      // it has ended
    }
  }

  #send(message: ToBoot): void {
    if (!this.#isGone) this.#child.stdin.write(encode(message));
  }

  async #answer(message: Extract<FromBoot, { id: number }>, files: Call["files"]): Promise<void> {
    const { id, path } = message;
    try {
      if (message.type === "write") await files.write(path, Buffer.from(message.data, "base64"));
      const data = message.type === "read" ? Buffer.from(await files.read(path)).toString("base64") : "";
      this.#send({ type: "answer", id, data });
    } catch (error) {
      this.#send({ type: "answer", id, error: error instanceof Error ? error.message : String(error) });
    }
  }
}

function readMessage(text: string): FromBoot | undefined {
  try {
    return Message.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
