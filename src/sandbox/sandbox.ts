import type { ToolDescription } from "@patchbay/kit";

/**
 * Where tools run. Two drivers stand behind it (`local.ts` and `e2b.ts`) and answer the same contract tests
 * (`sandbox-contract.ts`). No credential is known here: a tool gets what `prepare` gives it, and that is a run grant.
 */
export type Sandbox = {
  /** Opens the shell of one conversation. `commands` is asked at each `exec`, so that new connections appear at once. */
  open(session: {
    id: string;
    commands: () => ToolCommand[] | Promise<ToolCommand[]>;
    /** Keeps the conversation's files there, across restarts; without it they end with `close`. For the local driver. */
    filesDir?: string;
    /** The same for a sandbox elsewhere, which keeps the files itself: its id. */
    remembered?: RememberedSandbox;
  }): Promise<SandboxSession>;
  /** Runs `--describe` of a generated file with no network at all: how the server learns operations without evaluating it. */
  describe(code: string, options?: { signal?: AbortSignal }): Promise<Described>;
  close(): Promise<void>;
};

/** Which sandbox a conversation has, kept where every server of the installation finds it. */
export type RememberedSandbox = {
  get(): Promise<string | undefined>;
  /**
   * Takes a new sandbox in place of the one that was read before, and gives the one the conversation has now: another when
   * another server was faster.
   */
  claim(had: string | undefined, sandboxId: string): Promise<string>;
  forget(): Promise<void>;
};

export type Described = { ok: true; description: unknown } | { ok: false; stderr: string };

/** One connected integration: one command in the shell. */
export type ToolCommand = {
  /** The slug. */
  name: string;
  /** Asked for each call once it is clear that a process is needed. */
  prepare(call: {
    argv: string[];
    operation: string;
    /** Asked before the script runs, for words that stand in it just so; else the call has begun. */
    isAhead?: boolean;
    /** Aborted when the script ends. */
    signal?: AbortSignal;
  }): Promise<Prepared | Refusal>;
  /** Stored description: help, search and usage errors are answered from it without a process. */
  description: ToolDescription;
  /** The generated file; only operations with code of their own need it. */
  code: string;
};

export type Refusal = {
  refuse: { exitCode: number; stderr: string };
  /** To be told when a call that was refused ahead is then really made. */
  happened?(): Promise<void>;
};

/** What the process of one call may know. */
export type Prepared = {
  /** `{SLUG}_BASE_URL`, `{SLUG}_ACCESS_TOKEN` with a run grant, … */
  env: Record<string, string>;
  /**
   * Where the sandbox itself can add the credential on the way out: what the process is given then, and the headers by host.
   */
  injected?: { env: Record<string, string>; headers: Record<string, Record<string, string>> };
  /** What its process may reach, as `host:port`; the gateway when left out. */
  reaches?: string[];
  /** A person will be asked before what it sends goes out. For saying so early where the question is asked elsewhere. */
  asks?: boolean;
  /** Ends the grant; called once, however the call ended. */
  finish(): Promise<void>;
  /** True while the gateway waits for a person: that time counts against no limit. */
  waiting?: () => boolean;
};

export type SandboxSession = {
  /**
   * Runs one line (or script) of shell. Each call starts in `/home/user` with fresh variables; only files last.
   * Several may run at once. A failing command is an answer, never an exception.
   */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  /** Paths are absolute or relative to `/home/user`; outside `/home/user` and `/tmp` there is nothing. */
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, data: Uint8Array): Promise<void>;
  /** Files of `/home/user`, by path relative to it. */
  listFiles(): Promise<{ path: string; size: number }[]>;
  /** Stops what runs. Files in `filesDir` stay. */
  close(): Promise<void>;
  /** Closes for good: the files go too. */
  end(): Promise<void>;
};

export type ExecOptions = {
  signal?: AbortSignal;
  /** Called as output arrives. Together the pieces are the result's `stdout` and `stderr`. */
  onOutput?: (stream: "stdout" | "stderr", text: string) => void;
  /** Default 5 minutes; waiting for a person does not count. */
  timeoutMs?: number;
  /** Bytes of `stdout` and of `stderr` to give back. Default 1 MB. */
  maxOutputBytes?: number;
};

export type ExecResult = {
  stdout: string;
  stderr: string;
  /** As the shell says; 124 out of time, 130 cancelled, 137 killed. */
  exitCode: number;
  /** True when output was longer than `maxOutputBytes`; the exit code is still the command's own. */
  truncated?: boolean;
  /** Why something was ended from outside. */
  cut?: Cut;
};

/** `lost`: the sandbox itself ended, or could not be reached any more. */
export type Cut = "time" | "memory" | "cancelled" | "output" | "lost";
