import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ours = /^patchbay-sandbox-(\d+)-/;
let swept: Promise<void> | undefined;

/**
 * A new folder for as long as this process lives. Whoever makes it removes it; what a server that was killed could not
 * remove, the next one does.
 */
export async function temporaryFolder(purpose: string): Promise<string> {
  await (swept ??= sweep());
  return await mkdtemp(join(tmpdir(), `patchbay-sandbox-${process.pid}-${purpose}-`));
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(ours.exec(name)?.[1]);
    // A folder of another person's server cannot be removed, and is none of our business.
    if (pid && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
