import type { Database } from "../database/database.ts";

export type Changes = {
  /** Tells every server process, this one first, that what it remembers of a connection is old. */
  changed(connectionId: string): Promise<void>;
  /** Waits until some process changes the connection, at most this long. */
  changedWithin(connectionId: string, ms: number): Promise<void>;
  close(): Promise<void>;
};

const channel = "connection_changed";

/** Carries the news of changed connections among server processes. `heard` learns of each. */
export function openChanges(
  database: Database,
  heard: (connectionId: string) => void,
  log: (line: string) => void,
): Changes {
  const waiting = new Map<string, Set<() => void>>();

  function hear(id: string): void {
    heard(id);
    for (const go of waiting.get(id) ?? []) go();
  }

  // Until it listens, and should it fail, a change made by another process is seen when memory is a minute old.
  const listening = database.listen(channel, hear).catch(() => {
    log("changes of connections by other processes are not heard");
    return async () => undefined;
  });

  return {
    changed: async (id) => {
      hear(id);
      await database.notify(channel, id);
    },
    changedWithin: (id, ms) =>
      new Promise((resolve) => {
        const others = waiting.get(id) ?? new Set();
        const go = () => {
          clearTimeout(timer);
          others.delete(go);
          if (others.size === 0) waiting.delete(id);
          resolve();
        };
        const timer = setTimeout(go, ms);
        waiting.set(id, others.add(go));
      }),
    close: async () => (await listening)(),
  };
}
