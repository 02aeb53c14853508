import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { createHash } from "node:crypto";

export type Read<Answer> = { answer: Answer } | { refused: string };

const startMs = 60_000;
const longestMs = 15_000;
const kept = 50;

/**
 * Has others' text read in a process of its own, for a parser may not survive it: code nested twenty thousand deep overflows the
 * stack of whoever parses it, and no exception is thrown then. The process is kept for the next text, one text at a time; what it
 * found in the last few is kept too.
 */
export class ReaderApart<Answer extends object> {
  readonly #file: URL;
  readonly #longestMs: number;
  readonly #known = new Map<string, Promise<Read<Answer>>>();
  #queue: Promise<unknown> = Promise.resolve();
  #child: Promise<ChildProcess> | undefined;

  /** @param file What the process runs: it calls `answerApart`. */
  constructor(file: URL, options: { longestMs?: number } = {}) {
    this.#file = file;
    this.#longestMs = options.longestMs ?? longestMs;
  }

  /** Starts the process ahead, so that the first text need not wait for it. */
  warm(): void {
    this.#started().catch(() => {}); // the first to read is told
  }

  read(text: string): Promise<Read<Answer>> {
    const key = createHash("sha256").update(text).digest("hex");
    const known = this.#known.get(key);
    if (known) return known;
    const result = this.#queue.then(() => this.#read(text));
    this.#queue = result.catch(() => {});
    this.#known.set(key, result);
    // What may be otherwise the next time, on a machine with more to spare, is not kept.
    const forget = () => this.#known.delete(key);
    result.then((read) => "refused" in read && read.refused === tooLong && forget(), forget);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= kept) break;
      this.#known.delete(oldest);
    }
    return result;
  }

  async #read(text: string): Promise<Read<Answer>> {
    // A process that ends may have been ended by others; one that ends twice was ended by the text.
    return (await this.#ask(text)) ?? (await this.#ask(text)) ?? { refused: tooDeep };
  }

  /** Undefined: the process ended over it. */
  async #ask(text: string): Promise<Read<Answer> | undefined> {
    const child = await this.#started();
    hold(child);
    return await new Promise((resolve) => {
      const settle = (read?: Read<Answer>) => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit);
        letGo(child);
        resolve(read);
      };
      const onMessage = (answer: unknown) => settle({ answer: answer as Answer });
      const onExit = () => settle();
      const timer = setTimeout(() => {
        this.#child = undefined;
        child.kill("SIGKILL");
        settle({ refused: tooLong });
      }, this.#longestMs);
      child.on("message", onMessage).on("exit", onExit);
      child.send(text, () => {}); // what could not be sent is told by its end
    });
  }

  #started(): Promise<ChildProcess> {
    if (this.#child) return this.#child;
    const starting = start(this.#file);
    this.#child = starting;
    const forget = () => {
      if (this.#child === starting) this.#child = undefined;
    };
    starting.then((child) => child.once("exit", forget), forget);
    return starting;
  }
}

/** The other side: answers each text with what `read` makes of it. What `read` throws ends this process, and is a refusal. */
export function answerApart(read: (text: string) => object): void {
  process.on("message", (text) => process.send?.(read(String(text))));
  process.send?.("ready");
}

const tooDeep = "this code is nested too deeply to be read";
const tooLong = "this code takes too long to be read";

function start(file: URL): Promise<ChildProcess> {
  // Of this program's own flags only hooks are handed on: below node_modules one of them takes the types away.
  const flags = process.execArgv;
  const execArgv = flags.filter((flag, index) => flag.startsWith("--import") || flags[index - 1] === "--import");
  const stdio: StdioOptions = ["ignore", "ignore", "ignore", "ipc"];
  const child = fork(file, { env: {}, execArgv, serialization: "advanced", stdio });
  return new Promise((resolve, reject) => {
    const fail = (error?: Error) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error("the process that reads code did not start", { cause: error }));
    };
    const timer = setTimeout(fail, startMs);
    const onExit = () => fail();
    child.on("error", fail).once("exit", onExit);
    child.once("message", () => {
      clearTimeout(timer);
      child.off("error", fail).off("exit", onExit);
      child.on("error", () => {}); // could not be killed or sent to: told by its end, or by the time it takes
      letGo(child);
      resolve(child);
    });
  });
}

/** An idle one does not keep this program from ending; it ends with it. */
function letGo(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

function hold(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}
