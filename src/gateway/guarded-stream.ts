import { fetch as undiciFetch, type RequestInit as UndiciInit } from "undici";
import type { HostPolicy } from "./host-policy.ts";
import { readHost } from "./host.ts";
import { openUpstream } from "./upstream.ts";

/**
 * A `fetch` for a library that sends its requests itself and whose answers are streams: reaches what the host policy allows, at
 * the addresses that were checked, and hands a redirect back instead of following it.
 *
 * @throws Problem `host_refused`, `scheme_refused`, `address_refused`, `service_unreachable`
 */
export function guardedStream(policy: HostPolicy): typeof globalThis.fetch {
  const upstream = openUpstream(policy, { answerTimeoutMs: 10 * 60_000 });
  return async (address, init) => {
    const url = new URL(address instanceof Request ? address.url : address);
    const dispatcher = await upstream.poolTo(url.protocol === "http:" ? "http:" : "https:", readHost(url.host));
    // The same standard types, declared twice.
    const given = { ...init, redirect: "manual", dispatcher } as UndiciInit;
    return (await undiciFetch(url, given)) as unknown as Response;
  };
}
