import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import type { Readable, Writable } from "node:stream";

/** One sandbox of the stand-in: real processes of this machine, which find real folders where a sandbox has its own. */
export type Machine = {
  folder: string;
  start(process: {
    cmd: string;
    args: string[];
    envs: Record<string, string>;
    cwd: string;
    user: string;
  }): MachineProcess;
  read(path: string): Uint8Array;
  write(path: string, data: Uint8Array, user: string): void;
  list(path: string, depth: number): { name: string; path: string; size: number; type: "file" | "dir" | "symlink" }[];
  freeze(): void;
  thaw(): void;
  end(): void;
};
export type MachineProcess = ChildProcessByStdio<Writable, Readable, Readable>;

const isRoot = process.getuid?.() === 0;
const namespaces = isRoot ? ["--mount"] : ["--user", "--map-root-user", "--mount"];

/** Whether this machine lets a process have folders of its own, which the stand-in lives by: Linux, as root or with user namespaces. */
export const canRunMachines =
  process.platform === "linux" &&
  spawnSync("unshare", [...namespaces, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

/** Whether scripts can be kept apart inside, as the template does it; that takes another user. */
export const canIsolate = canRunMachines && isRoot;

export async function startMachine(o: { app: string; node: string; deno: string; network: boolean }): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), "patchbay-stand-in-"));
  chmodSync(folder, 0o755);
  const made = (name: string, mode = 0o755) => {
    mkdirSync(join(folder, name), { mode });
    chmodSync(join(folder, name), mode);
    return join(folder, name);
  };
  const [root, homeFolder, tmp, cli, own] = [
    made("root"),
    made("home"),
    made("tmp", 0o777),
    made("cli"),
    made("own", 0o700),
  ];
  if (isRoot) chownSync(homeFolder, 1000, 1000);
  const passwd = join(folder, "passwd");
  const others = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("user:"))
    .join("\n");
  writeFileSync(passwd, `user:x:1000:1000::/home/user:/bin/bash\n${others}`);
  const places: [string, string][] = [
    ["/home/user", homeFolder],
    ["/tmp", tmp],
    ["/app/cli", cli],
    ["/root", own],
  ];
  const onDisk = (path: string) => {
    const whole = posix.resolve("/home/user", path);
    const place = places.find(([at]) => whole === at || whole.startsWith(`${at}/`));
    return place && join(place[1], whole.slice(place[0].length));
  };

  const apart = [...namespaces, "--propagation", "private", ...(o.network ? [] : ["--net"])];
  const words = [root, homeFolder, tmp, own, o.app, cli, passwd, o.node, o.deno];
  const holder = spawn("unshare", [...apart, "/bin/sh", join(import.meta.dirname, "machine.sh"), ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("close", (code) => reject(new Error(`the stand-in's machine did not start (${code})`)));
  });
  const processes = new Set<MachineProcess>();
  /** To every process of the sandbox, those included that went into a session of their own. */
  const signal = (name: NodeJS.Signals) => {
    const parents = parentsOfProcesses();
    const found = new Set([...processes].flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
    for (let before = -1; before !== found.size;) {
      before = found.size;
      for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
    }
    for (const pid of found) {
      try {
        process.kill(pid, name);
      } catch {
        // it has ended
      }
    }
  };

  return {
    folder,
    start({ cmd, args, envs, cwd, user }) {
      const inside = [
        `--mount=/proc/${holder.pid}/ns/mnt`,
        ...(isRoot ? [] : [`--user=/proc/${holder.pid}/ns/user`, "--preserve-credentials"]),
        ...(o.network ? [] : [`--net=/proc/${holder.pid}/ns/net`]),
        `--root=/proc/${holder.pid}/root${root}`,
        "--",
      ];
      const as = user === "user" && isRoot ? ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"] : [];
      const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: user === "root" ? "/root" : "/home/user", ...envs };
      const variables = Object.entries(canIsolate ? env : { ...env, PATCHBAY_UNISOLATED: "yes" });
      const words = ["env", "-i", "-C", cwd || "/home/user", ...variables.map(([name, value]) => `${name}=${value}`)];
      const child = spawn("nsenter", [...inside, ...words, ...as, cmd, ...args], {
        detached: true,
        stdio: ["pipe", "pipe", "pipe"],
      });
      child.stdin.on("error", () => {}); // it ended while we wrote
      processes.add(child);
      child.once("close", () => processes.delete(child));
      return child;
    },
    read(path) {
      const file = onDisk(path);
      if (file === undefined || !existsSync(file) || !lstatSync(file).isFile())
        throw new Error(`path '${path}' does not exist`);
      return readFileSync(file);
    },
    write(path, data, user) {
      const file = onDisk(path);
      if (file === undefined) throw new Error(`permission denied: ${path}`);
      const folders: string[] = [];
      for (let at = dirname(file); !existsSync(at); at = dirname(at)) folders.unshift(at);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data);
      if (isRoot && user === "user") for (const one of [...folders, file]) chownSync(one, 1000, 1000);
    },
    list(path, depth) {
      const top = onDisk(path);
      if (top === undefined || !existsSync(top)) throw new Error(`path '${path}' does not exist`);
      const walk = (folder: string, shown: string, left: number): ReturnType<Machine["list"]> =>
        readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
          const own = {
            name: entry.name,
            path: posix.join(shown, entry.name),
            size: lstatSync(join(folder, entry.name)).size,
            type: entry.isDirectory()
              ? ("dir" as const)
              : entry.isSymbolicLink()
                ? ("symlink" as const)
                : ("file" as const),
          };
          return own.type === "dir" && left > 1 ? [own, ...walk(join(folder, entry.name), own.path, left - 1)] : [own];
        });
      return walk(top, path, depth);
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    end() {
      signal("SIGKILL");
      if (holder.pid !== undefined && holder.exitCode === null) {
        try {
          process.kill(-holder.pid, "SIGKILL");
        } catch {
          // it has ended
        }
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function parentsOfProcesses(): [number, number][] {
  return readdirSync("/proc").flatMap((name): [number, number][] => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "utf8")) ?? [];
      return parent === undefined ? [] : [[Number(name), Number(parent)]];
    } catch {
      return []; // it has ended
    }
  });
}
