import { cp } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Makes a repository of its own of this folder: its contents without the tests, and the kit the tools import. */
export async function copyOut(target: string): Promise<void> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const kit = dirname(fileURLToPath(import.meta.resolve("@patchbay/kit")));
  const wanted = (path: string) => !path.endsWith(".test.ts") && basename(path) !== "node_modules";
  await cp(root, target, { recursive: true, filter: wanted });
  await cp(kit, join(target, "kit"), { recursive: true, filter: wanted });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [target] = process.argv.slice(2);
  if (target) await copyOut(target);
  else {
    console.error("Where to? node scripts/copy-out.ts ../patchbay-community");
    process.exitCode = 2;
  }
}
