import { expect, it } from "vitest";
import type { Approval } from "../../contract/approval.ts";
import type { ChatEventBody } from "../../contract/chat.ts";
import { drawApproval } from "./approval-view.ts";
import { chatView } from "./chat-view.ts";
import { failuresAsText } from "./failure.ts";
import { asShownOn } from "./run.ts";
import { printable } from "./style.ts";

it.each([
  ["moves the cursor and overwrites", "safe\u001B[1A\u001B[2Kevil", "safeevil"],
  ["renames the window", "\u001B]0;evil\u0007text", "text"],
  ["writes into the clipboard", "\u001B]52;c;ZXZpbA==\u001B\\text", "text"],
  ["returns to the start of the line", "Delete all\rRead one", "Delete all\nRead one"],
  ["reads from right to left", "abc\u202Edef", "abc\uFFFDdef"],
  ["uses the eight-bit form", "a\u009B31mb", "a\uFFFD31mb"],
  ["rings", "a\u0007b", "a\uFFFDb"],
  ["does not show", "ana\u200B", "ana[U+200B]"],
])("text of others that %s is made plain", (_what, given, shown) => {
  expect(printable(given)).toBe(shown);
});

it("what a tool prints is made plain for a terminal, and for nothing else", () => {
  const told = "Evil\u001B]52;c;ZXZpbA==\u0007\u001B[2J\n";
  expect(asShownOn({ isTTY: true }, told)).toBe("Evil\n");
  expect(asShownOn({}, told)).toBe(told);
});

const approval: Approval = {
  id: "a",
  conversationId: null,
  integration: { slug: "trello", name: "Trello" },
  account: "ana",
  connectionId: "c",
  operation: "cards create",
  access: "write",
  summary: "Add a card\u001B[2J",
  request: {
    method: "POST",
    host: "api.trello.com",
    path: "/1/cards",
    query: "idList=1",
    contentType: "application/json",
    body: '{"name":"Buy milk\\u001b[2J"}',
    bodyBytes: 30,
  },
  reason: "It changes something.",
  status: "pending",
  used: false,
  createdAt: new Date(0),
  expiresAt: new Date(600_000),
  decidedAt: null,
};

it("an approval shows the whole request, and nothing in it reaches the terminal's own commands", () => {
  const drawn = drawApproval(approval, { now: 0 });
  expect(drawn).toContain("POST api.trello.com/1/cards?idList=1");
  expect(drawn).toContain('"name": "Buy milk');
  expect(drawn).toContain("in 10 min");
  expect(drawn).not.toContain("\u001B[2J");
});

it("an approval that is answered already does not say how it ends without an answer", () => {
  expect(drawApproval(approval, { now: 0, isAnswered: true })).not.toContain("Without an answer");
});

it("an approval whose body was cut says how much is not shown", () => {
  const cut = {
    ...approval,
    request: { ...approval.request, contentType: "text/plain", body: "begin", bodyBytes: 500_000 },
  };
  expect(drawApproval(cut, { now: 0 })).toContain("… 499995 more bytes");
});

const drawn = (...bodies: ChatEventBody[]) => {
  let text = "";
  const view = chatView({ write: (more) => void (text += more) });
  for (const [index, body] of bodies.entries()) view.draw({ seq: index + 1, at: new Date(0), body });
  return text;
};
const yes: ChatEventBody = { type: "approval_ended", approvalId: "a", status: "approved" };
const cut: ChatEventBody = { type: "tool_ended", callId: "c", ok: false, ms: 0, result: "", cut: true };

it("a yes to a command that was cut off is not told as sent", () => {
  const text = drawn({ type: "approval_asked", approval }, cut, yes);
  expect(text).toContain("A yes now counts once, when the same is asked again within 10 minutes.");
  expect(text).toContain("You said yes; it is sent when the same is asked again.");
  expect(text).not.toContain("✓ sent");
});

it("a yes given in time is told as sent", () => {
  const text = drawn({ type: "approval_asked", approval }, yes, { ...cut, ok: true });
  expect(text).toContain("✓ sent");
  expect(text).not.toContain("asked again");
});

it("a tool's failure is told in words at a terminal, and nothing else it says is changed", () => {
  const failure = { ok: false, code: "x", message: "No such board.\u001B[2J", retryable: false, action: "List them." };
  expect(failuresAsText(`note\n${JSON.stringify(failure)}\n{"ok":true}\n{odd}\n`)).toBe(
    'note\nNo such board.\nList them.\n{"ok":true}\n{odd}\n',
  );
});
