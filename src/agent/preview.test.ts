import { describe, expect, it } from "vitest";
import type { ModelMessage } from "../llm/model.ts";
import { fitHistory } from "./fit-history.ts";
import { preview, shapeOf } from "./preview.ts";

describe("a preview of a long output", () => {
  it.each([
    [[], "[]"],
    [[1, 2], "[2 × number]"],
    [{ a: null, b: [{ c: "x" }] }, "{a: null, b: [1 × {c: string}]}"],
    [{ deep: { deeper: { deepest: 1 } } }, "{deep: {deeper: {…}}}"],
    [[{ id: 1 }, { id: 2, due: "x" }], "[2 × {id: number, due: string}]"],
  ])("draws the shape of %j", (value, shape) => {
    expect(shapeOf(value, 3)).toBe(shape);
  });

  it("tells size, shape, beginning and where the rest is", () => {
    const lines = Array.from({ length: 500 }, (_, id) => JSON.stringify({ id, name: `card ${id}` })).join("\n");
    const shown = preview(lines, "results/1.json");
    expect(shown).toMatch(
      /^\d+ bytes in 500 lines, kept whole in results\/1\.json\nshape: 500 lines, each \{id: number, name: string\}\nbegins with:\n/,
    );
    expect(shown.length).toBeLessThan(2_000);
  });

  it("stays short when the shape itself is endless", () => {
    const wide = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`field_${index}`, index]));
    expect(preview(JSON.stringify([wide]), "f").length).toBeLessThan(2_600);
  });

  it("does not cut a letter in two", () => {
    expect(preview("😀".repeat(9_000), "f").isWellFormed()).toBe(true);
  });
});

describe("a long history", () => {
  const round = (index: number): ModelMessage[] => [
    { role: "user", content: [{ type: "text", text: `question ${index}` }] },
    { role: "assistant", content: [{ type: "tool_use", id: `t${index}`, name: "bash", input: {} }] },
    {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: `t${index}`, content: `result ${index} ${"x".repeat(5_000)}` }],
    },
    { role: "assistant", content: [{ type: "text", text: `answer ${index}` }] },
  ];
  const history = Array.from({ length: 40 }, (_, index) => round(index)).flat();

  it("is left as it is while it fits", () => {
    expect(fitHistory(history, 1_000_000)).toBe(history);
  });

  it("gives up old results and keeps every word of both sides, and each call its result", () => {
    const fitted = fitHistory(history, 100_000);
    expect(JSON.stringify(fitted).length).toBeLessThan(100_000);
    expect(fitted).toHaveLength(history.length);
    const text = JSON.stringify(fitted);
    for (const index of [0, 20, 39]) expect(text).toContain(`question ${index}`);
    expect(text).toContain("result 39 xxx");
    expect(text).not.toContain("result 0 xxx");
    expect(fitted.flatMap((one) => one.content).filter((block) => block.type === "tool_result")).toHaveLength(40);
  });

  it("changes in large steps, so that the cached beginning stays", () => {
    const before = JSON.stringify(fitHistory(history, 100_000).slice(0, 20));
    const after = JSON.stringify(fitHistory([...history, ...round(40)], 100_000).slice(0, 20));
    expect(after).toBe(before);
  });
});
