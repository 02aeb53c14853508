import { totalmem } from "node:os";
import { Problem } from "../contract/problem.ts";
import { CallPlaces } from "./call-places.ts";
import type { Now } from "./clock.ts";
import { ConversationFiles } from "./conversation-files.ts";
import { described } from "./described.ts";
import { Pool } from "./pool.ts";
import { openRuntime } from "./open-runtime.ts";
import type { Described, Sandbox, SandboxSession } from "./sandbox.ts";
import { openSession } from "./session.ts";
import { Shells } from "./shells.ts";
import { RefusedCode } from "./strip-types.ts";
import { runnableCode, warmCodeReader } from "./tool-code.ts";
import { type ProcessLimits, ToolProcess } from "./tool-process.ts";

export type LocalSandboxOptions = {
  /** The only address tools can reach; absent: none. An IP address, for Deno takes `localhost` for another place. */
  gatewayAddress: { host: string; port: number } | undefined;
  /** Tool processes started ahead, about 45 MB each. Default 2. */
  poolSize?: number;
  /** Resident memory one tool call may take. Default 256. */
  memoryMb?: number;
  /** Time one tool call may take, waiting for a person not counted. Default 60 s. */
  callTimeoutMs?: number;
  /** What time limits are counted by; the machine's clock when left out. */
  now?: Now | undefined;
};

const floodBytes = 32_000_000;
const shellMemoryMb = 512;
const callsOfOneConversation = 8;
/** Half of the machine's memory, should each call take all it may; never less than two busy conversations need. */
const callsAtOnce = (memoryMb: number) => Math.max(2 * callsOfOneConversation, totalmem() / 2 ** 21 / memoryMb);

/**
 * The sandbox that needs nothing but this machine: a virtual shell without network, processes or real file system, and
 * for each tool call a Deno process that can reach the gateway and nothing else. `close()` ends all of it.
 */
export function localSandbox(options: LocalSandboxOptions): Sandbox {
  const { gatewayAddress, poolSize = 2, memoryMb = 256, callTimeoutMs = 60_000, now } = options;
  const limits: ProcessLimits = {
    heapMb: Math.floor(memoryMb / 2),
    memoryMb,
    cpuSeconds: Math.ceil(callTimeoutMs / 1000) + 5,
    timeMs: callTimeoutMs,
    outputBytes: floodBytes,
    network: gatewayAddress && addressOf(gatewayAddress),
    now,
  };
  const runtime = openRuntime();
  const pool = runtime.then((runtime) => new Pool(runtime, limits, poolSize));
  pool.catch(() => {}); // whoever calls a tool is told
  const shells = new Shells(shellMemoryMb);
  warmCodeReader();
  const places = new CallPlaces({ all: callsAtOnce(memoryMb), each: callsOfOneConversation });
  const sessions = new Set<SandboxSession>();

  return {
    async open({ commands, filesDir }) {
      const files = await ConversationFiles.open(filesDir);
      const session = openSession({ files, shells, pool: () => pool, places, commands, callTimeoutMs, now });
      sessions.add(session);
      const forget = (close: () => Promise<void>) => async () => {
        sessions.delete(session);
        await close();
      };
      return { ...session, close: forget(session.close), end: forget(session.end) };
    },
    async describe(code, { signal } = {}) {
      return await describe(new ToolProcess(await runtime, { ...limits, ...describing(callTimeoutMs) }), code, signal);
    },
    async close() {
      await Promise.all([...sessions].map((session) => session.close()));
      await shells.close();
      const [opened, filled] = await Promise.allSettled([runtime, pool]);
      if (filled.status === "fulfilled") filled.value.close();
      if (opened.status === "fulfilled") await opened.value.close();
    },
  };
}

/** A file says what it offers from what it holds: without network, and soon. */
function describing(callTimeoutMs: number): Pick<ProcessLimits, "network" | "timeMs"> {
  return { network: undefined, timeMs: Math.min(callTimeoutMs, 15_000) };
}

async function describe(tool: ToolProcess, code: string, signal: AbortSignal | undefined): Promise<Described> {
  const files = { read: noFiles, write: noFiles };
  try {
    if (!(await tool.ready))
      throw new Problem("sandbox_unavailable", { detail: `Deno did not start: ${tool.complaint}` });
    const run = { code: await runnableCode(code) };
    const result = await tool.call({ argv: ["--describe"], env: {}, stdin: new Uint8Array(), run, files, signal });
    return described({ ...result, stdout: Buffer.from(result.stdout).toString() });
  } catch (error) {
    if (error instanceof RefusedCode) return { ok: false, stderr: error.message };
    throw error;
  } finally {
    tool.kill();
  }
}

function noFiles(): Promise<never> {
  return Promise.reject(new Error("EACCES: there are no files here"));
}

function addressOf({ host, port }: { host: string; port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
