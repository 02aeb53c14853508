import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Problem } from "../contract/problem.ts";
import { type Runtime, runtimeIn } from "./runtime.ts";
import { withoutTypes } from "./strip-types.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const require = createRequire(import.meta.url);

/**
 * The runtime of this machine, in a folder that goes with it.
 *
 * @throws Problem `sandbox_unavailable` when no Deno is installed for this machine.
 */
export async function openRuntime(): Promise<Runtime & { close(): Promise<void> }> {
  const deno = denoBinary();
  const folder = await temporaryFolder("tools");
  await layOutRuntime(folder);
  return { ...runtimeIn(folder, deno), close: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Lays out the boot script and the kit. Their types are taken away here, once, for with nowhere to cache (see
 * `runtimeIn`) Deno would do it at every start.
 */
export async function layOutRuntime(folder: string): Promise<void> {
  const imports: Record<string, string> = { "@patchbay/kit": "./kit/index.js", "node:process": "./process.js" };
  const lay = async (from: string, name: string) => {
    const javascript = name.replace(/\.ts$/, ".js");
    await writeFile(join(folder, javascript), withoutTypes(await readFile(from, "utf8")));
    imports[`./${name}`] = `./${javascript}`; // so that their imports of each other hold
  };
  await mkdir(join(folder, "kit"), { recursive: true });
  for (const name of ["boot.ts", "process.ts", "wire.ts"]) await lay(join(import.meta.dirname, name), name);
  const kit = dirname(require.resolve("@patchbay/kit"));
  for (const name of await readdir(kit)) {
    if (name.endsWith(".ts") && !/\.(test|d)\.ts$/.test(name)) await lay(join(kit, name), `kit/${name}`);
  }
  const scopes = { "./process.js": { "node:process": "node:process" } };
  await writeFile(join(folder, "imports.json"), JSON.stringify({ imports, scopes }));
}

/** Finds the program in the package for this machine, so that no install script has to have run. */
export function denoBinary(): string {
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
