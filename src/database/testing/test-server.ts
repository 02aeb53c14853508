import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { startOf } from "../data-folder.ts";

const Ready = z.union([z.object({ port: z.number() }), z.object({ failed: z.string() })]);

/**
 * The real Postgres of this test run: started by whichever test file asks first, shared by all, stopped by its keeper when
 * the run is over, however it ended.
 *
 * @param run  The process that is the run: for vitest, which gives each test file a child process, the parent.
 */
export async function testServer(run: number = process.ppid): Promise<{ port: number }> {
  // Process ids come again, so the start of the process counts too.
  const mark = createHash("sha256")
    .update(`${run}/${startOf(run)}`)
    .digest("hex")
    .slice(0, 12);
  const folder = join(tmpdir(), `patchbay-test-postgres-${mark}`);
  if (makeFolder(folder)) {
    const keeper = join(import.meta.dirname, "keep-postgres.ts");
    spawn(process.execPath, [keeper, folder, String(run)], { detached: true, stdio: "ignore" }).unref();
  }
  for (let tries = 0; tries < 600; tries++) {
    const text = read(join(folder, "ready.json"));
    if (text) {
      const ready = Ready.parse(JSON.parse(text));
      if ("failed" in ready) throw new Error(`Postgres did not start: ${ready.failed}`);
      return ready;
    }
    await sleep(50);
  }
  throw new Error("Postgres did not start within 30 seconds");
}

function makeFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o755 });
    return true;
  } catch {
    return false; // another test file was first
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
