import { Icon } from "../parts/icon.tsx";
import { duration } from "../parts/when.tsx";
import type { Step, ToolBlock } from "./transcript.ts";

/** A tool in the making, told as a short story; how it failed stands at its end. */
export function Story({ call }: { call: ToolBlock }) {
  return (
    <section className="story" aria-label={call.title}>
      <Steps steps={call.steps} />
      {call.state === "failed" && call.result && (
        <p className="notice problem" role="alert">
          {call.result.slice(0, 2000)}
        </p>
      )}
    </section>
  );
}

/** Steps, each with its time. */
export function Steps({ steps }: { steps: Step[] }) {
  return (
    <ol className="steps">
      {steps.map((step, index) => (
        <li key={index} data-state={step.state}>
          <span className="step-mark" aria-hidden="true">
            {step.state !== "running" && <Icon name={step.state === "done" ? "check" : "close"} />}
          </span>
          <span className="grow">
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
