import type { RememberedSandboxes } from "../e2b/remembered.ts";

/** What the database remembers, for tests that need none. */
export function rememberedInMemory(): RememberedSandboxes {
  const held = new Map<string, string>();
  return {
    get: async (id) => held.get(id),
    async claim(id, had, sandboxId) {
      if (held.get(id) === had) held.set(id, sandboxId);
      return held.get(id) ?? sandboxId;
    },
    forget: async (id) => void held.delete(id),
    known: async (ids) => new Set(ids.filter((id) => [...held.values()].includes(id))),
  };
}
