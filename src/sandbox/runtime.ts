import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** Starts tool processes: Deno with our boot script and the kit, and with no permission but one address. */
export type Runtime = {
  /** Where its scripts lie; stands in the command line of each of its processes. */
  folder: string;
  start(limits: { heapMb: number; cpuSeconds: number; network: string | undefined }): ToolChild;
};

export type ToolChild = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts tool processes with the scripts that were laid out in a folder, as some other user where one is named. */
export function runtimeIn(
  folder: string,
  deno: string,
  o: { user?: { uid: number; gid: number } | undefined; env?: Record<string, string> } = {},
): Runtime {
  return {
    folder,
    start({ heapMb, cpuSeconds, network }) {
      const words = [
        "run",
        ...closed,
        `--import-map=${join(folder, "imports.json")}`,
        `--v8-flags=--max-old-space-size=${heapMb}`,
        ...(network === undefined ? [] : [`--allow-net=${network}`]),
        join(folder, "boot.js"),
      ];
      const stdio: ["pipe", "pipe", "pipe"] = ["pipe", "pipe", "pipe"];
      const env = { ...nowhereToStore, ...o.env };
      const options = { cwd: folder, env, detached: true, windowsHide: true, stdio, ...o.user };
      if (process.platform === "win32") return spawn(deno, words, options);
      // The kernel's own limits, which hold when this server is busy or gone: processor time, connections, no file at all.
      const limited = `ulimit -t ${cpuSeconds}; ulimit -n 128; ulimit -f 0; ulimit -c 0; exec "$0" "$@"`;
      return spawn("/bin/sh", ["-c", limited, deno, ...words], options);
    },
  };
}

/** Asks nobody, fetches nothing, takes up no settings from files that lie about. */
const closed = ["--no-prompt", "--no-remote", "--no-npm", "--cached-only", "--no-lock", "--no-config"];

/**
 * The environment of a tool process, all of it on the server's own machine. Deno keeps `localStorage` and `caches` in this folder even for programs that
 * may not write files, and one tenant's tool could leave things there for another's: it must be a place that cannot be.
 */
const nowhereToStore = { DENO_DIR: process.platform === "win32" ? "NUL\\none" : "/dev/null/none" };
