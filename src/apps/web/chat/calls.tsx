import { useState } from "react";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { plain } from "../parts/plain.ts";
import { duration } from "../parts/when.tsx";
import { CallResult } from "./call-result.tsx";
import { tellCalls } from "./group-blocks.ts";
import { Requests } from "./requests.tsx";
import type { ToolBlock } from "./transcript.ts";

const states = { running: "running", ok: "done", failed: "failed", stopped: "stopped" } as const;

/** Calls that follow one another: one quiet line of what was done, on which account, how long; everything else a click away. */
export function Calls({ calls, conversationId }: { calls: readonly ToolBlock[]; conversationId: string }) {
  const [isOpen, setOpen] = useState(false);
  const last = calls.at(-1);
  if (!last) return null;
  const { operations, accounts, ms } = tellCalls(calls);
  const isFailed = calls.some((call) => call.state === "failed");
  const state = last.state === "running" ? "running" : isFailed ? "failed" : last.state;
  return (
    <details className="calls" data-state={state} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="mark" aria-hidden="true" />
        <span className="calls-what">
          <span className="hidden">{states[state]}: </span>
          {state === "running" ? (
            <code className="truncate">{plain(last.title)}</code>
          ) : operations.length > 0 ? (
            operations.slice(0, 3).map(({ name, access, times }) => (
              <span key={name} className={`chip ${access}`}>
                {name}
                {times > 1 && ` ×${times}`}
              </span>
            ))
          ) : (
            <Looked calls={calls} />
          )}
          {operations.length > 3 && <span className="wide-only">and {operations.length - 3} more</span>}
          {operations.length > 1 && <span className="narrow-only">and {operations.length - 1} more</span>}
          {accounts.length > 0 && <span className="calls-who truncate">{accounts.join(" · ")}</span>}
        </span>
        <span className="number">{tookTime(state, ms)}</span>
        <Icon name="chevron" />
      </summary>
      {isOpen && (
        <ol className="calls-list">
          {calls.map((call) => (
            <li key={call.key} data-state={call.state}>
              <Call call={call} conversationId={conversationId} />
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}

/** How long it took; where it never came to an end, that. */
const tookTime = (state: ToolBlock["state"], ms: number | undefined) =>
  state === "running" ? "…" : ms !== undefined ? duration(ms) : state === "stopped" ? "stopped" : "not ended";

/** Calls that asked no service: reading up on a tool is told in words, anything else as it was typed. */
function Looked({ calls }: { calls: readonly ToolBlock[] }) {
  const services = calls.map(
    (call) => /^([a-z0-9-]+) (?:search|--describe|--help|\S+ --help)\b/.exec(commandOf(call))?.[1],
  );
  if (services.some((one) => one === undefined))
    return <code className="truncate">{plain(calls.at(-1)?.title ?? "")}</code>;
  return <span>looked up what {[...new Set(services)].join(" and ")} can do</span>;
}

/** One call: what was typed, what came of it, and the requests behind it. */
function Call({ call, conversationId }: { call: ToolBlock; conversationId: string }) {
  const command = commandOf(call);
  return (
    <>
      <div className="call-head">
        <code>{command}</code>
        <span className="number soft">{tookTime(call.state, call.ms)}</span>
        <CopyButton text={command} what="the command" />
      </div>
      <CallResult call={call} conversationId={conversationId} />
      {call.requests.length > 0 && <Requests call={call} conversationId={conversationId} />}
    </>
  );
}

function commandOf({ input, title }: ToolBlock): string {
  if (typeof input === "object" && input !== null && "command" in input && typeof input.command === "string") {
    return plain(input.command.slice(0, 4000));
  }
  return plain(title);
}
