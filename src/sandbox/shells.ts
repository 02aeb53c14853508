import { Worker } from "node:worker_threads";
import type { FromShell, Live, ToShell } from "./shell-worker.ts";

export type ShellRun = {
  command: string;
  folders: { home: string; tmp: string };
  names: string[];
  /** Answers a command of ours; what it throws ends the script and is thrown by `run`. */
  call: (called: Called) => Promise<Returned>;
  /** Ends the script; what it does not end itself within a second is ended with its thread. */
  signal: AbortSignal;
};
export type Called = {
  name: string;
  argv: string[];
  stdin: Uint8Array;
  cwd: string;
  live: Live;
  /** Aborted when the script, still running or not, waits no longer. */
  signal: AbortSignal;
};
export type Returned = { stdout: Uint8Array; stderr: string; exitCode: number };
export type ShellResult = { stdout: string; stderr: string; exitCode: number; outOfMemory?: boolean };

const graceMs = 1000;
const mostIdle = 4;
const idleMs = 60_000;

/** Threads that run shell scripts, one script each at a time; one is kept warm, for loading the shell takes a while. */
export class Shells {
  readonly #memoryMb: number;
  readonly #idle = new Map<Shell, NodeJS.Timeout>();
  readonly #busy = new Set<Shell>();
  #isClosed = false;

  constructor(memoryMb: number) {
    this.#memoryMb = memoryMb;
    this.#rest(new Shell(memoryMb));
  }

  async run(run: ShellRun): Promise<ShellResult> {
    const shell = this.#take();
    this.#busy.add(shell);
    try {
      return await shell.run(run);
    } finally {
      this.#busy.delete(shell);
      if (shell.isSpoiled || this.#isClosed || this.#idle.size >= mostIdle) await shell.end();
      else this.#rest(shell);
      if (!this.#isClosed && this.#idle.size === 0) this.#rest(new Shell(this.#memoryMb));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#idle.keys(), ...this.#busy].map((shell) => shell.end()));
    for (const timer of this.#idle.values()) clearTimeout(timer);
  }

  #take(): Shell {
    for (const [shell, timer] of this.#idle) {
      this.#idle.delete(shell);
      clearTimeout(timer);
      if (!shell.isSpoiled) return shell;
    }
    return new Shell(this.#memoryMb);
  }

  #rest(shell: Shell): void {
    const leave = () => {
      if (this.#idle.size > 1 && this.#idle.delete(shell)) void shell.end();
    };
    this.#idle.set(shell, setTimeout(leave, idleMs).unref());
  }
}

class Shell {
  readonly #worker: Worker;
  #error: Error | undefined;
  #onMessage: ((message: FromShell) => void) | undefined;
  #onExit: (() => void) | undefined;
  /** A thread that was cut may still be computing: it serves no other script. */
  isSpoiled = false;

  constructor(memoryMb: number) {
    const resourceLimits = { maxOldGenerationSizeMb: memoryMb };
    this.#worker = new Worker(new URL("./shell-worker.ts", import.meta.url), { env: {}, resourceLimits });
    this.#worker.on("message", (message: FromShell) => this.#onMessage?.(message));
    this.#worker.on("error", (error: Error) => (this.#error = error));
    this.#worker.on("exit", () => {
      this.isSpoiled = true;
      this.#onExit?.();
    });
    this.#worker.unref();
  }

  async run(run: ShellRun): Promise<ShellResult> {
    let grace: NodeJS.Timeout | undefined;
    const abort = () => {
      this.isSpoiled = true;
      this.#send({ type: "abort" });
      grace = setTimeout(() => void this.end(), graceMs);
    };
    this.#worker.ref();
    try {
      return await new Promise<ShellResult>((resolve, reject) => {
        const leaving = new Map<number, AbortController>();
        this.#onMessage = (message) => {
          if (message.type === "done") return resolve(message);
          if (message.type === "left") return leaving.get(message.id)?.abort();
          const { id } = message;
          const left = new AbortController();
          leaving.set(id, left);
          const returned = ({ stdout, stderr, exitCode }: Returned) =>
            this.#send({ type: "returned", id, stdout, stderr, exitCode });
          run
            .call({ ...message, signal: AbortSignal.any([run.signal, left.signal]) })
            .then(returned, (error: unknown) => {
              this.isSpoiled = true;
              reject(error);
            });
        };
        this.#onExit = () => resolve(this.#outcome());
        this.#send({ type: "run", command: run.command, folders: run.folders, names: run.names });
        if (run.signal.aborted) abort();
        else run.signal.addEventListener("abort", abort, { once: true });
      });
    } finally {
      clearTimeout(grace);
      run.signal.removeEventListener("abort", abort);
      this.#onMessage = undefined;
      this.#onExit = undefined;
      this.#worker.unref();
    }
  }

  async end(): Promise<void> {
    this.isSpoiled = true;
    await this.#worker.terminate();
  }

  #send(message: ToShell): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(message);
  }

  /** What to say when the thread ended before its script did. */
  #outcome(): ShellResult {
    const outOfMemory =
      this.#error !== undefined && "code" in this.#error && this.#error.code === "ERR_WORKER_OUT_OF_MEMORY";
    const stderr = this.#error && !outOfMemory ? `bash: ${this.#error.message}\n` : "";
    return { stdout: "", stderr, exitCode: 137, outOfMemory };
  }
}
