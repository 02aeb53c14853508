import { describe, expect, it } from "vitest";
import { parseBlocks, parseInline } from "./parse-markdown.ts";

describe("the markdown of answers", () => {
  it("knows paragraphs, headings, lists, code and tables", () => {
    const text =
      "# Title\n\nWords\nmore\n\n- one\n- two\n  deeper\n\n```js\nlet a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | x \\| y |";
    expect(parseBlocks(text)).toEqual([
      { type: "heading", level: 1, text: "Title" },
      { type: "paragraph", text: "Words\nmore" },
      { type: "list", ordered: false, items: ["one", "two\ndeeper"] },
      { type: "code", text: "let a = 1;" },
      { type: "table", head: ["a", "b"], rows: [["1", "x | y"]] },
    ]);
  });

  it("shows code as code while it is still being written", () => {
    expect(parseBlocks("```\nhalf")).toEqual([{ type: "code", text: "half" }]);
  });

  it.each(["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;"])(
    "leaves HTML as text: %s",
    (text) => {
      expect(parseBlocks(text)).toEqual([{ type: "paragraph", text }]);
      expect(parseInline(text).every((part) => part.type === "text")).toBe(true);
    },
  );

  it("makes links of http addresses only", () => {
    expect(
      parseInline("[a](https://x.example) [b](javascript:alert(1)) [c](data:text/html,x)").filter(
        (one) => one.type === "link",
      ),
    ).toEqual([{ type: "link", text: "a", href: "https://x.example" }]);
  });

  it("takes a bare address without the stop behind it", () => {
    expect(parseInline("See https://x.example/a.")).toContainEqual({
      type: "link",
      text: "https://x.example/a",
      href: "https://x.example/a",
    });
  });

  it("leaves snake_case and 2 * 3 * 4 alone", () => {
    expect(parseInline("a snake_case_name and 2 * 3 * 4")).toEqual([
      { type: "text", text: "a snake_case_name and 2 * 3 * 4" },
    ]);
  });

  it("reads a line of a million characters made to be slow", () => {
    for (const piece of ["[", "*a", "`", "|", "_", "[a](", "- "]) {
      const text = piece.repeat(300_000);
      expect(parseBlocks(text).length).toBeGreaterThan(0);
      expect(parseInline(text).length).toBeGreaterThan(0);
    }
  });
});
