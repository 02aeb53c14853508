import { parentPort } from "node:worker_threads";
import { isProblem } from "../../contract/problem.ts";
import { compileDocument } from "./compile-document.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

// A thread of its own: whatever a document costs, the server goes on answering.
const port = parentPort;
if (!port) throw new Error("worker.ts runs as a worker thread only");
const waiting = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>();
let asked = 0;
const tell = (message: FromWorker) => port.postMessage(message, []);

port.on("message", (message: ToWorker) => {
  if (message.type === "reference") {
    const one = waiting.get(message.request);
    waiting.delete(message.request);
    if (message.text === undefined) one?.reject(new Error("not to be had"));
    else one?.resolve(message.text);
    return;
  }
  const fetchReference = (url: string) =>
    new Promise<string>((resolve, reject) => {
      waiting.set((asked += 1), { resolve, reject });
      tell({ type: "fetch", request: asked, url });
    });
  compileDocument(message.document, {
    ...message.options,
    ...(message.fetches ? { fetchReference } : {}),
    onProgress: (progress) => tell({ type: "progress", progress }),
  }).then(
    ({ tool, ...compiled }) => tell({ type: "done", compiled, tool: JSON.stringify(tool) }),
    (error: unknown) => {
      if (isProblem(error)) tell({ type: "problem", code: error.code, facts: error.facts });
      else if (error instanceof RangeError && /call stack/i.test(error.message))
        tell({ type: "problem", code: "document_too_deep", facts: {} });
      else tell({ type: "broken", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    },
  );
});
