/**
 * Everything that must hold before a change lands: form, lint, types, the directions of imports, the page's build, and the
 * tests. Prints one closing line `N passed, N failed`, each check counted as one beside the tests.
 * Arguments are handed to vitest: `npm test -- src/gateway`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

const root = resolve(import.meta.dirname, "..");
const bin = (name: string) => join(root, "node_modules/.bin", name);
const scratch = mkdtempSync(join(tmpdir(), "patchbay-test-"));
const results = join(scratch, "results.json");

const checks: [name: string, command: string, args: string[]][] = [
  ["format", bin("oxfmt"), ["--check"]],
  ["lint", bin("oxlint"), ["--deny-warnings"]],
  ["types", bin("tsc"), ["--noEmit"]],
  ["imports", process.execPath, ["scripts/imports.ts"]],
  ["page", bin("vite"), ["build", "--config", "src/apps/web/vite.config.ts", "--logLevel", "warn"]],
];

let passed = 0;
let failed = 0;

for (const [name, command, args] of checks) {
  const started = performance.now();
  const ran = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  const ok = ran.status === 0;
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${Math.round(performance.now() - started)} ms)`);
  if (!ok) console.log(`${ran.stdout ?? ""}${ran.stderr ?? ""}${ran.error ? String(ran.error) : ""}`);
  if (ok) passed += 1;
  else failed += 1;
}

const ran = spawnSync(
  bin("vitest"),
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${results}`, ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);
const Results = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numFailedTestSuites: z.number(),
  success: z.boolean(),
});
try {
  const counts = Results.parse(JSON.parse(readFileSync(results, "utf8")));
  passed += counts.numPassedTests;
  // A file that cannot even be loaded has no failed test of its own.
  failed += counts.success ? 0 : Math.max(1, counts.numFailedTests);
} catch (error) {
  console.error(`vitest left no results: ${String(error)}`);
  failed += 1;
}
if (ran.status !== 0 && failed === 0) failed = 1;
rmSync(scratch, { recursive: true, force: true });

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
