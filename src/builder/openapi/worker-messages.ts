import type { ProblemCode } from "../../contract/problem.ts";
import type { Compiled, CompileOptions, Progress } from "./compiled.ts";

export type WorkerOptions = Omit<CompileOptions, "fetchReference" | "onProgress" | "signal">;

export type ToWorker =
  | { type: "compile"; document: string | Uint8Array; options: WorkerOptions; fetches: boolean }
  | { type: "reference"; request: number; text: string | undefined };

export type FromWorker =
  | { type: "progress"; progress: Progress }
  | { type: "fetch"; request: number; url: string }
  /** The table goes as text: parsing it costs the receiving thread a third of what copying it would. */
  | { type: "done"; compiled: Omit<Compiled, "tool">; tool: string }
  | { type: "problem"; code: ProblemCode; facts: object }
  | { type: "broken"; message: string };
