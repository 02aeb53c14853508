import { expect, it } from "vitest";
import { fitHistory } from "./fit-history.ts";

it("lets what a search found give way in a long history; its pair and the words stay", () => {
  const block = (type: string, more: object) => ({ type: "opaque" as const, model: "m", block: { type, ...more } });
  const found = block("web_search_tool_result", {
    tool_use_id: "s",
    content: [{ encrypted_content: "x".repeat(5_000) }],
  });
  const quoting = { type: "text" as const, text: "so", cited: { model: "m", citations: [{ type: "c" }] } };
  const old = { role: "assistant" as const, content: [block("server_tool_use", { id: "s" }), found, quoting] };
  const later = Array.from({ length: 6 }, () => ({
    role: "user" as const,
    content: [{ type: "text" as const, text: "x" }],
  }));
  const [fitted] = fitHistory([old, ...later], 2_000);
  expect(fitted?.content).toEqual([
    block("server_tool_use", { id: "s" }),
    block("web_search_tool_result", { tool_use_id: "s", content: [] }),
    { type: "text", text: "so" },
  ]);
});

it("hands no docs to the model again that a tool was written from and saved; later ones stay", () => {
  const call = (id: string, name: string) => ({
    role: "assistant" as const,
    content: [{ type: "tool_use" as const, id, name, input: {} }],
  });
  const answer = (id: string, content: string) => ({
    role: "user" as const,
    content: [{ type: "tool_result" as const, tool_use_id: id, content }],
  });
  const text = "docs ".repeat(100);
  const history = [
    call("a", "docs"),
    answer("a", text),
    call("b", "bash"),
    answer("b", text),
    call("c", "write_tool"),
    answer("c", "checked and saved; a sign-in card is shown"),
    call("d", "docs"),
    answer("d", text),
  ];
  const [, docs, , bash, , , , later] = fitHistory(history);
  expect(docs).toEqual(answer("a", "(docs a tool was written from; `docs` gives their sections again)"));
  expect([bash, later]).toEqual([history[3], history[7]]);
  expect(fitHistory(history.slice(0, 4))).toEqual(history.slice(0, 4));
});
