import { useState, type FormEvent } from "react";
import type { Access, Decision, Policy } from "../../../contract/access.ts";
import type { IntegrationSummary } from "../../../contract/procedures/shapes.ts";
import { api } from "../api.ts";
import { FaultNote } from "../parts/fault-note.tsx";
import { When } from "../parts/when.tsx";
import { useAct } from "../use-act.ts";
import { useData } from "../use-data.ts";

const verbs: Record<Decision, string> = { allow: "runs without asking", ask: "asks first", deny: "never runs" };

/** All rules about what may run, as sentences, and a form for one more. */
export function PoliciesSection() {
  const policies = useData(() => api.policies.list(), "policies");
  const integrations = useData(() => api.integrations.list(), "integrations");
  const { isBusy, fault, act } = useAct();
  const all = integrations.data ?? [];

  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const typed = new FormData(form);
    const text = (name: string) => String(typed.get(name) ?? "").trim();
    const [level, subject] = text("where").split(" ");
    void act(async () => {
      await api.policies.add({
        level: level === "integration" || level === "connection" ? level : "tenant",
        ...(subject ? { subject } : {}),
        operation: text("operation") || "*",
        ...(text("access") ? { access: text("access") as Access } : {}),
        decision: text("decision") as Decision,
      });
      form.reset();
      await policies.reload();
    });
  };
  const remove = (id: string) =>
    void act(async () => {
      await api.policies.remove({ id });
      await policies.reload();
    });

  return (
    <section aria-labelledby="policies">
      <h2 id="policies">Policies</h2>
      <p className="prose">
        Without any, reads run and writes ask. Of several that fit, the strictest counts. A rule for one operation is
        made where it stands, on its integration’s page.
      </p>
      <FaultNote fault={fault ?? policies.fault} onRetry={() => void policies.reload()} />
      {!policies.data && !policies.fault && <div className="skeleton" aria-busy="true" />}
      {policies.data?.length === 0 && <p className="soft">There is none yet.</p>}
      {policies.data && policies.data.length > 0 && (
        <ul className="plain-list policies">
          {policies.data.map((policy) => (
            <li key={policy.id}>
              <span>
                <Sentence policy={policy} all={all} />
              </span>
              <span className="soft small">
                <When at={policy.createdAt} />
              </span>
              <button type="button" className="button ghost small" disabled={isBusy} onClick={() => remove(policy.id)}>
                Remove<span className="hidden"> the policy for {policy.operation}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <h3>One more</h3>
      <form className="fields policy-form" onSubmit={add}>
        <PlaceField all={all} />
        <label className="field">
          <span className="label">Operation</span>
          <input name="operation" placeholder="cards * (all when empty)" autoCapitalize="none" spellCheck={false} />
        </label>
        <label className="field">
          <span className="label">Kind</span>
          <select name="access">
            <option value="">Reads and writes</option>
            <option value="read">Reads</option>
            <option value="write">Writes</option>
          </select>
        </label>
        <label className="field">
          <span className="label">What happens</span>
          <select name="decision" defaultValue="ask">
            <option value="ask">Asks first</option>
            <option value="deny">Never runs</option>
            <option value="allow">Runs without asking</option>
          </select>
        </label>
        <button type="submit" className="button" disabled={isBusy}>
          Add the policy
        </button>
      </form>
    </section>
  );
}

function PlaceField({ all }: { all: IntegrationSummary[] }) {
  const [where, setWhere] = useState("tenant");
  return (
    <label className="field">
      <span className="label">Where</span>
      <select name="where" value={where} onChange={(event) => setWhere(event.target.value)}>
        <option value="tenant">Everywhere</option>
        {all.map((one) => (
          <optgroup key={one.id} label={one.name}>
            <option value={`integration ${one.id}`}>{one.name}, all accounts</option>
            {one.connections.map((connection) => (
              <option key={connection.id} value={`connection ${connection.id}`}>
                {one.name} as {connection.label}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

function Sentence({ policy, all }: { policy: Policy; all: IntegrationSummary[] }) {
  const what = { read: "Reads", write: "Writes" };
  return (
    <>
      <span className="policy-word" data-decision={policy.decision}>
        {policy.access ? what[policy.access] : "Anything"}
        {policy.operation !== "*" && (
          <>
            {" "}
            called <code>{policy.operation}</code>
          </>
        )}{" "}
        <strong>{verbs[policy.decision]}</strong>
      </span>
      <span className="soft"> {placeOf(policy, all)}</span>
    </>
  );
}

function placeOf({ level, subject }: Policy, all: IntegrationSummary[]): string {
  if (level === "tenant") return "everywhere";
  if (level === "integration")
    return `at ${all.find((one) => one.id === subject)?.name ?? "an integration that is gone"}`;
  if (level === "workflow") return "in one workflow";
  for (const one of all) {
    const account = one.connections.find((connection) => connection.id === subject);
    if (account) return `at ${one.name} as ${account.label}`;
  }
  return "for an account that is gone";
}
