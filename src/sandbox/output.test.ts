import { expect, it } from "vitest";
import { firstBytes, Output } from "./output.ts";

it("shows live pieces and the rest, together the same text as the result", () => {
  const shown: string[] = [];
  const output = new Output(1000, (stream, text) => shown.push(`${stream}:${text}`));
  const bytes = Buffer.from("Zoë €");
  for (const byte of bytes) output.live("stdout", Uint8Array.of(byte));
  const result = output.end("Zoë € and more", "oh");
  expect(result).toEqual({ stdout: "Zoë € and more", stderr: "oh" });
  expect(
    shown
      .filter((piece) => piece.startsWith("stdout:"))
      .map((piece) => piece.slice(7))
      .join(""),
  ).toBe(result.stdout);
  expect(shown.at(-1)).toBe("stderr:oh");
});

it("shows no more of a live stream than the result will hold", () => {
  let shown = "";
  const output = new Output(10, (stream, text) => {
    if (stream === "stdout") shown += text;
  });
  output.live("stdout", Buffer.from("x".repeat(8)));
  output.live("stdout", Buffer.from("x".repeat(8)));
  const result = output.end("x".repeat(16), "");
  expect(result).toMatchObject({ stdout: "x".repeat(10), truncated: true });
  expect(result.stderr).toContain("16 bytes, the first 10 are here");
  expect(shown).toBe(result.stdout);
});

it.each([
  ["abc", 3, "abc"],
  ["abc", 2, "ab"],
  ["é€😀", 2, "é"],
  ["é€😀", 4, "é"],
  ["é€😀", 8, "é€"],
  ["é€😀", 9, "é€😀"],
  ["€", 0, ""],
])("cuts %j at %i bytes between characters", (text, limit, expected) => {
  expect(firstBytes(text, limit)).toBe(expected);
});
