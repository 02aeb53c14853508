import { useContext, useMemo } from "react";
import { ApprovalCard } from "./approval-card.tsx";
import { BlocksContext } from "./blocks-context.ts";
import { knownNames } from "./known-names.ts";
import type { Block } from "./transcript.ts";

type Props = { block: Extract<Block, { kind: "approval" }>; conversationId: string };

/** A question where it was asked: the names its service gave its things here make ids readable. */
export function ApprovalInChat({ block }: Props) {
  const blocks = useContext(BlocksContext);
  const service = block.approval.integration.name;
  // Names are those that were known when it was asked; later ones change nothing of what is sent.
  const names = useMemo(() => knownNames(blocks.current, service), [block.key, service]);
  return <ApprovalCard approval={block.approval} isCutOff={block.isCutOff} names={names} />;
}
