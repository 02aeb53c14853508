import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "vite";
import { layOutRuntime } from "../src/sandbox/open-runtime.ts";

/**
 * Lays out what every sandbox has under `/app`: the two programs of ours, in one file each, the boot script and the kit.
 * `bin/node` and `bin/deno` come from the image.
 */
export async function layOutApp(folder: string): Promise<void> {
  const inside = join(dirname(import.meta.dirname), "src", "sandbox", "inside");
  await mkdir(join(folder, "bin"), { recursive: true });
  await mkdir(join(folder, "cli"), { recursive: true });
  await build({
    configFile: false,
    root: inside,
    logLevel: "warn",
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: true,
      outDir: join(folder, "lib"),
      emptyOutDir: true,
      target: "node26",
      rollupOptions: {
        input: { run: join(inside, "run.ts"), tool: join(inside, "tool.ts") },
        output: { entryFileNames: "[name].js", chunkFileNames: "[name].js" },
      },
    },
  });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await layOutRuntime(join(folder, "runtime"));
  const program = join(folder, "bin", "run");
  await copyFile(join(import.meta.dirname, "run.sh"), program);
  await chmod(program, 0o755);
}
