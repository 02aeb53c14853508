import type { RememberedSandbox } from "../sandbox.ts";

/** What the database remembers of one conversation, for tests that need none. */
export function rememberedInMemory(): RememberedSandbox {
  let held: string | undefined;
  return {
    get: async () => held,
    async claim(had, sandboxId) {
      if (held === had) held = sandboxId;
      return held ?? sandboxId;
    },
    async forget() {
      held = undefined;
    },
  };
}
