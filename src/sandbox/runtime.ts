import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { Problem } from "../contract/problem.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { withoutTypes } from "./tool-code.ts";

/** Starts tool processes: Deno with our boot script and the kit, and with no permission but one address. */
export type Runtime = {
  /** Where its scripts lie; stands in the command line of each of its processes. */
  folder: string;
  start(limits: { heapMb: number; cpuSeconds: number; network: string | undefined }): ToolChild;
  close(): Promise<void>;
};

export type ToolChild = ChildProcessByStdio<Writable, Readable, Readable>;

const require = createRequire(import.meta.url);

/**
 * Lays out the boot script and the kit in a folder of its own. Their types are taken away here, once, for with nowhere
 * to cache (see `start`) Deno would do it at every start.
 *
 * @throws Problem `sandbox_unavailable` when no Deno is installed for this machine.
 */
export async function openRuntime(): Promise<Runtime> {
  const deno = denoBinary();
  const folder = await temporaryFolder("tools");
  const imports: Record<string, string> = { "@patchbay/kit": "./kit/index.js", "node:process": "./process.js" };
  const lay = async (from: string, name: string) => {
    const javascript = name.replace(/\.ts$/, ".js");
    await writeFile(join(folder, javascript), withoutTypes(await readFile(from, "utf8")));
    imports[`./${name}`] = `./${javascript}`; // so that their imports of each other hold
  };
  await mkdir(join(folder, "kit"));
  for (const name of ["boot.ts", "process.ts", "wire.ts"]) await lay(join(import.meta.dirname, name), name);
  const kit = dirname(require.resolve("@patchbay/kit"));
  for (const name of await readdir(kit)) {
    if (name.endsWith(".ts") && !/\.(test|d)\.ts$/.test(name)) await lay(join(kit, name), `kit/${name}`);
  }
  const scopes = { "./process.js": { "node:process": "node:process" } };
  await writeFile(join(folder, "imports.json"), JSON.stringify({ imports, scopes }));

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
      const options = {
        cwd: folder,
        env: nowhereToStore,
        detached: true,
        windowsHide: true,
        stdio,
      };
      if (process.platform === "win32") return spawn(deno, words, options);
      // The kernel's own limits, which hold when this server is busy or gone: processor time, connections, no file at all.
      const limited = `ulimit -t ${cpuSeconds}; ulimit -n 128; ulimit -f 0; ulimit -c 0; exec "$0" "$@"`;
      return spawn("/bin/sh", ["-c", limited, deno, ...words], options);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Asks nobody, fetches nothing, takes up no settings from files that lie about. */
const closed = ["--no-prompt", "--no-remote", "--no-npm", "--cached-only", "--no-lock", "--no-config"];

/**
 * The whole environment of a tool process. Deno keeps `localStorage` and `caches` in this folder even for programs that
 * may not write files, and one tenant's tool could leave things there for another's: it must be a place that cannot be.
 */
const nowhereToStore = { DENO_DIR: process.platform === "win32" ? "NUL\\none" : "/dev/null/none" };

/** Finds the program in the package for this machine, so that no install script has to have run. */
function denoBinary(): string {
  const system = process.platform === "linux" ? `linux-${process.arch}-glibc` : `${process.platform}-${process.arch}`;
  const name = `@deno/${system}`;
  try {
    const folder = dirname(createRequire(require.resolve("deno/package.json")).resolve(`${name}/package.json`));
    const program = join(folder, process.platform === "win32" ? "deno.exe" : "deno");
    if (existsSync(program)) return program;
  } catch {
    // told below
  }
  throw new Problem("sandbox_unavailable", {
    detail: `the package ${name} is not installed. Run \`npm ci\` again without --omit=optional, on a system Deno supports.`,
  });
}
