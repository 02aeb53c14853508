import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Problem } from "../contract/problem.ts";

/** Who works on the folder. A process is known by its id and its start: ids come again, also after a restart in a container. */
const Holder = z.object({ pid: z.number().int().positive(), started: z.string(), mark: z.string() });
type Holder = z.infer<typeof Holder>;

/**
 * Takes the data folder for this process: PGlite would open it twice without a word, and spoil it. The lock of a process
 * that was killed is taken over.
 *
 * @throws Problem `data_folder_in_use`
 */
export async function lockFolder(folder: string): Promise<{ release(): void }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "server.lock");
  const own: Holder = { pid: process.pid, started: startOf(process.pid) ?? "", mark: randomUUID() };
  const written = `${file}.${own.mark}`;
  writeFileSync(written, JSON.stringify(own), { mode: 0o600 });
  try {
    if (!isFirst(written, file)) {
      const holder = read(file);
      if (holder && isRunning(holder)) throw new Problem("data_folder_in_use", { folder, pid: holder.pid });
      // Two servers may find the same dead lock at once: the last to put its own here has the folder.
      renameSync(written, file);
      await sleep(150);
      const last = read(file);
      if (last?.mark !== own.mark) throw new Problem("data_folder_in_use", { folder, pid: last?.pid ?? 0 });
    }
  } finally {
    rmSync(written, { force: true });
  }
  return {
    release() {
      if (read(file)?.mark === own.mark) rmSync(file, { force: true });
    },
  };
}

/** Whole and only when there is none: a lock is never seen half written. */
function isFirst(written: string, file: string): boolean {
  try {
    linkSync(written, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function read(file: string): Holder | undefined {
  try {
    return Holder.safeParse(JSON.parse(readFileSync(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

function isRunning({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  const start = startOf(pid);
  return start === undefined || started === "" || start === started;
}

/** When a process started, in whatever form the system tells it; undefined where it does not. */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      return `${boot}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`; // field 22, after the name in brackets
    }
    if (process.platform === "win32") return undefined;
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
