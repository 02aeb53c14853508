import { describe, expect, it } from "vitest";
import { drawChart } from "./draw-chart.ts";
import { drawTable, markdownWriter } from "./draw-markdown.ts";

// oxlint-disable-next-line no-control-regex -- what styles a terminal
const plain = (text: string) => text.replace(/\u001b\[\d+m/g, "");

function written(...pieces: string[]): string {
  let out = "";
  const writer = markdownWriter({ write: (text: string) => void (out += text) }, () => 60);
  for (const piece of pieces) writer.write(piece);
  writer.end();
  return plain(out);
}

const table = "4 boards:\n\n| name | cards |\n| --- | --- |\n| Kitchen | 9 |\n| Books \\| more | 63 |\n\nDone.";

describe("the agent's text in the terminal", () => {
  it("draws a table as columns, whatever pieces it comes in", () => {
    const expected =
      "4 boards:\n\n  name          cards\n  ────────────  ─────\n  Kitchen           9\n  Books | more     63\n\nDone.";
    expect(written(table)).toBe(expected);
    expect(written(...table.split(""))).toBe(expected);
    expect(written(...(table.match(/[\s\S]{1,7}/g) ?? []))).toBe(expected);
  });

  it("tells where a link leads, in a table and out of it", () => {
    const link = "[card](https://collect.evil.example/?d=secret)";
    expect(written(`${link}\n`)).toBe(`${link}\n`);
    expect(written(`| a |\n|---|\n| ${link} |`)).toContain("card (collect.evil.example)");
  });

  it("draws a table that ends the text", () => {
    expect(written("| a | b |\n|---|---|\n| 1 | x |")).toBe("  a  b\n  ─  ─\n  1  x\n");
  });

  it("leaves a line with a bar in it that is no table", () => {
    expect(written("| not a table\nwords\n")).toBe("| not a table\nwords\n");
  });

  it("cuts cells to the width there is, and lets no escape sequence through", () => {
    const wide = drawTable(["| name | id |", "|---|---|", `| ${"long ".repeat(40)} | 7 |`], 40);
    expect(
      Math.max(
        ...plain(wide)
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(40);
    expect(wide).toContain("…");
    expect(written("| a | b |\n|---|---|\n| \u001b[2Jx | y |\n")).not.toContain("\u001b");
  });

  it("draws a chart as bars with their numbers", () => {
    const chart = {
      title: "Cards",
      kind: "bar" as const,
      labels: ["To do", "Done"],
      series: [{ name: "n", values: [8, 4] }],
    };
    expect(plain(drawChart(chart))).toBe(`Cards\n  To do  ${"█".repeat(32)} 8\n   Done  ${"█".repeat(16)} 4`);
  });
});
