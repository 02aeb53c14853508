import { Problem } from "../contract/problem.ts";
import type { Runtime } from "./runtime.ts";
import { type ProcessLimits, ToolProcess } from "./tool-process.ts";

/**
 * Tool processes started ahead, so that a call does not wait for one. Each serves one call and is thrown away; its place
 * is filled when the call has ended, not while it needs the processor.
 */
export class Pool {
  readonly #runtime: Runtime;
  readonly #limits: ProcessLimits;
  readonly #size: number;
  readonly #waiting: ToolProcess[] = [];
  readonly #working = new Set<ToolProcess>();
  #isClosed = false;

  constructor(runtime: Runtime, limits: ProcessLimits, size: number) {
    this.#runtime = runtime;
    this.#limits = limits;
    this.#size = size;
    this.#fill();
  }

  /**
   * Gives a process to one call.
   *
   * @throws Problem `sandbox_unavailable` with what Deno said, when it does not start on this machine.
   */
  async use<Result>(work: (tool: ToolProcess) => Promise<Result>): Promise<Result> {
    const tool = this.#take();
    this.#working.add(tool);
    try {
      if (!(await tool.ready))
        throw new Problem("sandbox_unavailable", { detail: `Deno did not start: ${tool.complaint}` });
      return await work(tool);
    } finally {
      this.#working.delete(tool);
      tool.kill();
      this.#fill();
    }
  }

  /** Resolves when the processes started ahead listen. */
  async filled(): Promise<void> {
    await Promise.all(this.#waiting.map((tool) => tool.ready));
  }

  close(): void {
    this.#isClosed = true;
    for (const tool of [...this.#waiting.splice(0), ...this.#working]) tool.kill();
  }

  #take(): ToolProcess {
    if (this.#isClosed) throw new Problem("sandbox_unavailable", { detail: "it was closed." });
    for (let tool = this.#waiting.shift(); tool; tool = this.#waiting.shift()) {
      if (!tool.isGone) return tool;
    }
    return new ToolProcess(this.#runtime, this.#limits);
  }

  #fill(): void {
    while (!this.#isClosed && this.#waiting.length < this.#size)
      this.#waiting.push(new ToolProcess(this.#runtime, this.#limits));
  }
}
