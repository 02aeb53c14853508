import { isDeepStrictEqual } from "node:util";
import { route } from "@patchbay/kit";
import { type CommandHandle, CommandExitError, type Sandbox as Remote } from "e2b";
import { isProblem, Problem } from "../../contract/problem.ts";
import { clock } from "../clock.ts";
import { cutOff } from "../cut-off.ts";
import { FromRun, type Order, type Prepared as Answer, type ToRun } from "../inside/messages.ts";
import type { Cut, ExecOptions, ExecResult, Prepared, ToolCommand } from "../sandbox.ts";
import { RefusedCode } from "../strip-types.ts";
import { withoutAccount } from "../tool-call.ts";
import { runnableCode } from "../tool-code.ts";
import { encode, reader } from "../wire.ts";
import type { Box } from "./box.ts";
import { callsIn } from "./calls-in.ts";
import { isGone, problemOf } from "./failures.ts";
import { toolVersion } from "./tool-version.ts";

export type ScriptNeeds = {
  box: Box;
  template: string;
  commands: () => ToolCommand[] | Promise<ToolCommand[]>;
  /** Where tools find the gateway, as `host:port`. */
  gateway: string | undefined;
  callTimeoutMs: number;
  log: (line: string) => void;
};

const defaultTimeoutMs = 300_000;
const defaultOutputBytes = 1_000_000;
const memoryMb = 256;
const mostAhead = 20;
const stopMs = 3_000;
/** Longer than any question stays open: only a script whose server is gone meets it. */
const waitsMs = 30 * 60_000;
/** What a variable of the environment can hold is limited. */
const longestVariable = 100_000;

// The only line of shell we send, always the same: what is to be run goes along as a value, never as part of it.
const program = "exec /app/bin/run";

/** Runs one script in a conversation's sandbox: one request to E2B when all is there. */
export async function runScript(needs: ScriptNeeds, command: string, options: ExecOptions): Promise<ExecResult> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const nothing = () => {
    const { exitCode, note } = cutOff("cancelled", timeoutMs);
    options.onOutput?.("stderr", note);
    return { stdout: "", stderr: note, exitCode, cut: "cancelled" as const };
  };
  const ending = new AbortController();
  if (options.signal?.aborted) return nothing();
  const cancel = () => ending.abort();
  options.signal?.addEventListener("abort", cancel, { once: true });
  const tools = new Map((await needs.commands()).map((tool) => [tool.name, tool]));
  const calls = new Calls(needs, tools, ending.signal);
  try {
    const prepared = await calls.ahead(command);
    if (ending.signal.aborted) return nothing();
    const order: Order = {
      script: command,
      tools: [...tools.values()].map(({ name, code, description }) => ({
        name,
        version: toolVersion(code, description),
      })),
      prepared,
      maxOutputBytes: options.maxOutputBytes ?? defaultOutputBytes,
      callTimeoutMs: needs.callTimeoutMs,
      memoryMb,
      deadlineMs: timeoutMs + waitsMs,
    };
    return await needs.box.use(async () => await attempts(needs, { order, tools, calls, options, timeoutMs, ending }));
  } finally {
    options.signal?.removeEventListener("abort", cancel);
    await calls.end();
  }
}

type Attempt = {
  order: Order;
  tools: Map<string, ToolCommand>;
  calls: Calls;
  options: ExecOptions;
  timeoutMs: number;
  ending: AbortController;
};

/** Tries again only where the script has surely not begun: the sandbox slept, or tools had to be written first. */
async function attempts(needs: ScriptNeeds, attempt: Attempt): Promise<ExecResult> {
  let hasSlept = false;
  for (let round = 1; ; round += 1) {
    try {
      const outcome = await needs.box.use((remote) => once(needs, remote, attempt));
      if (!("stale" in outcome)) return outcome;
      if (round > 2) throw new Problem("sandbox_unavailable", { detail: "its tools could not be written. Try again." });
      const names = outcome.stale;
      await needs.box.use((remote) => writeTools(remote, attempt.tools, names));
    } catch (error) {
      if (!isGone(error) || hasSlept) throw problemOf(error, needs.template);
      hasSlept = true;
      needs.box.lost();
    }
  }
}

async function once(needs: ScriptNeeds, remote: Remote, attempt: Attempt): Promise<ExecResult | { stale: string[] }> {
  const { calls, options, timeoutMs, ending, order } = attempt;
  const texts = { stdout: "", stderr: "" };
  const show = (stream: "stdout" | "stderr", text: string) => {
    if (text === "") return;
    texts[stream] += text;
    options.onOutput?.(stream, text);
  };
  if (needs.box.wasReplaced())
    show("stderr", "[the sandbox of this conversation had ended; this is a new one, without its files]\n");
  let stale: string[] | undefined;
  let ended: Extract<FromRun, { type: "end" }> | undefined;
  let handle: CommandHandle | undefined;
  const say = (message: ToRun) => {
    handle?.sendStdin(encode(message)).catch(() => undefined); // it has ended, and the stream tells
  };
  let cut: Cut | undefined;
  let killer: NodeJS.Timeout | undefined;
  const stop = (why: Cut) => {
    if (cut) return;
    cut = why;
    ending.abort();
    say({ type: "stop" });
    killer = setTimeout(() => {
      void handle?.kill().catch(() => undefined);
      void handle?.disconnect();
    }, stopMs);
  };
  const take = (message: FromRun) => {
    if (message.type === "begun") stopClock = clock(timeoutMs, calls.isWaiting, () => stop("time"));
    else if (message.type === "out") show(message.stream, message.text);
    else if (message.type === "stale") stale = message.names;
    else if (message.type === "end") ended = message;
    else if (message.type === "returned") void calls.returned(message.id);
    else void calls.called(message, say);
  };
  let stopClock: () => void = () => undefined;
  const push = reader(100_000_000);
  handle = await start(remote, order, (text) => {
    for (const part of push(Buffer.from(text))) if ("message" in part) take(FromRun.parse(JSON.parse(part.message)));
  });

  const cancel = () => stop("cancelled");
  if (ending.signal.aborted) cancel();
  else ending.signal.addEventListener("abort", cancel, { once: true });
  try {
    await handle.wait();
  } catch (error) {
    if (!cut && !ended && error instanceof CommandExitError) throw unfit(error, needs.template);
    if (!cut && !ended) {
      cut = "lost";
      needs.log(`a script was cut off: ${error instanceof Error ? error.name : "error"}`);
      void handle.kill().catch(() => undefined); // should only the connection have broken, nothing runs on unseen
      needs.box.lost();
    }
  } finally {
    stopClock();
    clearTimeout(killer);
    ending.signal.removeEventListener("abort", cancel);
  }
  if (stale) return { stale };
  if (!cut && !ended) throw new Problem("sandbox_unavailable", { detail: "it ended without an answer. Try again." });
  const isCut = ended && ended.stdoutBytes > order.maxOutputBytes;
  const truncated = isCut || (ended && ended.stderrBytes > order.maxOutputBytes);
  if (ended && isCut)
    show(
      "stderr",
      `[output cut: ${ended.stdoutBytes} bytes, the first ${order.maxOutputBytes} are here; send it to a file (> out.json) and read that in parts]\n`,
    );
  if (cut) {
    const { exitCode, note } = cutOff(cut, timeoutMs);
    show("stderr", note);
    return { ...texts, exitCode, cut, ...(truncated && { truncated }) };
  }
  return { ...texts, exitCode: ended?.exitCode ?? 1, ...(truncated && { truncated }) };
}

/** Starts the program that takes an order. As root, which it needs to become others; the script itself never is. */
export async function start(remote: Remote, order: Order, onStdout: (text: string) => void): Promise<CommandHandle> {
  const text = JSON.stringify(order);
  const envs: Record<string, string> = {};
  if (text.length < longestVariable) envs["PATCHBAY_ORDER"] = text;
  else {
    envs["PATCHBAY_ORDER_FILE"] = `/root/patchbay-order-${crypto.randomUUID()}`;
    await remote.files.write(envs["PATCHBAY_ORDER_FILE"], text, { user: "root" });
  }
  return await remote.commands.run(program, {
    background: true,
    stdin: true,
    user: "root",
    envs,
    timeoutMs: 0,
    onStdout,
  });
}

/** The program itself failed: the sandbox is not made of our template, or of one that does not fit. */
export function unfit(error: CommandExitError, template: string): Problem {
  const said = error.stderr.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
  return new Problem("sandbox_unavailable", {
    detail: `the template "${template}" does not fit this Patchbay (${said || `exit code ${error.exitCode}`}). Build it anew with \`npm run template\`.`,
  });
}

async function writeTools(remote: Remote, tools: Map<string, ToolCommand>, names: string[]): Promise<void> {
  const writing = names.map(async (name) => {
    const tool = tools.get(name);
    if (!tool) return [];
    const base = `/app/cli/custom-${name}`;
    const refused = await refusalOf(tool.code);
    return [
      { path: `${base}.ts`, data: tool.code },
      { path: `${base}.json`, data: JSON.stringify(tool.description) },
      ...(refused === undefined ? [] : [{ path: `${base}.refused`, data: refused }]),
      { path: `${base}.version`, data: toolVersion(tool.code, tool.description) },
    ];
  });
  await remote.files.write((await Promise.all(writing)).flat(), { user: "root" });
}

/** Why a file may not be run, as far as its code goes; what its table says can be run all the same. */
async function refusalOf(code: string): Promise<string | undefined> {
  try {
    await runnableCode(code);
    return undefined;
  } catch (error) {
    if (error instanceof RefusedCode) return error.message;
    throw error;
  }
}

type Call = {
  prepared?: Prepared;
  stopClock?: () => void;
  /** Refused ahead: who has to hear that it was made all the same. */
  happened?: (() => Promise<void>) | undefined;
  /** What E2B adds to its requests, by host. */
  headers?: Record<string, Record<string, string>>;
};

/** The calls of one script: prepared ahead where they stand plainly in it, else when they happen; each finished once. */
class Calls {
  readonly #needs: ScriptNeeds;
  readonly #tools: Map<string, ToolCommand>;
  readonly #signal: AbortSignal;
  readonly #calls = new Map<number, Call>();
  readonly #telling: (Promise<void> | undefined)[] = [];
  #isOver = false;

  constructor(needs: ScriptNeeds, tools: Map<string, ToolCommand>, signal: AbortSignal) {
    this.#needs = needs;
    this.#tools = tools;
    this.#signal = signal;
  }

  readonly isWaiting = (): boolean => [...this.#calls.values()].some(({ prepared }) => prepared?.waiting?.() === true);

  async ahead(script: string): Promise<Order["prepared"]> {
    const prepared: Order["prepared"] = [];
    for (const { name, argv } of await callsIn(script, new Set(this.#tools.keys()))) {
      const tool = this.#tools.get(name);
      const words = argv.filter((word) => word !== undefined);
      if (!tool || words.length < argv.length || prepared.length >= mostAhead || this.#signal.aborted) continue;
      const way = route(tool.description, withoutAccount(words));
      if (way.kind !== "call") continue;
      const id = prepared.length + 1;
      prepared.push({ id, name, argv: words, answer: await this.#prepare(id, tool, words, way.operation, true) });
    }
    return prepared;
  }

  async called(
    { id, name, argv, operation, isPrepared }: Extract<FromRun, { type: "called" }>,
    say: (message: ToRun) => void,
  ): Promise<void> {
    const tool = this.#tools.get(name);
    if (!isPrepared) {
      const answer: Answer = tool
        ? await this.#prepare(id, tool, argv, operation, false)
        : { refuse: { exitCode: 127, stderr: `${name}: there is no such command\n` } };
      say({ type: "prepared", id, answer });
    }
    const call = this.#calls.get(id);
    if (!call || this.#isOver) return;
    if (!call.prepared) {
      this.#calls.delete(id);
      this.#telling.push(
        call.happened?.().catch((error: unknown) => this.#needs.log(`not on record: ${String(error)}`)),
      );
      return;
    }
    call.stopClock = clock(this.#needs.callTimeoutMs, call.prepared.waiting, () => say({ type: "stop_call", id }));
  }

  async returned(id: number): Promise<void> {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.stopClock?.();
    await call?.prepared?.finish();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#telling, ...[...this.#calls.keys()].map((id) => this.returned(id))]);
  }

  /** A host gets one account's headers at a time: a call with another's, meanwhile, gets its credential itself. */
  #isFree(headers: Record<string, object>): boolean {
    return [...this.#calls.values()].every((call) =>
      Object.entries(call.headers ?? {}).every(
        ([host, others]) => !headers[host] || isDeepStrictEqual(headers[host], others),
      ),
    );
  }

  async #prepare(id: number, tool: ToolCommand, argv: string[], operation: string, isAhead: boolean): Promise<Answer> {
    let prepared: Awaited<ReturnType<ToolCommand["prepare"]>>;
    try {
      prepared = await tool.prepare({ argv, operation, isAhead, signal: this.#signal });
    } catch (error) {
      if (!isProblem(error)) throw error;
      const told = { ok: false, code: error.code, message: error.message, retryable: false };
      return { refuse: { exitCode: 5, stderr: `${JSON.stringify(told)}\n` } };
    }
    if ("refuse" in prepared) {
      const { refuse, happened } = prepared;
      if (happened) this.#calls.set(id, { happened });
      return { refuse };
    }
    if (this.#isOver) {
      await prepared.finish();
      return { refuse: { exitCode: 130, stderr: "" } };
    }
    const { reaches, asks } = prepared;
    this.#calls.set(id, { prepared });
    if (!reaches) return { env: prepared.env, network: this.#needs.gateway ?? "", ...(asks ? { asks } : {}) };
    const injected = prepared.injected && this.#isFree(prepared.injected.headers) ? prepared.injected : undefined;
    this.#calls.set(id, { prepared, ...(injected ? { headers: injected.headers } : {}) });
    await this.#needs.box.reach(reaches.map(withoutPort), injected?.headers ?? {});
    return { env: injected?.env ?? prepared.env, network: reaches.join(",") };
  }
}

function withoutPort(address: string): string {
  return new URL(`https://${address}`).hostname;
}
