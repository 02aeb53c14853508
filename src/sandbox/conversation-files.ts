import { mkdir, rm } from "node:fs/promises";
import { posix } from "node:path";
import { MountableFs, type MountConfig } from "just-bash";
import { BoundedFiles } from "./bounded-files.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const home = "/home/user";

/** What each of the two folders may take. */
const mostBytes = 200_000_000;

export type Folders = { home: string; tmp: string };

/** The files of one conversation, in two real folders: `/home/user`, which may be kept, and `/tmp`, which is not. */
export class ConversationFiles {
  readonly folders: Folders;
  readonly #keepsHome: boolean;
  readonly #fs: MountableFs;

  static async open(filesDir: string | undefined): Promise<ConversationFiles> {
    const tmp = await temporaryFolder("tmp");
    if (filesDir === undefined) return new ConversationFiles({ home: await temporaryFolder("home"), tmp }, false);
    await mkdir(filesDir, { recursive: true, mode: 0o700 });
    return new ConversationFiles({ home: filesDir, tmp }, true);
  }

  private constructor(folders: Folders, keepsHome: boolean) {
    this.folders = folders;
    this.#keepsHome = keepsHome;
    this.#fs = new MountableFs({ mounts: mounts(folders) });
  }

  /** Reads a file as the shell would, with the same refusals. */
  async read(path: string, from = home): Promise<Uint8Array> {
    const whole = posix.resolve(from, path);
    return await this.#fs.readFileBuffer(whole).catch((error: unknown) => {
      throw new Error(`${codeOf(error)}: ${path} cannot be read`);
    });
  }

  async write(path: string, data: Uint8Array, from = home): Promise<void> {
    const whole = posix.resolve(from, path);
    if (!whole.startsWith(`${home}/`) && !whole.startsWith("/tmp/"))
      throw new Error(`EACCES: ${path} is outside ${home} and /tmp`);
    await this.#fs.mkdir(posix.dirname(whole), { recursive: true });
    await this.#fs.writeFile(whole, data);
  }

  /** Writes a file that is not there yet. */
  async create(path: string, data: Uint8Array, from = home): Promise<void> {
    if (await this.#fs.exists(posix.resolve(from, path)))
      throw new Error(`EEXIST: ${path} is there already; name another with --output`);
    await this.write(path, data, from);
  }

  async list(): Promise<{ path: string; size: number }[]> {
    const files = await new BoundedFiles(this.folders.home, mostBytes).list();
    return files
      .map(({ path, size }) => ({ path: path.slice(1), size }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  async close(): Promise<void> {
    await rm(this.folders.tmp, { recursive: true, force: true });
    if (!this.#keepsHome) await rm(this.folders.home, { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.folders.home, { recursive: true, force: true });
  }
}

/** The folders as the shell finds them. Symbolic links are refused, so that no path leads out. */
export function mounts(folders: Folders): MountConfig[] {
  return [
    { mountPoint: home, filesystem: new BoundedFiles(folders.home, mostBytes) },
    { mountPoint: "/tmp", filesystem: new BoundedFiles(folders.tmp, mostBytes) },
  ];
}

function codeOf(error: unknown): string {
  return /^E[A-Z]+/.exec(error instanceof Error ? error.message : "")?.[0] ?? "EIO";
}
