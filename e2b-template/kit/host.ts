/** Everything a tool can touch. The sandbox gives its own; run by hand, a tool gets this machine's (`machine.ts`). */
export type Host = {
  argv: string[];
  /** `{SLUG}_BASE_URL`, `{SLUG}_ACCESS_TOKEN`, `{SLUG}_API_KEY`, `{SLUG}_{FIELD}`, `PATCHBAY_GATEWAY`. */
  env: Record<string, string | undefined>;
  /** All of it; empty when nothing is piped. */
  stdin(): Promise<Uint8Array>;
  write(stream: "stdout" | "stderr", data: Uint8Array | string): void | Promise<void>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, data: Uint8Array): Promise<void>;
  fetch: typeof fetch;
};

type Embedding = { host: Host; started: (code: Promise<number>) => void };
let embedding: Embedding | undefined;

/**
 * For the sandbox: the next `tool()` runs on this host. Call it before the tool's module is imported, and wait for
 * `finished()` after: the exit code, 2 when the module never called `tool()`.
 */
export function embed(host: Host): { finished(): Promise<number> } {
  let run: Promise<number> | undefined;
  embedding = { host, started: (code) => (run ??= code) };
  return {
    finished: async () => {
      if (run) return run;
      const message = "This file defines no tool: it must call tool() from @patchbay/kit.";
      await host.write("stderr", `${JSON.stringify({ ok: false, code: "no_tool", message, retryable: false })}\n`);
      return 2;
    },
  };
}

/** The embedding that waits for a tool, if there is one. */
export function takeEmbedding(): Embedding | undefined {
  return embedding;
}
