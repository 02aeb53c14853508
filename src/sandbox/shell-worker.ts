/**
 * Runs shell scripts in a thread of its own. The virtual shell computes without pause, and a script that only burns time
 * would stop the whole server; a thread can be ended, with its memory. It keeps nothing: the conversation's files are in
 * two real folders, everything else is made anew for each script.
 */
import { parentPort } from "node:worker_threads";
import {
  Bash,
  bytesOutput,
  type CommandName,
  defineCommand,
  getCommandNames,
  latin1FromBytes,
  MountableFs,
  parse,
  type ResolvedCommandContext,
  unsafeBytesFromLatin1,
} from "just-bash";
import { home, mounts } from "./conversation-files.ts";

export type ToShell =
  | { type: "run"; command: string; folders: { home: string; tmp: string }; names: string[] }
  | { type: "abort" }
  | { type: "returned"; id: number; stdout: Uint8Array; stderr: string; exitCode: number };

export type FromShell =
  | { type: "called"; id: number; name: string; argv: string[]; stdin: Uint8Array; cwd: string; live: Live }
  /** The script waits no longer for this call, as after `timeout 5 …`. */
  | { type: "left"; id: number }
  | { type: "done"; stdout: string; stderr: string; exitCode: number };

/** Which of a command's streams are the script's own, so that they can be shown while it runs. */
export type Live = { stdout: boolean; stderr: boolean };

if (!parentPort) throw new Error("shell-worker.ts runs in a worker thread");
const server = parentPort;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const post = (message: FromShell) => server.postMessage(message);

type Returned = Extract<ToShell, { type: "returned" }>;
const calls = new Map<number, (result: Returned) => void>();
let abort = new AbortController();

server.on("message", (message: ToShell) => {
  if (message.type === "run") {
    calls.clear();
    abort = new AbortController();
    void run(message).then(post);
  } else if (message.type === "abort") {
    abort.abort();
  } else {
    calls.get(message.id)?.(message);
  }
});

async function run({ command, folders, names }: Extract<ToShell, { type: "run" }>): Promise<FromShell> {
  const live = liveStreams(command, names);
  const customCommands = names.map((name) => defineCommand(name, (argv, context) => call(name, argv, context, live)));
  const settings = {
    commands: builtIns,
    customCommands,
    cwd: home,
    env: { HOME: home, USER: "user", LANG: "C.UTF-8" },
  };
  // The first shell only lays out /bin and its like, where `which` looks.
  const fs = new MountableFs({ base: new Bash(settings).fs, mounts: mounts(folders) });
  const shell = new Bash({ ...settings, fs, executionLimits: limits });
  try {
    const { stdout, stderr, exitCode } = await shell.exec(command, { signal: abort.signal });
    return { type: "done", stdout, stderr, exitCode };
  } catch (error) {
    return {
      type: "done",
      stdout: "",
      stderr: `bash: ${error instanceof Error ? error.message : String(error)}\n`,
      exitCode: 2,
    };
  }
}

async function call(name: string, argv: string[], context: ResolvedCommandContext, live: Live) {
  const id = calls.size + 1;
  const stdin = Buffer.from(latin1FromBytes(context.stdin), "latin1");
  const { stdout, stderr, exitCode } = await new Promise<Returned>((resolve) => {
    calls.set(id, resolve);
    context.signal?.addEventListener("abort", () => post({ type: "left", id }), { once: true });
    post({ type: "called", id, name, argv, stdin, cwd: context.cwd, live });
  });
  return { ...bytesOutput(unsafeBytesFromLatin1(Buffer.from(stdout).toString("latin1"))), stderr, exitCode };
}

/**
 * Only where one command of ours, alone or at the end of one pipeline, writes straight to the script's own output can
 * that be shown early: in any other script something else may come before it.
 */
function liveStreams(command: string, names: string[]): Live {
  const none = { stdout: false, stderr: false };
  const mentions = names.reduce((sum, name) => sum + command.split(name).length - 1, 0);
  if (mentions !== 1) return none;
  try {
    const { statements } = parse(command);
    const [statement] = statements;
    const [pipeline] = statement?.pipelines ?? [];
    if (!pipeline || statements.length > 1 || statement?.background || (statement?.pipelines.length ?? 0) > 1)
      return none;
    const last = pipeline.commands.at(-1);
    if (last?.type !== "SimpleCommand" || last.redirections.length > 0 || pipeline.timed) return none;
    const [word, ...rest] = last.name?.parts ?? [];
    if (rest.length > 0 || word?.type !== "Literal" || !names.includes(word.value)) return none;
    return { stdout: true, stderr: pipeline.commands.length === 1 };
  } catch {
    return none; // a syntax error, which the shell will tell
  }
}

// Off: other languages, and a database whose memory no limit of ours covers.
const off = new Set<string>(["python", "python3", "js-exec", "node", "sqlite3", "curl", "wget"]);
const builtIns = getCommandNames().filter((name): name is CommandName => !off.has(name));

const limits = {
  maxExecutionTimeMs: Number.POSITIVE_INFINITY, // the server's clock counts; it knows when a person is being asked
  maxExtensionCleanupTimeMs: 1000,
  maxOutputSize: 64 * 1024 * 1024,
  maxFileSystemBytes: 16 * 1024 * 1024,
};
