import type { z } from "zod";
import type { BuildCard } from "../../../contract/build.ts";
import type { Approval } from "../../../contract/approval.ts";
import type { BuildStep, Chart, ChatEvent, ConsentCard, SignInCard } from "../../../contract/chat.ts";
import type { RequestBrief } from "../../../contract/request-line.ts";

export type Step = z.infer<typeof BuildStep>;

export type ToolBlock = {
  kind: "tool";
  key: string;
  tool: string;
  title: string;
  input: unknown;
  /** `stopped`: it was cut off before it was done, by the person or with the server. */
  state: "running" | "ok" | "failed" | "stopped";
  output: string;
  result: string;
  ms?: number;
  file?: string;
  steps: Step[];
  requests: RequestBrief[];
};

/** What a conversation shows, one after the other. */
export type Block =
  | { kind: "user"; key: string; text: string; files: string[] }
  | { kind: "agent"; key: string; text: string }
  | ToolBlock
  | {
      kind: "sign-in";
      key: string;
      card: SignInCard;
      state: "open" | "connected" | "failed";
      account?: string;
      message?: string;
      /** The call whose steps tell of this sign-in too. */
      ofCall?: string;
    }
  /** `isCutOff`: the command that asked ended before the answer, so a yes sends nothing by itself. */
  | { kind: "approval"; key: string; approval: Approval; isCutOff: boolean }
  | {
      kind: "choices";
      key: string;
      question: string;
      choices: { label: string; hint?: string; say: string }[];
      isPast: boolean;
    }
  /** `past`: a newer question took its place. */
  | { kind: "sharing"; key: string; repository: string }
  | { kind: "build"; key: string; card: BuildCard; state: "open" | "yes" | "no" | "past" }
  | { kind: "consent"; key: string; card: ConsentCard; answer?: "yes" | "no" }
  | { kind: "chart"; key: string; chart: Chart }
  | { kind: "notice"; key: string; text: string; isProblem: boolean };

export type Transcript = { blocks: readonly Block[]; lastSeq: number; running: boolean };

export const emptyTranscript: Transcript = { blocks: [], lastSeq: 0, running: false };

/**
 * Adds an event to what is shown. An event that was there already changes nothing, so a connection that begins again cannot
 * show anything twice. Blocks that do not change stay the same objects.
 */
export function withEvent(transcript: Transcript, { seq, body }: ChatEvent): Transcript {
  if (seq <= transcript.lastSeq) return transcript;
  const { blocks } = transcript;
  const next = (changed: readonly Block[], running = transcript.running): Transcript => ({
    blocks: changed,
    lastSeq: seq,
    running,
  });
  const tool = (callId: string, change: (block: ToolBlock) => ToolBlock) =>
    next(replaced(blocks, callId, (block) => (block.kind === "tool" ? change(block) : block)));

  switch (body.type) {
    case "user_message": {
      const from = body.instead === undefined ? -1 : blocks.findIndex((block) => block.key === body.instead);
      const past = (from < 0 ? blocks : blocks.slice(0, from)).map((block) =>
        block.kind === "choices" && !block.isPast ? { ...block, isPast: true } : block,
      );
      return next([...past, { kind: "user", key: body.messageId, text: body.text, files: body.files ?? [] }]);
    }
    case "turn_started":
      return next(blocks, true);
    case "text": {
      const last = blocks.at(-1);
      if (last?.kind === "agent" && last.key === body.messageId) {
        return next([...blocks.slice(0, -1), { ...last, text: last.text + body.text }]);
      }
      const isKnown = blocks.some((block) => block.key === body.messageId);
      return next([
        ...blocks,
        { kind: "agent", key: isKnown ? `${body.messageId}-${seq}` : body.messageId, text: body.text },
      ]);
    }
    case "tool_started":
      return next([
        ...blocks,
        {
          kind: "tool",
          key: body.callId,
          tool: body.tool,
          title: body.title,
          input: body.input,
          state: "running",
          output: "",
          result: "",
          steps: [],
          requests: [],
        },
      ]);
    case "tool_output":
      return tool(body.callId, (block) => ({ ...block, output: (block.output + body.text).slice(-20_000) }));
    case "build_step":
      return tool(body.callId, (block) => ({ ...block, steps: withStep(block.steps, body) }));
    case "tool_ended": {
      const ended = replaced(blocks, body.callId, (block) =>
        block.kind === "tool"
          ? {
              ...block,
              // Cut off from outside, it has no time of its own.
              ...(body.cut && body.ms === 0
                ? { state: "stopped" as const }
                : { state: body.ok ? ("ok" as const) : ("failed" as const), ms: body.ms }),
              result: body.result,
              requests: body.requests ?? [],
              ...(body.file ? { file: body.file } : {}),
            }
          : block,
      );
      return next(ended.map(cutOff));
    }
    case "sign_in_needed": {
      const call = blocks.findLast((block) => block.kind === "tool" && block.steps.length > 0);
      const ofCall = call === blocks.findLast((block) => block.kind === "tool") ? call?.key : undefined;
      const told = withStepOf(blocks, ofCall, { step: waitingFor(body.card), state: "running" });
      return next([
        ...told,
        { kind: "sign-in", key: body.card.cardId, card: body.card, state: "open", ...(ofCall ? { ofCall } : {}) },
      ]);
    }
    case "connected": {
      const card = blocks.find((block) => block.key === body.cardId);
      if (card?.kind !== "sign-in") {
        const text = `${body.slug} is connected as ${body.label}.`;
        return next([...blocks, { kind: "notice", key: `connected-${seq}`, text, isProblem: false }]);
      }
      const worked: Step = body.proof
        ? { step: "first call worked", detail: body.proof.operation, ms: body.proof.ms, state: "done" }
        : { step: "signed in", state: "done" };
      return next(
        replaced(withStepOf(blocks, card.ofCall, worked), card.key, (block) =>
          block.kind === "sign-in" ? { ...block, state: "connected", account: body.label } : block,
        ),
      );
    }
    case "sign_in_failed":
      return next(
        replaced(blocks, body.cardId, (block) =>
          block.kind === "sign-in" ? { ...block, state: "failed", message: body.message } : block,
        ),
      );
    case "consent_asked":
      return next([...blocks, { kind: "consent", key: body.card.cardId, card: body.card }]);
    case "consent_ended":
      return next(
        replaced(blocks, body.cardId, (block) =>
          block.kind === "consent" ? { ...block, answer: body.answer } : block,
        ),
      );
    case "approval_asked":
      return next([
        // The same question asked again stands where it was asked last.
        ...blocks.filter((block) => block.key !== body.approval.id),
        { kind: "approval", key: body.approval.id, approval: body.approval, isCutOff: false },
      ]);
    case "approval_ended":
      return next(
        replaced(blocks, body.approvalId, (block) =>
          block.kind === "approval" ? { ...block, approval: { ...block.approval, status: body.status } } : block,
        ),
      );
    case "choices":
      return next([
        ...blocks,
        { kind: "choices", key: `choices-${seq}`, question: body.question, choices: body.choices, isPast: false },
      ]);
    case "build_asked": {
      const past = blocks.map((block) =>
        block.kind === "build" && block.state === "open" ? { ...block, state: "past" as const } : block,
      );
      return next([...past, { kind: "build", key: `build-${seq}`, card: body.card, state: "open" }]);
    }
    case "build_answered": {
      const at = blocks.findLastIndex((block) => block.kind === "build" && block.card.buildId === body.buildId);
      const block = blocks[at];
      return next(block?.kind === "build" ? blocks.with(at, { ...block, state: body.answer }) : blocks);
    }
    case "sharing_asked":
      return next([...blocks, { kind: "sharing", key: `sharing-${seq}`, repository: body.repository }]);
    case "chart":
      return next([...blocks, { kind: "chart", key: `chart-${seq}`, chart: body.chart }]);
    case "turn_ended": {
      const state = body.outcome === "stopped" ? "stopped" : "failed";
      const ended = blocks.map((block) =>
        block.kind === "tool" && block.state === "running" ? ({ ...block, state } as const) : cutOff(block),
      );
      const text = body.message ?? (body.outcome === "stopped" ? "Stopped." : undefined);
      if (body.outcome === "done" || text === undefined) return next(ended, false);
      return next(
        [...ended, { kind: "notice", key: `ended-${seq}`, text, isProblem: body.outcome !== "stopped" }],
        false,
      );
    }
    case "usage":
      return next(blocks);
  }
}

function replaced(blocks: readonly Block[], key: string, change: (block: Block) => Block): readonly Block[] {
  const at = blocks.findLastIndex((block) => block.key === key);
  const block = blocks[at];
  return block === undefined ? blocks : blocks.with(at, change(block));
}

/** Calls run one after the other: when one has ended, nobody waits for a question that is still open. */
function cutOff(block: Block): Block {
  if (block.kind !== "approval" || block.isCutOff || block.approval.status !== "pending") return block;
  return { ...block, isCutOff: true };
}

const waitingFor = ({ methods }: SignInCard) =>
  methods.length > 0 && methods.every((method) => method.type === "api_key" || method.type === "bearer_token")
    ? "waiting for your key"
    : "waiting for your sign-in";

function withStepOf(blocks: readonly Block[], callKey: string | undefined, step: Step): readonly Block[] {
  if (callKey === undefined) return blocks;
  return replaced(blocks, callKey, (block) =>
    block.kind === "tool" ? { ...block, steps: withStep(block.steps, step) } : block,
  );
}

/** A finished step takes the place of the running one before it. */
function withStep(steps: Step[], { step, detail, ms, state }: Step): Step[] {
  const kept = steps.at(-1)?.state === "running" ? steps.slice(0, -1) : steps;
  return [...kept, { step, detail, ms, state }];
}
