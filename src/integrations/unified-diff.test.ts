import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { unifiedDiff } from "./unified-diff.ts";

const folder = mkdtempSync(join(tmpdir(), "patchbay-diff-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("shows a changed line with three lines around it", () => {
  const before = ["1", "2", "3", "4", "5", "6", "7", "8", "9", ""].join("\n");
  expect(unifiedDiff("x.md", before, before.replace("5", "five"))).toBe(
    ["--- a/x.md", "+++ b/x.md", "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8", ""].join("\n"),
  );
});

it("says nothing of two equal texts, and adds every line of a new file", () => {
  expect(unifiedDiff("x.md", "same\n", "same\n")).toBe("");
  expect(unifiedDiff("x.md", undefined, "one\ntwo\n")).toBe("--- /dev/null\n+++ b/x.md\n@@ -0,0 +1,2 @@\n+one\n+two\n");
});

it("is what git applies, for many random changes", () => {
  const file = join(folder, "x.txt");
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let turn = 0; turn < 25; turn++) {
    const before = Array.from({ length: random(60) }, () => `line ${random(9)}`);
    const after = before.flatMap((line) =>
      random(6) === 0 ? [] : random(6) === 0 ? [line, `new ${random(9)}`] : [line],
    );
    const [old, next] = [before, after].map((lines) => lines.map((line) => `${line}\n`).join("")) as [string, string];
    if (old === next || old === "" || next === "") continue;
    writeFileSync(file, old);
    execFileSync("git", ["apply", "--unidiff-zero", "-"], { cwd: folder, input: unifiedDiff("x.txt", old, next) });
    expect(readFileSync(file, "utf8")).toBe(next);
  }
});

it("gives up line by line where everything is different, and is still right", () => {
  const text = (word: string) => Array.from({ length: 1000 }, (_, at) => `${word} ${at}\n`).join("");
  const diff = unifiedDiff("x.txt", `same\n${text("old")}`, `same\n${text("new")}`);
  expect(diff.split("\n").filter((line) => /^[-+](?:old|new)/.test(line))).toHaveLength(2000);
  expect(diff).toContain("@@ -1,1001 +1,1001 @@\n same\n-old 0\n");
});
