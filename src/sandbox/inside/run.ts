/**
 * Runs one script inside an E2B sandbox: started by the server through the SDK, bundled into the template. The shell gets a
 * user of its own, no network and no process but its own; the commands of integrations reach this program over a socket,
 * and each call of one runs in a Deno process outside of the shell, as on the server's own machine. What such a process may
 * know goes to it alone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { type ToolDescription, route } from "@patchbay/kit";
import { z } from "zod";
import { CallPlaces } from "../call-places.ts";
import { runtimeIn } from "../runtime.ts";
import type { ToolCommand } from "../sandbox.ts";
import { RefusedCode, withoutTypes } from "../strip-types.ts";
import { callTool, withoutAccount } from "../tool-call.ts";
import { type ProcessLimits, ToolProcess } from "../tool-process.ts";
import { encode, reader } from "../wire.ts";
import { type FromRun, type FromTool, Order, Prepared, ToRun, type ToTool } from "./messages.ts";

const app = dirname(import.meta.dirname);
const home = "/home/user";
const longest = 100_000_000;
const mostAhead = 2;
const callsAtOnce = 8;

const order = readOrder();
const tell = (message: FromRun) => void process.stdout.write(encode(message));

const files = new Map(order.tools.map((tool) => [tool.name, fileOf(tool)]));
const stale = [...files].filter(([, file]) => file === undefined).map(([name]) => name);
if (order.describe !== undefined) void describe(order.describe);
else if (stale.length > 0) tell({ type: "stale", names: stale });
else run();

function readOrder(): Order {
  const file = process.env["PATCHBAY_ORDER_FILE"];
  const text = file === undefined ? process.env["PATCHBAY_ORDER"] : readFileSync(file, "utf8");
  if (file !== undefined) rmSync(file);
  return Order.parse(JSON.parse(text ?? ""));
}

/** Where a tool of just this version lies: written for this conversation, else built in. */
function fileOf({ name, version }: Order["tools"][number]): string | undefined {
  return [`custom-${name}`, name]
    .map((base) => join(app, "cli", base))
    .find((file) => existsSync(`${file}.version`) && readFileSync(`${file}.version`, "utf8").trim() === version);
}

function openTools() {
  const user = userOf("user");
  // Where E2B adds headers on the way, it answers with a certificate that only the system knows.
  const env = { DENO_TLS_CA_STORE: "mozilla,system" };
  const runtime = runtimeIn(join(app, "runtime"), join(app, "bin", "deno"), { user: user && userOf("nobody"), env });
  const limits: Omit<ProcessLimits, "network" | "timeMs"> = {
    heapMb: Math.floor(order.memoryMb / 2),
    memoryMb: order.memoryMb,
    cpuSeconds: Math.ceil(order.callTimeoutMs / 1000) + 5,
    outputBytes: 32_000_000,
  };
  return { user, runtime, limits };
}

/** Without network, and soon: a file says what it offers from what it holds. */
async function describe(code: string): Promise<void> {
  const { runtime, limits } = openTools();
  const tool = new ToolProcess(runtime, { ...limits, network: undefined, timeMs: order.callTimeoutMs });
  await tool.ready;
  const noFiles = () => Promise.reject(new Error("EACCES: there are no files here"));
  const files = { read: noFiles, write: noFiles };
  const result = await tool.call({ argv: ["--describe"], env: {}, stdin: new Uint8Array(), run: { code }, files });
  tell({ type: "out", stream: "stdout", text: Buffer.from(result.stdout).toString() });
  tell({ type: "out", stream: "stderr", text: result.stderr });
  end({ exitCode: result.exitCode, stdoutBytes: 0, stderrBytes: 0 });
}

function end(result: Omit<Extract<FromRun, { type: "end" }>, "type">): void {
  process.stdout.write(encode({ type: "end", ...result }), () => process.exit(0));
}

function run(): void {
  const { user, runtime, limits: others } = openTools();
  // The server's clock counts, which knows when a person is being asked: see `outOfTime`.
  const limits = { ...others, timeMs: 1 };

  // What was allowed ahead is used once; the processes for it are started now, while the shell starts.
  const prepared = [...order.prepared];
  const ahead = prepared
    .flatMap(({ answer }) => ("refuse" in answer ? [] : [answer.network]))
    .slice(0, mostAhead)
    .map((network) => ({ network, tool: new ToolProcess(runtime, { ...limits, network }) }));
  const processFor = (network: string) => {
    const at = ahead.findIndex((one) => one.network === network && !one.tool.isGone);
    return at === -1 ? new ToolProcess(runtime, { ...limits, network }) : (ahead.splice(at, 1)[0]?.tool as ToolProcess);
  };

  const answers = new Map<number, (answer: Prepared) => void>();
  const outOfTime = new Set<number>();
  let lastId = 1_000_000;
  const ask = (name: string, argv: string[], operation: string): Promise<{ id: number; answer: Prepared }> => {
    const at = prepared.findIndex((one) => one.name === name && same(one.argv, argv));
    const [ready] = at === -1 ? [] : prepared.splice(at, 1);
    const id = ready?.id ?? (lastId += 1);
    tell({ type: "called", id, name, argv, operation, isPrepared: ready !== undefined });
    if (ready) return Promise.resolve({ id, answer: ready.answer });
    return new Promise((resolve) => answers.set(id, (answer) => resolve({ id, answer })));
  };

  const folder = mkdtempSync(join(made("/run/patchbay"), "run-"));
  const wrappers = join(folder, "bin");
  mkdirSync(wrappers, { mode: 0o755 });
  // The file says nothing of its tool: it goes by the name it was called with.
  const wrapper = `#!/bin/sh\nexec ${join(app, "bin", "node")} ${join(app, "lib", "tool.js")} "$0" "$@"\n`;
  for (const name of files.keys()) writeFileSync(join(wrappers, name), wrapper, { mode: 0o755 });
  made(folder, 0o755);

  const places = new CallPlaces({ all: callsAtOnce, each: callsAtOnce });
  const server = createServer((socket) => serve(socket));
  const serve = (socket: Socket) => {
    const asked = new Map<number, { resolve: (data: Uint8Array) => void; reject: (error: Error) => void }>();
    const stdin: Uint8Array[] = [];
    const gone = new AbortController();
    const send = (message: ToTool) => {
      if (!socket.destroyed) socket.write(encode(message));
    };
    let stdinEnded: () => void = () => undefined;
    const askFile = (question: (id: number) => ToTool) =>
      new Promise<Uint8Array>((resolve, reject) => {
        const id = asked.size + 1;
        asked.set(id, { resolve, reject });
        send(question(id));
      });
    const write = (isNew: boolean) => async (path: string, data: Uint8Array, from: string) => {
      const text = Buffer.from(data).toString("base64");
      await askFile((id) => ({ type: "write", id, path, from, data: text, isNew }));
    };

    const call = async ({ name, argv, cwd }: Extract<FromTool, { type: "call" }>) => {
      const file = files.get(name);
      if (file === undefined) return send({ type: "exit", exitCode: 127 });
      const description: ToolDescription = JSON.parse(readFileSync(`${file}.json`, "utf8"));
      if (wantsStdin(description, withoutAccount(argv))) {
        const ended = new Promise<void>((resolve) => (stdinEnded = resolve));
        send({ type: "want_stdin" });
        await ended;
      }
      let network = "";
      let id = 0;
      const tool: ToolCommand = {
        name,
        description,
        code: `${file}.ts`,
        async prepare(called) {
          const asking = await ask(name, called.argv, called.operation);
          ({ id } = asking);
          if ("refuse" in asking.answer) return asking.answer;
          if (asking.answer.asks)
            send({
              type: "notice",
              text: `[${name} ${called.operation} changes something: a person is asked first]\n`,
            });
          ({ network } = asking.answer);
          return {
            env: asking.answer.env,
            finish: async () => tell({ type: "returned", id }),
            waiting: () => !outOfTime.has(id),
          };
        },
      };
      const shown = { stdout: 0, stderr: 0 };
      const show = (stream: "stdout" | "stderr", piece: Uint8Array) => {
        shown[stream] += piece.length;
        if (piece.length > 0) send({ type: "out", stream, data: Buffer.from(piece).toString("base64") });
      };
      const result = await callTool({
        tool,
        called: {
          name,
          argv,
          cwd,
          stdin: Buffer.concat(stdin),
          live: { stdout: true, stderr: true },
          signal: gone.signal,
        },
        files: {
          read: (path, from) => askFile((id) => ({ type: "read", id, path, from })),
          write: write(false),
          create: write(true),
        },
        places,
        holder: places,
        pool: async () => ({
          async use(work) {
            const process = processFor(network);
            try {
              await process.ready;
              return await work(process);
            } finally {
              process.kill();
            }
          },
        }),
        runnable,
        output: { live: show },
        waits: new Set(),
        callTimeoutMs: order.callTimeoutMs,
      });
      show("stdout", result.stdout.subarray(shown.stdout));
      show("stderr", Buffer.from(result.stderr).subarray(shown.stderr));
      send({ type: "exit", exitCode: result.exitCode });
    };

    const push = reader(longest);
    socket.on("data", (piece: Buffer) => {
      for (const part of push(piece)) {
        if (!("message" in part)) continue;
        const message: FromTool = JSON.parse(part.message);
        if (message.type === "call") {
          call(message).catch((error: unknown) => {
            const text = error instanceof RefusedCode ? error.message : `patchbay: ${String(error)}`;
            send({ type: "out", stream: "stderr", data: Buffer.from(`${text}\n`).toString("base64") });
            send({ type: "exit", exitCode: 5 });
          });
        } else if (message.type === "stdin") stdin.push(Buffer.from(message.data, "base64"));
        else if (message.type === "stdin_end") stdinEnded();
        else if (message.error === undefined) asked.get(message.id)?.resolve(Buffer.from(message.data ?? "", "base64"));
        else asked.get(message.id)?.reject(new Error(message.error));
      }
    });
    const leave = () => {
      gone.abort();
      stdinEnded();
      for (const { reject } of asked.values()) reject(new Error("the command ended"));
    };
    socket.on("close", leave).on("error", leave);
  };

  const socket = join(folder, "socket");
  server.listen({ path: socket, writableAll: true, readableAll: true }, () => {
    const shell = startShell(wrappers, user);
    tell({ type: "begun" });
    const stop = () => {
      if (shell.pid !== undefined && shell.exitCode === null && shell.signalCode === null) kill(shell.pid);
    };
    hear((message) => {
      if (message.type === "stop") stop();
      else if (message.type === "stop_call") outOfTime.add(message.id);
      else answers.get(message.id)?.(message.answer);
    });
    setTimeout(stop, order.deadlineMs).unref();

    const counts = { stdout: printing(shell, "stdout"), stderr: printing(shell, "stderr") };
    shell.once("error", (error) => fail(`the shell could not be started: ${error.message}`));
    shell.once("close", (code, signal) => {
      for (const { tool } of ahead) tool.kill();
      server.close();
      rmSync(folder, { recursive: true, force: true });
      const exitCode = code ?? 128 + constants.signals[signal ?? "SIGKILL"];
      end({ exitCode, stdoutBytes: counts.stdout(), stderrBytes: counts.stderr() });
    });
  });
}

/**
 * The shell in its own network (none), its own processes and as its own user, who can never become another. Where this
 * program may not arrange that, nothing is run: only whoever tries it on a bare machine says otherwise.
 */
function startShell(wrappers: string, user: { uid: number; gid: number } | undefined): ChildProcess {
  const env = {
    HOME: home,
    USER: "user",
    LANG: "C.UTF-8",
    PATH: `${wrappers}:/usr/local/bin:/usr/bin:/bin`,
  };
  const options = { cwd: home, env, detached: true, stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"] };
  // The first process of a namespace lives by rules of its own, so the script is its child.
  const bash = ["/bin/sh", "-c", '"$@"; exit $?', "sh", "bash", ...scriptWords()];
  if (process.env["PATCHBAY_UNISOLATED"] === "yes") return spawn(bash[0] ?? "", bash.slice(1), options);
  if (!user) fail("this sandbox has no user called `user`, or does not let scripts be kept apart");
  const { uid, gid } = user;
  const apart = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const asUser = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs", "--"];
  return spawn("unshare", [...apart, "setpriv", ...asUser, ...bash], options);
}

/** A script too long for an argument is run from a file, which only its own shell has to read. */
function scriptWords(): string[] {
  if (Buffer.byteLength(order.script) < 100_000) return ["-c", order.script];
  const file = join(mkdtempSync(join(made("/run/patchbay"), "script-")), "script");
  writeFileSync(file, order.script, { mode: 0o644 });
  made(dirname(file), 0o755);
  return [file];
}

/** Hands on what the shell prints, up to the limit, and counts all of it. */
function printing(shell: ChildProcess, stream: "stdout" | "stderr"): () => number {
  const decoder = new TextDecoder();
  let bytes = 0;
  shell[stream]?.on("data", (piece: Buffer) => {
    const left = order.maxOutputBytes - bytes;
    bytes += piece.length;
    if (left <= 0) return;
    const text = decoder.decode(piece.subarray(0, left), { stream: true });
    if (text !== "") tell({ type: "out", stream, text });
  });
  shell[stream]?.once("end", () => {
    const rest = bytes > order.maxOutputBytes ? "" : decoder.decode();
    if (rest !== "") tell({ type: "out", stream, text: rest });
  });
  return () => bytes;
}

function hear(take: (message: ToRun) => void): void {
  const push = reader(longest);
  process.stdin.on("data", (piece: Buffer) => {
    for (const part of push(piece)) {
      if ("message" in part) take(ToRun.parse(JSON.parse(part.message)));
    }
  });
}

/** The server checked what the file imports before it wrote it, and left a word where it may not run. */
function runnable(file: string): string {
  const refused = file.replace(/\.ts$/, ".refused");
  if (existsSync(refused)) throw new RefusedCode(readFileSync(refused, "utf8"));
  return withoutTypes(readFileSync(file, "utf8"));
}

/** Reading what is piped would take it from whoever comes next in the script, so only who may want it does. */
function wantsStdin(description: ToolDescription, words: string[]): boolean {
  const way = route(description, words);
  if (way.kind !== "call") return false;
  const operation = description.operations[way.operation];
  return (
    way.needsCode ||
    operation?.access === "write" ||
    operation?.body !== undefined ||
    words.some((word) => /(^|[=@])-$/.test(word))
  );
}

function userOf(name: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0 || process.env["PATCHBAY_UNISOLATED"] === "yes") return undefined;
  const entry = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((line) => line.startsWith(`${name}:`));
  const [, , uid, gid] = z.array(z.string()).parse(entry?.split(":") ?? []);
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function made(folder: string, mode = 0o755): string {
  mkdirSync(folder, { recursive: true, mode });
  chmodSync(folder, mode);
  return folder;
}

function kill(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

function same(one: string[], other: string[]): boolean {
  return one.length === other.length && one.every((word, place) => word === other[place]);
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(70);
}
