import { duration } from "../parts/when.tsx";
import type { Step } from "./transcript.ts";

/** Progress told as a short story, each line with its time. */
export function Steps({ steps }: { steps: Step[] }) {
  return (
    <ol className="steps">
      {steps.map((step, index) => (
        <li key={index} data-state={step.state}>
          <span>
            {step.step}
            {step.detail && <span className="soft"> · {step.detail.split("\n")[0]}</span>}
          </span>
          <span className="soft number">
            {step.state === "running" ? "…" : step.ms === undefined ? "" : duration(step.ms)}
          </span>
        </li>
      ))}
    </ol>
  );
}
