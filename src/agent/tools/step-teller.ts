import type { BuildStep } from "../../contract/chat.ts";
import type { Call } from "./tool.ts";

/** Steps are told in order; the builder does not wait for them. */
export function stepTeller(call: Call) {
  let telling: Promise<void> = Promise.resolve();
  return {
    tell(step: BuildStep) {
      telling = telling.then(() => call.emit({ type: "build_step", callId: call.callId, ...step }));
      telling.catch(() => undefined); // met where `told` is awaited
    },
    told: () => telling,
  };
}
