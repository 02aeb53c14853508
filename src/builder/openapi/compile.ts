import { Worker } from "node:worker_threads";
import { Problem } from "../../contract/problem.ts";
import type { Compiled, CompileOptions } from "./compiled.ts";
import { largestDocument } from "./read-document.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

export type { Compiled, CompileOptions } from "./compiled.ts";

const longestSeconds = 60;
const idleMs = 60_000;

/**
 * Makes a tool of an API description: OpenAPI 2.0 to 3.2, JSON or YAML.
 *
 * The work is done in a worker thread with bounds on size, memory and time, so that no document can hold up the caller.
 * @throws Problem `document_empty`, `document_is_page`, `document_unreadable`, `document_unknown`, `document_too_large`,
 *   `document_too_deep`, `document_too_slow`, `document_without_operations`.
 */
export async function compile(document: string | Uint8Array, options: CompileOptions = {}): Promise<Compiled> {
  if (document.length > largestDocument) throw new Problem("document_too_large", { limitMb: largestDocument / 1e6 });
  options.signal?.throwIfAborted();
  const worker = idle.pop() ?? start();
  clearTimeout(worker.ending);
  worker.thread.ref();
  const { fetchReference, onProgress, signal, ...plain } = options;
  let reusable = false;
  try {
    return await new Promise<Compiled>((resolve, reject) => {
      const { thread } = worker;
      const slow = setTimeout(
        () => reject(new Problem("document_too_slow", { seconds: longestSeconds })),
        longestSeconds * 1000,
      );
      const stop = () => reject(signal?.reason);
      signal?.addEventListener("abort", stop, { once: true });
      const tell = (message: ToWorker) => thread.postMessage(message, []);
      worker.hear = (message) => {
        switch (message.type) {
          case "progress":
            return onProgress?.(message.progress);
          case "fetch":
            void Promise.resolve(fetchReference?.(message.url))
              .catch(() => undefined)
              .then((text) => tell({ type: "reference", request: message.request, text }));
            return undefined;
          case "done":
            reusable = true;
            return resolve({ ...message.compiled, tool: JSON.parse(message.tool) as Compiled["tool"] }); // our own thread's
          case "problem":
            reusable = true;
            return reject(new Problem(message.code, message.facts as never)); // the facts were this code's own before they crossed
          case "broken":
            return reject(new Error(message.message));
        }
      };
      worker.fail = (error) =>
        reject(isOutOfMemory(error) ? new Problem("document_too_large", { limitMb: largestDocument / 1e6 }) : error);
      worker.settle = () => {
        clearTimeout(slow);
        signal?.removeEventListener("abort", stop);
      };
      tell({ type: "compile", document, options: plain, fetches: fetchReference !== undefined });
    });
  } finally {
    worker.settle();
    if (reusable && idle.length === 0) keep(worker);
    else void worker.thread.terminate();
  }
}

type Kept = {
  thread: Worker;
  hear: (message: FromWorker) => unknown;
  fail: (error: Error) => void;
  settle: () => void;
  ending?: NodeJS.Timeout;
};

/** One thread is kept for a while: the next document need not wait for it to start. */
const idle: Kept[] = [];

function start(): Kept {
  const thread = new Worker(new URL("./worker.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 900 },
    env: {},
  });
  const kept: Kept = { thread, hear: () => undefined, fail: () => undefined, settle: () => undefined };
  thread.on("message", (message: FromWorker) => kept.hear(message));
  thread.on("error", (error) => kept.fail(error instanceof Error ? error : new Error(String(error))));
  thread.on("exit", () => {
    const at = idle.indexOf(kept);
    if (at >= 0) idle.splice(at, 1);
    kept.fail(new Error("the compiler's thread ended"));
  });
  return kept;
}

function keep(worker: Kept): void {
  worker.hear = () => undefined;
  worker.fail = () => undefined;
  worker.thread.unref();
  worker.ending = setTimeout(() => void worker.thread.terminate(), idleMs).unref();
  idle.push(worker);
}

function isOutOfMemory(error: Error): boolean {
  return "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}
