import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { home } from "../env.ts";
import type { Log } from "./log.ts";

/** Where the built page lies. */
export const pageFolder = join(home, "dist/web");
const source = join(home, "src/apps/web");

/**
 * Builds the page when it is not there or older than what it is made of, which takes less than a second. Whoever asks for the
 * page meanwhile waits. A package without the sources brings the built page along.
 */
export async function readyPage(log: Log): Promise<void> {
  if (!isStale()) return;
  const started = performance.now();
  // In a process of its own: what building needs is given back, and nothing of this one's environment changes the outcome.
  const vite = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin/vite.js");
  const words = [vite, "build", "--config", join(source, "vite.config.ts"), "--logLevel", "error"];
  await promisify(execFile)(process.execPath, words, { cwd: home, env: { NODE_ENV: "production" } });
  log({ event: "page built", ms: Math.round(performance.now() - started) });
}

function isStale(): boolean {
  if (!existsSync(source)) return false;
  const built = join(pageFolder, "index.html");
  if (!existsSync(built)) return true;
  const builtAt = statSync(built).mtimeMs;
  return newest(source) > builtAt || newest(join(home, "src/contract")) > builtAt;
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(0, ...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}
