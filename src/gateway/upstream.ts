import type { LookupFunction } from "node:net";
import { Pool } from "undici";
import type { Host } from "./host.ts";
import type { Address, HostPolicy, Scheme } from "./host-policy.ts";

/** Connections to services, kept alive per host and address. */
export type Upstream = {
  /** A pool whose every connection goes to addresses checked within the last ten seconds. */
  poolTo(scheme: Scheme, host: Host): Pool | Promise<Pool>;
  close(): Promise<void>;
};

type Kept = { pool: Pool; addresses: string; checkedAt: number };

const checkedForMs = 10_000;
const poolLimit = 256;

export function openUpstream(policy: HostPolicy, o: { answerTimeoutMs?: number } = {}): Upstream {
  const kept = new Map<string, Kept>();
  const checking = new Map<string, Promise<Pool>>();

  const check = async (key: string, scheme: Scheme, host: Host): Promise<Pool> => {
    const addresses = await policy.addressesOf(scheme, host);
    const written = addresses.map(({ address }) => address).join(" ");
    const before = kept.get(key);
    kept.delete(key); // what was used last stands last
    if (before?.addresses === written) {
      kept.set(key, { ...before, checkedAt: Date.now() });
      return before.pool;
    }
    if (before) retire(before.pool);
    const pool = new Pool(policy.stagedAt(host) ?? `${scheme}//${host.text}`, {
      connect: { timeout: 10_000, ca: policy.ca, lookup: pinned(addresses) },
      headersTimeout: o.answerTimeoutMs ?? 120_000,
      bodyTimeout: o.answerTimeoutMs ?? 120_000,
      keepAliveTimeout: 10_000,
      connections: 128,
      allowH2: false,
    });
    kept.set(key, { pool, addresses: written, checkedAt: Date.now() });
    for (const [oldest, { pool }] of kept) {
      if (kept.size <= poolLimit) break;
      kept.delete(oldest);
      retire(pool);
    }
    return pool;
  };

  return {
    poolTo: (scheme, host) => {
      const key = `${scheme}//${host.text}`;
      const known = kept.get(key);
      if (known && Date.now() - known.checkedAt < checkedForMs) return known.pool;
      const running = checking.get(key) ?? check(key, scheme, host).finally(() => checking.delete(key));
      checking.set(key, running);
      return running;
    },
    close: async () => {
      const pools = [...kept.values()].map(({ pool }) => pool.destroy());
      kept.clear();
      await Promise.all(pools);
    },
  };
}

/** Answers every lookup of a connection with the addresses that were checked: a second DNS answer is never asked for. */
function pinned(addresses: Address[]): LookupFunction {
  return (_name, options, callback) => {
    const [first] = addresses;
    if (!first) return callback(new Error("no address"), "", 0);
    if (options.all) return callback(null, addresses);
    return callback(null, first.address, first.family);
  };
}

/** Lets running requests end, then closes; nobody waits for it. */
function retire(pool: Pool): void {
  pool.close().catch(() => undefined);
}
