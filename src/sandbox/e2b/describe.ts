import { CommandExitError } from "e2b";
import { Problem } from "../../contract/problem.ts";
import { described } from "../described.ts";
import { FromRun } from "../inside/messages.ts";
import type { Described } from "../sandbox.ts";
import { RefusedCode } from "../strip-types.ts";
import { runnableCode } from "../tool-code.ts";
import { reader } from "../wire.ts";
import type { Box } from "./box.ts";
import { problemOf } from "./failures.ts";
import { start, unfit } from "./script.ts";

type Needs = { box: Box; template: string; callTimeoutMs: number };

const longestMs = 15_000;

/** Runs `--describe` of a generated file in a sandbox that has no network at all and is used for nothing else. */
export async function describeIn(needs: Needs, code: string, signal: AbortSignal | undefined): Promise<Described> {
  let javascript: string;
  try {
    javascript = await runnableCode(code);
  } catch (error) {
    if (error instanceof RefusedCode) return { ok: false, stderr: error.message };
    throw error;
  }
  const texts = { stdout: "", stderr: "" };
  let exitCode: number | undefined;
  const push = reader(100_000_000);
  const order = {
    script: "",
    describe: javascript,
    tools: [],
    prepared: [],
    maxOutputBytes: 0,
    callTimeoutMs: Math.min(needs.callTimeoutMs, longestMs),
    memoryMb: 256,
    deadlineMs: longestMs,
  };
  try {
    await needs.box.use(async (remote) => {
      const handle = await start(remote, order, (text) => {
        for (const part of push(Buffer.from(text))) {
          if (!("message" in part)) continue;
          const message = FromRun.parse(JSON.parse(part.message));
          if (message.type === "out") texts[message.stream] += message.text;
          if (message.type === "end") exitCode = message.exitCode;
        }
      });
      const cancel = () => void handle.kill().catch(() => undefined);
      signal?.addEventListener("abort", cancel, { once: true });
      try {
        await handle.wait();
      } finally {
        signal?.removeEventListener("abort", cancel);
      }
    });
  } catch (error) {
    throw error instanceof CommandExitError ? unfit(error, needs.template) : problemOf(error, needs.template);
  }
  if (exitCode === undefined)
    throw new Problem("sandbox_unavailable", { detail: "it ended without an answer. Try again." });
  return described({ ...texts, exitCode });
}
