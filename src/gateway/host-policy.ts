import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Problem } from "../contract/problem.ts";
import { kindOfAddress } from "./address.ts";
import { type Host, readHost } from "./host.ts";

export type Address = { address: string; family: 4 | 6 };
export type Scheme = "http:" | "https:";

/** Which hosts may be reached at all, and at which addresses. Shared by the gateway and every fetch of the server's own. */
export type HostPolicy = {
  /** Adds a private host while running, e.g. the practice service: `127.0.0.1:4801`. Without a port, all its ports. */
  allow(host: string): void;
  isListed(host: Host): boolean;
  /**
   * The addresses a connection to this host may use; whoever connects uses these and never resolves again.
   * @throws Problem `scheme_refused`, `address_refused`, `service_unreachable`
   */
  addressesOf(scheme: Scheme, host: Host): Promise<Address[]>;
  /** The loopback origin that plays this public host, where a stage was set up for the demo or a test. */
  stagedAt(host: Host): string | undefined;
  /** Certificate authorities to trust beside the usual ones. */
  ca: string[] | undefined;
};

export type Lookup = (name: string) => Promise<{ address: string; family: number }[]>;

/**
 * Public addresses over https, and what is listed: private hosts by address or name, optionally with port. A listed name may
 * point into one's own networks, but not at link-local and other special addresses, so that no DNS answer makes it reach
 * cloud metadata; for that the address itself would have to be listed.
 */
export function hostPolicy(o: {
  allowPrivateHosts: string[];
  lookup?: Lookup;
  ca?: string[];
  /** Public hosts that are played by this machine: name to `http://127.0.0.1:PORT`. No setting leads here. */
  stage?: ReadonlyMap<string, string>;
}): HostPolicy {
  const listed = new Set(o.allowPrivateHosts.map((text) => readHost(text.trim()).text));
  const resolve = o.lookup ?? ((name) => systemLookup(name, { all: true }));
  const isListed = (host: Host) => listed.has(host.text) || listed.has(host.text.replace(/:\d+$/, ""));

  return {
    allow: (text) => void listed.add(readHost(text).text),
    isListed,
    ca: o.ca,
    stagedAt: (host) => o.stage?.get(host.text),
    addressesOf: async (scheme, host) => {
      if (scheme === "https:" && o.stage?.has(host.text)) return [{ address: "127.0.0.1", family: 4 }];
      const own = isListed(host);
      if (scheme === "http:" && !own) throw new Problem("scheme_refused", { host: host.text });
      if (host.isAddress) {
        if (!own && kindOfAddress(host.name) !== "public") throw new Problem("address_refused", { host: host.text });
        return [{ address: host.name, family: isIP(host.name) === 6 ? 6 : 4 }];
      }
      const found = await resolve(host.name).catch(() => []);
      if (found.length === 0) {
        throw new Problem("service_unreachable", { host: host.text, reason: "no such host" });
      }
      const usable = found.filter(({ address }) => {
        const kind = kindOfAddress(address);
        return kind === "public" || (own && kind === "private");
      });
      if (usable.length === 0) throw new Problem("address_refused", { host: host.text });
      return usable.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
    },
  };
}

/** Whether a host, as anybody may have written it, is one that was listed. What is no plain host is none. */
export function isListed(policy: HostPolicy, host: string): boolean {
  try {
    return policy.isListed(readHost(host));
  } catch {
    return false;
  }
}
