import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the TypeScript compiler refuses of the tools and scripts of a repository, as it says it. Empty: nothing. */
export function typeFaults(root: string): string {
  const compiler = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [compiler], { cwd: root, encoding: "utf8" });
  if (status === 0) return "";
  return `${stdout}${stderr}`.trim() || `the compiler did not end well: ${error?.message ?? `exit code ${status}`}`;
}
