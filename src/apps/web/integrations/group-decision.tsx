import { useRef, useState } from "react";
import { type Access, type Decision, mostRestrictive, type Policy } from "../../../contract/access.ts";
import type { Operation } from "../../../contract/procedures/integration-detail.ts";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { Confirm } from "../rail.tsx";
import { useAct } from "../use-act.ts";
import { DecisionToggle, decisions } from "./decision-toggle.tsx";

/**
 * What happens to all reads, or all writes, of an integration: one policy for the kind. The strictest counts as everywhere, so
 * what another policy keeps back stays back, and is told.
 */
export function GroupDecision(o: {
  one: IntegrationSummary;
  access: Access;
  /** Those of this kind. */
  operations: readonly Operation[];
  /** All of the tenant's. */
  policies: readonly Policy[];
  onChanged: () => Promise<void>;
}) {
  const { one, access, operations, policies } = o;
  const { isBusy, fault, act } = useAct();
  const [isAsking, setAsking] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const own = policies.filter(
    (policy) =>
      policy.level === "integration" &&
      policy.subject === one.id &&
      policy.operation === "*" &&
      policy.access === access,
  );
  const [first, ...others] = own.map((policy) => policy.decision);
  const group = first && mostRestrictive([first, ...others], first);
  const [common] = operations.map((each) => each.decision);
  const isMixed = operations.some((each) => each.decision !== common);
  const shown = group ?? (isMixed ? undefined : common);
  const isHeld =
    group !== undefined && operations.some((each) => mostRestrictive([group, each.decision], group) !== group);
  const count = operations.length.toLocaleString("en");
  const name = operations.length === 1 ? `The one ${access}` : `All ${count} ${access}s`;

  /** The new policy stands before the old ones go: in between the stricter counts. */
  const decide = (decision: Decision | null) => {
    if (isBusy) return;
    void act(async () => {
      if (decision !== null) {
        await api.policies.add({ level: "integration", subject: one.id, operation: "*", access, decision });
      }
      for (const old of own.filter((policy) => policy.decision !== decision)) await api.policies.remove({ id: old.id });
      // "As usual" goes away by itself: the keyboard stays in the row.
      if (decision === null) frame.current?.querySelector<HTMLElement>(".decision")?.focus();
      await o.onChanged();
    });
  };

  return (
    <div ref={frame} className="group-decision" role="group" aria-label={name}>
      <span className={`chip ${access}`}>{access}</span>
      <span className="group-name">{name}</span>
      <DecisionToggle
        label={`What happens to ${name.toLowerCase()}`}
        decision={shown}
        isOwn={false}
        onDecide={(decision) => (decision === "allow" && access === "write" ? setAsking(true) : decide(decision))}
      />
      <span className="group-note soft small" role="status">
        {(isMixed || isHeld) && tellCounts(operations)}
        {isHeld && ": stricter rules stay"}
      </span>
      {group !== undefined && (
        <button type="button" className="link-button small" onClick={() => decide(null)}>
          As usual<span className="hidden"> for {name.toLowerCase()}</span>
        </button>
      )}
      <FaultNote fault={fault} />
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Let ${name.toLowerCase()} of ${one.name} run without asking?`}
        text="Adding, changing and deleting there then happen at once, with every account, in the chat and in scripts. Stricter rules stay; what its tool does not list, and what a newer version adds, still asks first. You can take it back here."
        keep="Keep it as it is"
        action={operations.length === 1 ? "Let it run" : "Let them run"}
        onConfirm={async () => decide("allow")}
      />
    </div>
  );
}

const verbs: Record<Decision, [one: string, more: string]> = {
  allow: ["runs", "run"],
  ask: ["asks", "ask"],
  deny: ["never runs", "never run"],
};

/** "19 run · 2 ask" */
function tellCounts(operations: readonly Operation[]): string {
  return decisions
    .map((decision) => [decision, operations.filter((each) => each.decision === decision).length] as const)
    .filter(([, count]) => count > 0)
    .map(([decision, count]) => `${count.toLocaleString("en")} ${verbs[decision][count === 1 ? 0 : 1]}`)
    .join(" · ");
}
