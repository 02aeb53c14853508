import { memo } from "react";
import { Markdown } from "../parts/markdown.tsx";
import { duration } from "../parts/when.tsx";
import { ApprovalCard } from "./approval-card.tsx";
import { SignInBlock } from "./sign-in-block.tsx";
import { Steps } from "./steps.tsx";
import type { Block, ToolBlock } from "./transcript.ts";

type Props = { block: Block; conversationId: string; onSay: (text: string) => Promise<void> };

/** One piece of a conversation. Pieces that did not change are not drawn again. */
export const BlockView = memo(
  function BlockView({ block, conversationId, onSay }: Props) {
    switch (block.kind) {
      case "user":
        return (
          <div className="said">
            <span className="hidden">You said: </span>
            {block.text}
          </div>
        );
      case "agent":
        return <Markdown text={block.text} />;
      case "tool":
        // Choices are shown by themselves; the call behind them says nothing more.
        if (block.tool === "choices" && block.state !== "failed") return null;
        return <ToolLine block={block} />;
      case "sign-in":
        return <SignInBlock block={block} conversationId={conversationId} />;
      case "approval":
        return <ApprovalCard approval={block.approval} isCutOff={block.isCutOff} />;
      case "choices":
        return (
          <fieldset className="choices" disabled={block.isPast}>
            <legend>{block.question}</legend>
            {block.choices.map((choice) => (
              <button
                key={choice.say}
                type="button"
                className="choice"
                onClick={() => void onSay(choice.say).catch(() => undefined)}
              >
                <strong>{choice.label}</strong>
                {choice.hint && <span>{choice.hint}</span>}
              </button>
            ))}
          </fieldset>
        );
      case "notice":
        return (
          <p className={block.isProblem ? "notice problem" : "notice"} role={block.isProblem ? "alert" : undefined}>
            {block.text}
          </p>
        );
    }
  },
  (before, after) => before.block === after.block && before.conversationId === after.conversationId,
);

const states = { running: "running", ok: "done", failed: "failed" } as const;

/** A tool call: one quiet line; what it said and was asked is one click away. */
function ToolLine({ block }: { block: ToolBlock }) {
  const said = block.state === "running" ? block.output : block.result || block.output;
  return (
    <div className="tool" data-state={block.state}>
      <details>
        <summary>
          <span className="tool-mark" aria-hidden="true" />
          <code>{block.title}</code>
          <span className="tool-facts">
            <span className="hidden">{states[block.state]} </span>
            {block.ms === undefined ? "" : duration(block.ms)}
            {block.file ? ` · ${block.file}` : ""}
          </span>
        </summary>
        {said && (
          <pre tabIndex={0}>
            <code>{said.slice(0, shownCharacters)}</code>
          </pre>
        )}
        {said.length > shownCharacters && <p className="hint">The rest is left out here.</p>}
      </details>
      {block.steps.length > 0 && <Steps steps={block.steps} />}
    </div>
  );
}

const shownCharacters = 20_000;
