import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import type { Decision } from "../../../contract/access.ts";

export const decisionWords: Record<Decision, string> = { allow: "Runs", ask: "Asks", deny: "Never" };
export const decisions: Decision[] = ["allow", "ask", "deny"];

/** What happens when it is called. Arrow keys move, Enter or Space decides: nothing is changed in passing. */
export function DecisionToggle(o: {
  label: string;
  /** None is pressed where it is not the same for all. */
  decision: Decision | undefined;
  /** A policy for exactly this says so. */
  isOwn: boolean;
  onDecide: (decision: Decision) => void;
}) {
  return (
    <ToggleGroup
      className="decisions"
      aria-label={o.label}
      value={o.decision === undefined ? [] : [o.decision]}
      data-own={o.isOwn || undefined}
      onValueChange={(value: Decision[]) => {
        const [next] = value;
        if (next !== undefined) o.onDecide(next);
      }}
    >
      {decisions.map((decision) => (
        <Toggle key={decision} value={decision} className="decision" data-decision={decision}>
          {decisionWords[decision]}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
