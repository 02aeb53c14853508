import { describe, expect, it } from "vitest";
import { changesOf, shapeOf } from "./shape.ts";

describe("shapeOf", () => {
  it("keeps names and types, and nothing of the data", () => {
    const answer = {
      items: [
        { id: 7, name: "secret plan" },
        { id: 8, name: null, tags: ["x"] },
      ],
      next: null,
    };
    expect(shapeOf(answer)).toEqual({
      items: [{ id: "number", name: "null|string", "tags?": ["string"] }],
      next: "null",
    });
    expect(JSON.stringify(shapeOf(answer))).not.toContain("secret");
  });

  it.each([
    ["ids as names", { "12345678": { a: 1 }, "87654321": { a: 2 } }],
    ["addresses as names", { "ann@a.example": 1 }],
  ])("keeps no data that stands as a name: %s", (_, answer) => {
    expect(Object.keys(shapeOf(answer) as object)).toEqual(["*"]);
  });

  it("ends on answers without end", () => {
    let deep: unknown = 1;
    for (let at = 0; at < 50_000; at += 1) deep = [deep];
    expect(JSON.stringify(shapeOf(deep))).toContain("array");
  });
});

describe("changesOf", () => {
  const known = shapeOf({ items: [{ id: "a", name: "b", note: null }], total: 3 });
  it.each([
    ["the same", { items: [{ id: "c", name: "d", note: "e" }], total: 4 }, []],
    ["a new field", { items: [{ id: "c", name: "d", note: null, extra: 1 }], total: 4 }, []],
    ["nothing to see", { items: [], total: 0 }, []],
    ["a field gone", { items: [{ id: "c", note: null }], total: 4 }, ["items[].name is gone"]],
    ["another type", { items: [{ id: 5, name: "d", note: null }], total: 4 }, ["items[].id was string, is number"]],
    ["another envelope", { data: [] }, ["items is gone", "total is gone"]],
    ["a page in its place", "text", ["the answer was object, is string"]],
  ])("tells of %s", (_, answer, expected) => {
    expect(changesOf(known, shapeOf(answer))).toEqual(expected);
  });
});
