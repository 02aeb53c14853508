import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "../contract/secret.ts";

/**
 * The vault keys of the embedded default: `vault.key` in the data folder, readable by its owner only, made at the first
 * start. When it is lost, everything sealed with it is lost too.
 *
 * @returns the keys as `createVault` takes them; more may be added by hand, newest first, a line each.
 */
export function keysOf(folder: string): Secret {
  const file = join(folder, "vault.key");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!exists(file)) makeKey(file);
  // A copied folder often comes with wider modes.
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  return new Secret(readFileSync(file, "utf8").trim().split(/\s+/).join(","));
}

/** Whole or not at all, on the disk before anything is sealed with it, and never over an existing key. */
function makeKey(file: string): void {
  const unfinished = `${file}.${randomBytes(6).toString("hex")}`;
  const key = `k${randomBytes(3).toString("hex")}:${randomBytes(32).toString("base64")}\n`;
  try {
    writeFileSync(unfinished, key, { flag: "wx", mode: 0o600, flush: true });
    linkSync(unfinished, file);
  } catch (error) {
    if (!exists(file)) throw error; // else another process was faster: its key counts
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
