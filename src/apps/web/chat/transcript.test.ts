import { describe, expect, it } from "vitest";
import type { Approval } from "../../../contract/approval.ts";
import type { ChatEventBody } from "../../../contract/chat.ts";
import { emptyTranscript, type Transcript, withEvent } from "./transcript.ts";

const told = (...bodies: ChatEventBody[]): Transcript =>
  bodies.reduce(
    (transcript, body, index) => withEvent(transcript, { seq: index + 1, at: new Date(0), body }),
    emptyTranscript,
  );

const card = { cardId: "card", integration: { id: "i", slug: "trello", name: "Trello" }, methods: [] };

const approval: Approval = {
  id: "a",
  conversationId: "c",
  integration: { slug: "trello", name: "Trello" },
  account: "ana",
  connectionId: "x",
  operation: "cards create",
  access: "write",
  summary: "Add a card",
  request: { method: "POST", host: "h", path: "/", query: "", contentType: null, body: null, bodyBytes: 0 },
  reason: "It changes something.",
  status: "pending",
  used: false,
  createdAt: new Date(0),
  expiresAt: new Date(900_000),
  decidedAt: null,
};

describe("what a conversation shows", () => {
  it("joins the pieces of one text", () => {
    const { blocks } = told(
      { type: "text", messageId: "m", text: "Hel" },
      { type: "text", messageId: "m", text: "lo" },
      { type: "text", messageId: "n", text: "Next" },
    );
    expect(blocks).toMatchObject([{ text: "Hello" }, { text: "Next" }]);
  });

  it("shows nothing twice when a connection begins again", () => {
    const once = told({ type: "user_message", messageId: "u", text: "hi" });
    const again = withEvent(once, {
      seq: 1,
      at: new Date(0),
      body: { type: "user_message", messageId: "u", text: "hi" },
    });
    expect(again).toBe(once);
  });

  it("keeps the blocks that did not change, so that they are not drawn again", () => {
    const before = told(
      { type: "user_message", messageId: "u", text: "hi" },
      { type: "tool_started", callId: "c", tool: "bash", title: "ls", input: {} },
    );
    const after = withEvent(before, {
      seq: 3,
      at: new Date(0),
      body: { type: "tool_ended", callId: "c", ok: true, ms: 5, result: "x" },
    });
    expect(after.blocks[0]).toBe(before.blocks[0]);
    expect(after.blocks[1]).toMatchObject({ state: "ok", ms: 5, result: "x" });
  });

  it("puts a finished step in the place of the running one", () => {
    const { blocks } = told(
      { type: "tool_started", callId: "c", tool: "connect", title: "connect", input: {} },
      { type: "build_step", callId: "c", step: "reading", state: "running" },
      { type: "build_step", callId: "c", step: "found", state: "done", ms: 3 },
      { type: "build_step", callId: "c", step: "checking", state: "running" },
    );
    expect(blocks[0]).toMatchObject({ steps: [{ step: "found" }, { step: "checking" }] });
  });

  it("turns a sign-in card to connected by itself, also after a failure", () => {
    const { blocks } = told(
      { type: "sign_in_needed", card },
      { type: "sign_in_failed", cardId: "card", code: "oauth_refused", message: "No." },
      { type: "connected", cardId: "card", connectionId: "x", slug: "trello", label: "ana" },
    );
    expect(blocks).toMatchObject([{ kind: "sign-in", state: "connected", account: "ana" }]);
  });

  it("closes choices when something is said", () => {
    const { blocks } = told(
      { type: "choices", question: "Which?", choices: [{ label: "A", say: "a" }] },
      { type: "user_message", messageId: "u", text: "a" },
    );
    expect(blocks[0]).toMatchObject({ isPast: true });
  });

  it("leaves no tool running when the turn ended without its end", () => {
    const { blocks, running } = told(
      { type: "turn_started", turnId: "t" },
      { type: "tool_started", callId: "c", tool: "bash", title: "sleep 9", input: {} },
      { type: "turn_ended", turnId: "t", outcome: "cut", message: "Patchbay was stopped." },
    );
    expect(blocks).toMatchObject([{ state: "failed" }, { kind: "notice", isProblem: true }]);
    expect(running).toBe(false);
  });

  const cut: ChatEventBody = { type: "tool_ended", callId: "c", ok: false, ms: 0, result: "cut", cut: true };
  it("tells of a call that was stopped, and of no time it took", () => {
    const started: ChatEventBody = { type: "tool_started", callId: "c", tool: "bash", title: "sleep 9", input: {} };
    const stopped: ChatEventBody = { type: "turn_ended", turnId: "t", outcome: "stopped" };
    for (const end of [[stopped], [cut, stopped]]) {
      const { blocks } = told({ type: "turn_started", turnId: "t" }, started, ...end);
      expect(blocks[0]).toMatchObject({ state: "stopped" });
      expect(blocks[0]).not.toHaveProperty("ms");
    }
  });

  const asked: ChatEventBody = { type: "approval_asked", approval };
  const yes: ChatEventBody = { type: "approval_ended", approvalId: "a", status: "approved" };

  it("says of a question whose command was cut off that nobody waits for it, also after the yes", () => {
    expect(told(asked, cut).blocks).toMatchObject([{ isCutOff: true, approval: { status: "pending" } }]);
    expect(told(asked, cut, yes).blocks).toMatchObject([{ isCutOff: true, approval: { status: "approved" } }]);
    expect(told(asked, { type: "turn_ended", turnId: "t", outcome: "stopped" }).blocks[0]).toMatchObject({
      isCutOff: true,
    });
  });

  it("says of a question that was answered in time that it was sent", () => {
    expect(told(asked, yes, cut).blocks).toMatchObject([{ isCutOff: false, approval: { status: "approved" } }]);
  });

  it("shows a question that is asked again once, where it waits now", () => {
    const { blocks } = told(asked, cut, { type: "user_message", messageId: "u", text: "again" }, asked);
    expect(blocks).toMatchObject([{ kind: "user" }, { kind: "approval", isCutOff: false }]);
  });
});
