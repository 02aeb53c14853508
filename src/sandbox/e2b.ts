import { posix } from "node:path";
import { type ConnectionOpts, FileNotFoundError, Sandbox as Remote } from "e2b";
import type { Secret } from "../contract/secret.ts";
import { Box, everywhere, retried } from "./e2b/box.ts";
import { problemOf } from "./e2b/failures.ts";
import { describeIn } from "./e2b/describe.ts";
import { runScript } from "./e2b/script.ts";
import type { ExecResult, Sandbox, SandboxSession } from "./sandbox.ts";

export type E2bSandboxOptions = {
  apiKey: Secret;
  /** Where E2B is, when not at e2b.app. */
  apiUrl?: string | undefined;
  sandboxUrl?: string | undefined;
  template: string;
  /** Marks the sandboxes of this installation among all of the account; the same for each of its servers. */
  installation: () => Promise<string>;
  /** The only address sandboxes reach; absent: none but what each call is given, with its credential. */
  gatewayAddress: () => { host: string; port: number } | undefined;
  /** How long nobody may use a conversation's sandbox before it is paused. Default 5 minutes. */
  idleMs?: number;
  /** Time one tool call may take, waiting for a person not counted. Default 60 s. */
  callTimeoutMs?: number;
  log?: (line: string) => void;
};

export type E2bSandbox = Sandbox & {
  /** Ends the sandboxes of this installation that no conversation has; `known` tells which of some have one. Gives their number. */
  endStrays(known: (sandboxIds: string[]) => Promise<Set<string>>): Promise<number>;
};

const home = "/home/user";
/** A sandbox that was made just now may not be remembered yet. */
const youngMs = 10 * 60_000;
const deepest = 30;

/**
 * Sandboxes at E2B: one for each conversation, made at its first use. What runs inside, and how it is kept apart, is in
 * `inside/run.ts`; the network of the whole sandbox is closed but for the gateway.
 */
export function e2bSandbox(options: E2bSandboxOptions): E2bSandbox {
  const { template, installation, idleMs = 5 * 60_000, callTimeoutMs = 60_000 } = options;
  const log = options.log ?? (() => undefined);
  const connection: ConnectionOpts = {
    apiKey: options.apiKey.reveal(),
    ...(options.apiUrl === undefined ? {} : { apiUrl: options.apiUrl }),
    ...(options.sandboxUrl === undefined ? {} : { sandboxUrl: options.sandboxUrl }),
  };
  const mark = async () => ({ patchbay: await installation() });
  const common = { connection, template, idleMs, log };
  const sessions = new Set<SandboxSession>();

  return {
    async open({ id, commands, remembered }) {
      const address = options.gatewayAddress();
      const network = { allowOut: address ? [address.host] : [], denyOut: everywhere };
      const gateway = address && `${address.host}:${address.port}`;
      const metadata = { ...(await mark()), [remembered ? "conversation" : "run"]: id };
      const box = new Box({ ...common, network, metadata, remembered });
      const needs = { box, template, commands, gateway, callTimeoutMs, log };
      const session = openSession({
        box,
        template,
        exec: (command, o = {}) => runScript(needs, command, o),
        closed: () => sessions.delete(session),
      });
      sessions.add(session);
      return session;
    },

    async describe(code, { signal } = {}) {
      const metadata = { ...(await mark()), describe: "" };
      const box = new Box({ ...common, network: "none", metadata, remembered: undefined });
      try {
        return await describeIn({ box, template, callTimeoutMs }, code, signal);
      } finally {
        await box.end();
      }
    },

    async endStrays(known) {
      const paginator = Remote.list({ ...connection, query: { metadata: await mark() } });
      let count = 0;
      try {
        while (paginator.hasNext) {
          const found = await retried(() => paginator.nextItems());
          // The others end by themselves when nobody asks for them any more.
          const ofConversations = found.filter(
            ({ metadata, startedAt }) => "conversation" in metadata && Date.now() - startedAt.getTime() > youngMs,
          );
          const kept = await known(ofConversations.map(({ sandboxId }) => sandboxId));
          for (const { sandboxId } of ofConversations) {
            if (!kept.has(sandboxId) && (await retried(() => Remote.kill(sandboxId, connection)))) count += 1;
          }
        }
      } catch (error) {
        throw problemOf(error, template);
      }
      return count;
    },

    async close() {
      await Promise.allSettled([...sessions].map((session) => session.close()));
    },
  };
}

type SessionNeeds = {
  box: Box;
  template: string;
  exec: SandboxSession["exec"];
  closed(): void;
};

function openSession({ box, template, exec, closed }: SessionNeeds): SandboxSession {
  const running = new Map<Promise<ExecResult>, AbortController>();
  const stop = async () => {
    closed();
    for (const closing of running.values()) closing.abort();
    await Promise.allSettled(running.keys());
  };
  const withFiles = <Result>(path: string, work: (remote: Remote, path: string) => Promise<Result>) => {
    const whole = posix.resolve(home, path);
    if (whole !== home && !whole.startsWith(`${home}/`) && !whole.startsWith("/tmp/"))
      return Promise.reject(new Error(`EACCES: ${path} is outside ${home} and /tmp`));
    return box
      .repeat((remote) => work(remote, whole))
      .catch((error: unknown) => {
        if (error instanceof FileNotFoundError) throw new Error(`ENOENT: ${path} cannot be read`);
        throw problemOf(error, template);
      });
  };

  return {
    async exec(command, o = {}) {
      const closing = new AbortController();
      const signal = o.signal ? AbortSignal.any([closing.signal, o.signal]) : closing.signal;
      const result = exec(command, { ...o, signal });
      running.set(result, closing);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    readFile: (path) => withFiles(path, (remote, whole) => remote.files.read(whole, { format: "bytes", user: "user" })),
    async writeFile(path, data) {
      await withFiles(path, async (remote, whole) => {
        await remote.files.write(whole, new Uint8Array(data).buffer, { user: "user" });
      });
    },
    async listFiles() {
      if (!(await box.exists())) return [];
      const entries = await withFiles(".", (remote, whole) =>
        remote.files.list(whole, { depth: deepest, user: "user" }),
      );
      return entries
        .filter(({ type }) => type === "file")
        .map(({ path, size }) => ({ path: posix.relative(home, path), size }))
        .toSorted((a, b) => (a.path < b.path ? -1 : 1));
    },
    async close() {
      await stop();
      await box.close();
    },
    async end() {
      await stop();
      await box.end();
    },
  };
}
