import type { CallPlaces } from "./call-places.ts";
import { clock, type Now } from "./clock.ts";
import { cutOff } from "./cut-off.ts";
import type { ConversationFiles } from "./conversation-files.ts";
import { Output } from "./output.ts";
import type { Pool } from "./pool.ts";
import type { Cut, ExecOptions, ExecResult, SandboxSession, ToolCommand } from "./sandbox.ts";
import type { Called, Shells } from "./shells.ts";
import { callTool } from "./tool-call.ts";
import { runnableCode } from "./tool-code.ts";

type Needs = {
  files: ConversationFiles;
  shells: Shells;
  pool: () => Promise<Pool>;
  places: CallPlaces;
  commands: () => ToolCommand[] | Promise<ToolCommand[]>;
  callTimeoutMs: number;
  now: Now | undefined;
};

const defaultTimeoutMs = 300_000;
const defaultOutputBytes = 1_000_000;

/** The shell of one conversation on this machine. */
export function openSession(needs: Needs): SandboxSession {
  const { files } = needs;
  const running = new Map<Promise<ExecResult>, AbortController>();

  async function run(command: string, options: ExecOptions, closing: AbortSignal): Promise<ExecResult> {
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const tools = new Map((await needs.commands()).map((tool) => [tool.name, tool]));
    const output = new Output(options.maxOutputBytes ?? defaultOutputBytes, options.onOutput);
    const waits = new Set<() => boolean>();
    const calls: Promise<unknown>[] = [];
    const timeout = new AbortController();
    const ending = AbortSignal.any([timeout.signal, closing, ...(options.signal ? [options.signal] : [])]);
    const call = async (called: Called) => {
      const tool = tools.get(called.name);
      if (!tool) throw new Error(`no command ${called.name} was given to this shell`);
      return await callTool({ ...needs, holder: running, runnable: runnableCode, tool, called, output, waits });
    };
    const stopClock = clock(
      timeoutMs,
      () => [...waits].some((waiting) => waiting()),
      () => timeout.abort(),
      needs.now,
    );
    let cut: Cut | undefined;
    const result = await needs.shells.run({
      command,
      folders: files.folders,
      names: [...tools.keys()],
      signal: ending,
      call: async (called) => {
        const answer = call(called);
        calls.push(answer);
        const { cut: why } = await answer;
        if (why && why !== "cancelled") cut = why; // the script itself may give up on a call: `timeout 5 …`
        return await answer;
      },
    });
    stopClock();
    await Promise.allSettled(calls); // their grants are ended before this is over
    if (ending.aborted) cut = timeout.signal.aborted ? "time" : "cancelled";
    else if (result.outOfMemory) cut = "memory";
    else return { ...output.end(result.stdout, result.stderr), exitCode: result.exitCode, ...(cut && { cut }) };
    const { exitCode, note } = cutOff(cut, timeoutMs);
    return { ...output.end(result.stdout, result.stderr + note), exitCode, cut };
  }

  async function exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    const closing = new AbortController();
    const result = run(command, options, closing.signal);
    running.set(result, closing);
    try {
      return await result;
    } finally {
      running.delete(result);
    }
  }

  async function stop(): Promise<void> {
    for (const closing of running.values()) closing.abort();
    await Promise.allSettled(running.keys());
  }

  return {
    exec,
    readFile: (path) => files.read(path),
    writeFile: (path, data) => files.write(path, data),
    listFiles: () => files.list(),
    close: async () => {
      await stop();
      await files.close();
    },
    end: async () => {
      await stop();
      await files.remove();
    },
  };
}
