import type { BuildStep } from "../contract/chat.ts";

/** Tells a step twice: when it starts and, with its time, when it is over. */
export function stopwatch(onStep: (step: BuildStep) => void, running: string) {
  const started = performance.now();
  onStep({ step: running, state: "running" });
  return (step: string, detail: string, state: "done" | "failed" = "done") =>
    onStep({ step, detail, ms: Math.round(performance.now() - started), state });
}
