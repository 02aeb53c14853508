import { memo } from "react";
import { AgentText } from "./agent-text.tsx";
import { ApprovalInChat } from "./approval-in-chat.tsx";
import { Calls } from "./calls.tsx";
import { ChartView } from "./chart-view.tsx";
import { isSameItem, type Item } from "./group-blocks.ts";
import { BuildQuestion } from "./build-question.tsx";
import { ConsentBlock } from "./consent-block.tsx";
import { SharingQuestion } from "./sharing-question.tsx";
import { SignInBlock } from "./sign-in-block.tsx";
import { Story } from "./steps.tsx";
import { UserMessage, type Say } from "./user-message.tsx";

type Props = { item: Item; conversationId: string; isLive: boolean; onSay: Say };

/** One piece of a conversation. Pieces that did not change are not drawn again. */
export const BlockView = memo(
  function BlockView({ item, conversationId, isLive, onSay }: Props) {
    switch (item.kind) {
      case "user":
        return <UserMessage message={item} conversationId={conversationId} onSay={onSay} />;
      case "agent":
        return <AgentText text={item.text} isLive={isLive} />;
      case "calls":
        return <Calls calls={item.calls} conversationId={conversationId} />;
      case "tool":
        return <Story call={item} />;
      case "sign-in":
        return <SignInBlock block={item} conversationId={conversationId} />;
      case "consent":
        return <ConsentBlock block={item} conversationId={conversationId} />;
      case "approval":
        return <ApprovalInChat block={item} conversationId={conversationId} />;
      case "chart":
        return <ChartView chart={item.chart} />;
      case "sharing":
        return <SharingQuestion block={item} />;
      case "build":
        return <BuildQuestion block={item} conversationId={conversationId} />;
      case "choices":
        return (
          <fieldset className="choices" disabled={item.isPast}>
            <legend>{item.question}</legend>
            {item.choices.map((choice) => (
              <button
                key={choice.say}
                type="button"
                className="choice"
                onClick={() => void onSay(choice.say).catch(() => undefined)}
              >
                <bdi>{choice.label}</bdi>
                {choice.hint && <span>{choice.hint}</span>}
              </button>
            ))}
          </fieldset>
        );
      case "notice":
        return <Notice text={item.text} isProblem={item.isProblem} onSay={onSay} />;
    }
  },
  (before, after) =>
    isSameItem(before.item, after.item) &&
    before.isLive === after.isLive &&
    before.conversationId === after.conversationId,
);

/** What happened outside of the talk; where it stopped the answer, the way on stands beside it. */
function Notice({ text, isProblem, onSay }: { text: string; isProblem: boolean; onSay: Say }) {
  return (
    <div className={isProblem ? "notice problem" : "notice"} role={isProblem ? "alert" : undefined}>
      {text}{" "}
      {isProblem && (
        <button type="button" className="button quiet small" onClick={() => void onSay("go on").catch(() => undefined)}>
          Go on
        </button>
      )}
    </div>
  );
}
