/**
 * Enters into package-lock.json the packages for other platforms that npm left out because the registry at hand does not
 * hold them: `npm ci` refuses a lockfile without them, on every platform. Run after each `npm install`: `npm run lockfile`.
 *
 * An entry made here names version and platform, as its dependent demands; only a registry that has the package could add
 * its checksum. What runs on the platform npm was run on is never touched.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";

const Package = z.looseObject({
  version: z.string().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const Lockfile = z.looseObject({ packages: z.record(z.string(), Package) });

/** Adds what is missing and returns the names of what was added. */
export function completeLockfile(lockfile: z.infer<typeof Lockfile>): string[] {
  const added: string[] = [];
  for (const dependent of Object.values(lockfile.packages)) {
    for (const [name, version] of Object.entries(dependent.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`;
      if (lockfile.packages[path] || !/^\d/.test(version)) continue;
      const platform = platformIn(name);
      if (!platform) continue; // not a package for one platform: npm's word is taken
      lockfile.packages[path] = { version, optional: true, ...platform };
      added.push(`${name}@${version}`);
    }
  }
  lockfile.packages = Object.fromEntries(Object.entries(lockfile.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return added;
}

/** `@deno/darwin-arm64` -> `{ os: ["darwin"], cpu: ["arm64"] }` */
function platformIn(name: string): { os?: string[]; cpu: string[]; libc?: string[] } | undefined {
  const words = name.split(/[/-]/);
  const cpu = words.find((word) =>
    ["arm", "arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "wasm32"].includes(word),
  );
  if (!cpu) return undefined;
  if (cpu === "wasm32") return { cpu: [cpu] };
  const os = words.find((word) =>
    [
      "darwin",
      "linux",
      "win32",
      "win",
      "windows",
      "android",
      "freebsd",
      "openbsd",
      "netbsd",
      "sunos",
      "openharmony",
      "aix",
    ].includes(word),
  );
  if (!os) return undefined;
  const libc = /musl/.test(name) ? "musl" : /gnu|glibc/.test(name) ? "glibc" : undefined;
  return { os: [os.startsWith("win") ? "win32" : os], cpu: [cpu], ...(libc ? { libc: [libc] } : {}) };
}

if (import.meta.main) {
  const file = resolve(import.meta.dirname, "../package-lock.json");
  const lockfile = Lockfile.parse(JSON.parse(readFileSync(file, "utf8")));
  const added = completeLockfile(lockfile);
  writeFileSync(file, `${JSON.stringify(lockfile, null, 2)}\n`);
  console.log(`${added.length} packages for other platforms entered`);
}
