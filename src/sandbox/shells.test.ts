import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Shells, type ShellRun } from "./shells.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "patchbay-shells-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const script = (command: string, changes: Partial<ShellRun> = {}): ShellRun => ({
  command,
  folders: { home: folder, tmp: folder },
  names: [],
  call: () => Promise.reject(new Error("no commands here")),
  signal: new AbortController().signal,
  ...changes,
});

it("ends a script whose memory runs over, and runs the next one", async () => {
  const shells = new Shells(40);
  try {
    const hog = await shells.run(script("jq -n '[range(900000) | tostring] | length'"));
    expect(hog).toMatchObject({ outOfMemory: true, exitCode: 137 });
    expect(await shells.run(script("echo fine"))).toMatchObject({ exitCode: 0, stdout: "fine\n" });
  } finally {
    await shells.close();
  }
});

it("throws what a command's handler throws, and runs the next script", async () => {
  const shells = new Shells(256);
  try {
    await expect(shells.run(script("ours", { names: ["ours"] }))).rejects.toThrow("no commands here");
    expect(await shells.run(script("echo fine"))).toMatchObject({ stdout: "fine\n" });
  } finally {
    await shells.close();
  }
});

it("says which streams of a command can be shown early", async () => {
  const shells = new Shells(256);
  const lives: string[] = [];
  const call: ShellRun["call"] = async ({ argv, live }) => {
    lives.push(
      `${argv[0]}: ${Object.entries(live)
        .filter(([, isLive]) => isLive)
        .map(([stream]) => stream)
        .join(" ")}`,
    );
    return { stdout: new Uint8Array(), stderr: "", exitCode: 0 };
  };
  try {
    for (const command of [
      "ours 1",
      "echo | ours 2",
      "ours 3 | cat",
      "ours 4 > a",
      "ours 5; ours 6",
      "ours 7 2>&1",
      "x=$(ours 8)",
      "(ours 9)",
      "ours a | ours b",
      "ours c $(ours d)",
    ]) {
      await shells.run(script(command, { names: ["ours"], call }));
    }
  } finally {
    await shells.close();
  }
  expect(lives).toEqual([
    "1: stdout stderr",
    "2: stdout",
    "3: ",
    "4: ",
    "5: ",
    "6: ",
    "7: ",
    "8: ",
    "9: ",
    "a: ",
    "b: ",
    "d: ",
    "c: ",
  ]);
});
