import { expect, it } from "vitest";
import { createLog } from "./log.ts";

it("gives a terminal nothing to obey: colours, titles, new lines, turned text in a path are written out", () => {
  const lines: string[] = [];
  const log = createLog({ human: true, write: (line) => void lines.push(line) });
  log({ event: "request", status: 500, path: "/a\u001b]0;owned\u0007\r\n! bug all is well\u009b2J\u202egnp.exe" });
  expect(lines).toEqual([
    String.raw`! request status=500 path=/a\u{1b}]0;owned\u{7}\u{d}\u{a}! bug all is well\u{9b}2J\u{202e}gnp.exe` +
      "\n",
  ]);
});
