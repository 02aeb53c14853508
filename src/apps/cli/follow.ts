import { setTimeout as wait } from "node:timers/promises";
import { ORPCError } from "@orpc/client";
import type { ChatEvent } from "../../contract/chat.ts";
import type { Api } from "../../contract/procedures.ts";

/**
 * The events of a conversation after `after`, across lost connections: each event once, in order. Ends when `signal` aborts.
 */
export async function* follow(api: Api, id: string, after: number, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  let last = after;
  for (let delay = 250; !signal.aborted; delay = Math.min(delay * 2, 5000)) {
    try {
      for await (const event of await api.conversations.events({ id, after: last }, { signal })) {
        delay = 250;
        if (event.seq <= last) continue;
        last = event.seq;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      // An answer of the server (signed out, deleted) is final; a lost connection is not.
      if (error instanceof ORPCError && error.status < 500) throw error;
    }
    await wait(delay, undefined, { signal }).catch(() => undefined);
  }
}
