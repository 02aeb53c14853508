import { isDeepStrictEqual } from "node:util";
import {
  type ConnectionOpts,
  Sandbox as Remote,
  type SandboxNetworkOpts,
  SandboxNotFoundError,
  TimeoutError,
} from "e2b";
import type { RememberedSandbox } from "../sandbox.ts";
import { isGone, isPassing, problemOf } from "./failures.ts";

type Headers = Record<string, string>;

/** All of the network; what is allowed goes before it. */
export const everywhere = ["0.0.0.0/0"];

export type BoxNeeds = {
  connection: ConnectionOpts;
  template: string;
  metadata: Record<string, string>;
  network: SandboxNetworkOpts | "none";
  /** The conversation whose sandbox it is, which outlives this server; without one it ends with `close`. */
  remembered: RememberedSandbox | undefined;
  /** How long nobody may use it before it is paused. */
  idleMs: number;
  log: (line: string) => void;
};

/** E2B itself ends (or pauses) a sandbox nobody asked for this long, should no server be there to do it. */
const livesMs = 15 * 60_000;
/** A sandbox with less left is given its time anew, so that a command never begins in one that is about to end. */
const leastMs = 7 * 60_000;
/** A server that stops does not wait longer for a pause. */
const pauseMs = 20_000;

/** One sandbox at E2B, from the first use: made, found again, paused when nobody uses it, ended. */
export class Box {
  readonly #needs: BoxNeeds;
  #opening: Promise<Remote> | undefined;
  #remote: Remote | undefined;
  #endsAt = 0;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;
  #alive: NodeJS.Timeout | undefined;
  #wasReplaced = false;
  /** What the network was opened to; undefined when that is not known. */
  #reached: { hosts: Set<string>; headers: Map<string, Headers> } | undefined;
  #reaching: Promise<void> = Promise.resolve();
  /** Under way; waking it meanwhile would meet it between the two. */
  #pausing: Promise<void> = Promise.resolve();

  constructor(needs: BoxNeeds) {
    this.#needs = needs;
  }

  /**
   * Works with the running sandbox, which is made or woken where it has to be, and is kept awake meanwhile.
   *
   * @throws Problem `sandbox_unavailable`
   */
  async use<Result>(work: (remote: Remote) => Promise<Result>): Promise<Result> {
    this.#users += 1;
    clearTimeout(this.#idle);
    this.#alive ??= setInterval(() => void this.#prolong(), 60_000).unref();
    try {
      return await work(await this.#running());
    } finally {
      this.#users -= 1;
      if (this.#users === 0) {
        clearInterval(this.#alive);
        this.#alive = undefined;
        this.#rest();
      }
    }
  }

  /** The same for what may be done twice: once more in a sandbox that turned out to sleep. */
  async repeat<Result>(work: (remote: Remote) => Promise<Result>): Promise<Result> {
    try {
      return await this.use(work);
    } catch (error) {
      if (!isGone(error) && !(error instanceof TimeoutError)) throw error;
      this.lost();
      return await this.use(work);
    }
  }

  /** Opens the network to these hosts as well, and has E2B add these headers to what goes there. */
  async reach(hosts: string[], headers: Record<string, Headers>): Promise<void> {
    const before = this.#reaching;
    this.#reaching = (async () => {
      await before.catch(() => undefined);
      await this.repeat(async (remote) => {
        const known = this.#reached;
        const wanted = { hosts: new Set(known?.hosts), headers: new Map(known?.headers) };
        for (const host of hosts) wanted.hosts.add(host);
        for (const [host, added] of Object.entries(headers)) wanted.headers.set(host, added);
        if (known && isDeepStrictEqual(known, wanted)) return;
        await remote.updateNetwork({
          allowOut: [...wanted.hosts],
          denyOut: everywhere,
          rules: Object.fromEntries(
            [...wanted.headers].map(([host, added]) => [host, [{ transform: { headers: added } }]]),
          ),
        });
        this.#reached = wanted;
      });
    })();
    await this.#reaching;
  }

  /** To be called when it did not answer: the next use looks for it again. */
  lost(): void {
    this.#opening = undefined;
    this.#remote = undefined;
    this.#endsAt = 0;
    this.#reached = undefined;
  }

  /** True once after a sandbox had to be made anew, with nothing of the old one's files. */
  wasReplaced(): boolean {
    const was = this.#wasReplaced;
    this.#wasReplaced = false;
    return was;
  }

  /** Whether there is a sandbox at all, or was one when this conversation was last looked at. */
  async exists(): Promise<boolean> {
    return this.#remote !== undefined || this.#opening !== undefined || (await this.#rememberedId()) !== undefined;
  }

  /** Stops using it: a conversation's sandbox is paused with its files, any other is ended. */
  async close(): Promise<void> {
    this.#stopTimers();
    if (!this.#needs.remembered) return await this.end();
    const remote = this.#remote;
    this.lost();
    if (remote) await (this.#pausing = this.#pause(remote));
  }

  async end(): Promise<void> {
    this.#stopTimers();
    const opening = await this.#opening?.catch(() => undefined);
    const id = opening?.sandboxId ?? (await this.#rememberedId());
    this.lost();
    if (id === undefined) return;
    const { remembered, connection, log } = this.#needs;
    // Should it not be ended now, it is a stray from here on, and the job for those ends it.
    await remembered?.forget();
    await retried(() => Remote.kill(id, connection)).catch((error: unknown) =>
      log(`could not end ${id}: ${nameOf(error)}`),
    );
  }

  #stopTimers(): void {
    clearTimeout(this.#idle);
    clearInterval(this.#alive);
    this.#alive = undefined;
  }

  async #running(): Promise<Remote> {
    if (this.#remote && this.#endsAt - Date.now() < 5_000) this.lost(); // paused by now: it has to be woken
    const remote = await (this.#opening ??= this.#open().catch((error: unknown) => {
      this.lost();
      throw problemOf(error, this.#needs.template);
    }));
    if (this.#endsAt - Date.now() < leastMs) await this.#prolong();
    return remote;
  }

  async #open(): Promise<Remote> {
    await this.#pausing;
    const { remembered } = this.#needs;
    const had = await this.#rememberedId();
    const found = had === undefined ? undefined : await this.#connect(had);
    const remote = found ?? (await this.#make());
    if (!found && remembered) {
      const holder = await remembered.claim(had, remote.sandboxId);
      if (holder !== remote.sandboxId) {
        // Another server was faster; its sandbox is the conversation's.
        await Remote.kill(remote.sandboxId, this.#needs.connection);
        const other = await this.#connect(holder);
        if (!other) throw new SandboxNotFoundError(`${holder} ended`);
        return this.#opened(other);
      }
      this.#wasReplaced = had !== undefined;
    }
    return this.#opened(remote);
  }

  #opened(remote: Remote): Remote {
    this.#remote = remote;
    this.#endsAt = Date.now() + livesMs;
    return remote;
  }

  /** Undefined when it is gone for good. */
  async #connect(id: string): Promise<Remote | undefined> {
    try {
      return await retried(() => Remote.connect(id, { ...this.#needs.connection, timeoutMs: livesMs }));
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  #make(): Promise<Remote> {
    const { connection, template, metadata, network, remembered } = this.#needs;
    // Once more after a failure that may have left one: the job for strays ends what nobody remembers.
    return retried(() =>
      Remote.create(template, {
        ...connection,
        metadata,
        timeoutMs: livesMs,
        lifecycle: { onTimeout: remembered ? "pause" : "kill" },
        ...(network === "none"
          ? { allowInternetAccess: false, network: { allowPublicTraffic: false } }
          : { network: { ...network, allowPublicTraffic: false } }),
      }),
    );
  }

  async #rememberedId(): Promise<string | undefined> {
    return this.#remote?.sandboxId ?? (await this.#needs.remembered?.get());
  }

  /** Gives a sandbox in use its time anew. */
  async #prolong(): Promise<void> {
    const remote = this.#remote;
    if (!remote || this.#endsAt - Date.now() >= leastMs) return;
    try {
      await remote.setTimeout(livesMs);
      this.#endsAt = Date.now() + livesMs;
    } catch (error) {
      if (isGone(error)) this.lost();
      else this.#needs.log(`could not prolong ${remote.sandboxId}: ${nameOf(error)}`);
    }
  }

  #rest(): void {
    const remote = this.#remote;
    if (!remote || !this.#needs.remembered) return;
    this.#idle = setTimeout(() => {
      if (this.#users > 0) return;
      this.lost();
      this.#pausing = this.#pause(remote);
    }, this.#needs.idleMs).unref();
  }

  /** Pauses it unless another server runs something in it. Should this fail, E2B pauses it by itself a little later. */
  async #pause(remote: Remote): Promise<void> {
    try {
      const running = await remote.commands.list({ requestTimeoutMs: pauseMs });
      if (running.length === 0) await remote.pause({ requestTimeoutMs: pauseMs });
    } catch (error) {
      if (!isGone(error)) this.#needs.log(`could not pause ${remote.sandboxId}: ${nameOf(error)}`);
    }
  }
}

/** Once more, where the first try surely came to nothing or does no harm. */
export async function retried<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isPassing(error)) throw error;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return await work();
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "error";
}
