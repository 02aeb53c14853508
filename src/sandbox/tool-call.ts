import { route, sliceOf } from "@patchbay/kit";
import { isProblem } from "../contract/problem.ts";
import type { CallPlaces, Place } from "./call-places.ts";
import { type Files, namedFiles } from "./named-files.ts";
import type { Output } from "./output.ts";
import type { Cut, ToolCommand } from "./sandbox.ts";
import type { Called, Returned } from "./shells.ts";
import { RefusedCode } from "./strip-types.ts";
import type { ToolProcess } from "./tool-process.ts";

type Needs = {
  tool: ToolCommand;
  called: Called;
  files: Files;
  pool: () => Promise<ToolProcesses>;
  places: CallPlaces;
  /** Whose place a call takes: all of one conversation's calls are its own. */
  holder: object;
  /** A generated file as its process gets it. @throws RefusedCode */
  runnable: (code: string) => string | Promise<string>;
  /** Filled while the gateway may be waiting for a person. */
  waits: Set<() => boolean>;
  output: Pick<Output, "live">;
  callTimeoutMs: number;
};

/** Where the process of a call comes from. @throws Problem `sandbox_unavailable` */
export type ToolProcesses = { use<Result>(work: (tool: ToolProcess) => Promise<Result>): Promise<Result> };

/** Answers one command of the shell: from the stored description when that is enough, else in a process of its own. */
export async function callTool(needs: Needs): Promise<Returned & { cut?: Cut }> {
  const { tool, called, places, holder } = needs;
  const { argv, signal } = called;
  const words = withoutAccount(argv);
  const way = route(tool.description, words);
  if (way.kind !== "call") return { stdout: Buffer.from(way.stdout), stderr: way.stderr, exitCode: way.exitCode };
  return (await places.within(holder, signal, (place) => inPlace(needs, way, words, place))) ?? nothing;
}

async function inPlace(
  needs: Needs,
  way: Extract<ReturnType<typeof route>, { kind: "call" }>,
  words: string[],
  place: Place,
): Promise<Returned & { cut?: Cut }> {
  const { tool, called, files, waits } = needs;
  const { argv, cwd, stdin, live, signal } = called;
  const prepared = await tool.prepare({ argv, operation: way.operation });
  if ("refuse" in prepared) return { stdout: new Uint8Array(), ...prepared.refuse };
  const { env, finish, waiting } = prepared;
  place.waiting = waiting;
  if (waiting) waits.add(waiting);
  try {
    if (signal.aborted) return nothing;
    const run = way.needsCode
      ? { code: await needs.runnable(tool.code) }
      : { definition: sliceOf(tool.description, way.operation) };
    const pool = await needs.pool();
    const result = await pool.use((process) =>
      process.call({
        argv: words,
        env,
        stdin,
        run,
        files: namedFiles(words, cwd, files),
        waiting,
        signal,
        onOutput: (stream, piece) => {
          if (live[stream]) needs.output.live(stream, piece);
        },
      }),
    );
    return result.cut
      ? { ...result, stderr: result.stderr + stopped(tool.name, result.cut, needs.callTimeoutMs) }
      : result;
  } catch (error) {
    if (isProblem(error)) return { ...nothing, stderr: envelope(error.code, error.message), exitCode: 5 };
    if (error instanceof RefusedCode)
      return { ...nothing, stderr: envelope("tool_refused", error.message), exitCode: 5 };
    throw error;
  } finally {
    if (waiting) waits.delete(waiting);
    await finish();
  }
}

/** Which account is meant is read by `prepare`; the tool knows nothing of accounts. */
export function withoutAccount(argv: string[]): string[] {
  const [first = ""] = argv;
  if (first === "--account") return argv.slice(2);
  return first.startsWith("--account=") ? argv.slice(1) : argv;
}

const nothing = { stdout: new Uint8Array(), stderr: "", exitCode: 130 };

/** Says why a process was ended, in the form in which tools report failures. */
function stopped(name: string, cut: Cut, callTimeoutMs: number): string {
  const sent = "Requests it had sent before stay sent.";
  switch (cut) {
    case "time":
      return envelope(
        "time_limit",
        `${name} was stopped after ${Math.round(callTimeoutMs / 1000)} seconds. ${sent}`,
        "Ask for less at once, e.g. with --limit.",
      );
    case "memory":
      return envelope(
        "memory_limit",
        `${name} was stopped because it needed too much memory. ${sent}`,
        "Ask for less at once, e.g. with --limit.",
      );
    case "output":
      return envelope(
        "output_limit",
        `${name} was stopped because it printed without end. ${sent}`,
        "Ask for less at once, e.g. with --limit or --fields.",
      );
    case "lost":
    case "cancelled":
      return envelope("cancelled", `${name} was cancelled. ${sent}`);
  }
}

function envelope(code: string, message: string, action?: string): string {
  return `${JSON.stringify({ ok: false, code, message, retryable: false, action })}\n`;
}
