import { type CpOptions, type FileContent, type IFileSystem, ReadWriteFs } from "just-bash";

const leastBytes = 4096; // what an empty file or folder takes on a disk

/** A real folder as a shell's file system, with a limit on what all its files together may take. */
export class BoundedFiles extends ReadWriteFs {
  readonly #limit: number;
  /** What may still be written before the folder is looked at again. */
  #left = 0;

  constructor(root: string, limitBytes: number) {
    super({ root, maxFileReadSize: 64 * 1024 * 1024 });
    this.#limit = limitBytes;
  }

  override async writeFile(
    path: string,
    content: FileContent,
    options?: Parameters<IFileSystem["writeFile"]>[2],
  ): Promise<void> {
    await this.#reserve(content.length, path);
    return await super.writeFile(path, content, options);
  }

  override async appendFile(
    path: string,
    content: FileContent,
    options?: Parameters<IFileSystem["appendFile"]>[2],
  ): Promise<void> {
    await this.#reserve(content.length, path);
    return await super.appendFile(path, content, options);
  }

  override async mkdir(path: string, options?: Parameters<IFileSystem["mkdir"]>[1]): Promise<void> {
    await this.#reserve(0, path);
    return await super.mkdir(path, options);
  }

  override async cp(from: string, to: string, options?: CpOptions): Promise<void> {
    await this.#reserve(await this.#sizeOf(from), to);
    return await super.cp(from, to, options);
  }

  /** All files, by absolute path. */
  async list(): Promise<{ path: string; size: number }[]> {
    return (await this.#entries("/")).filter(({ isFile }) => isFile).map(({ path, size }) => ({ path, size }));
  }

  /** Everything below a folder. Symbolic links are left out and not followed: nobody here could have made one. */
  async #entries(folder: string): Promise<{ path: string; size: number; isFile: boolean }[]> {
    const found: { path: string; size: number; isFile: boolean }[] = [];
    for (const { name, isDirectory, isFile } of await this.readdirWithFileTypes(folder)) {
      const path = folder === "/" ? `/${name}` : `${folder}/${name}`;
      if (isFile) found.push({ path, size: (await this.stat(path)).size, isFile });
      if (isDirectory) found.push({ path, size: 0, isFile }, ...(await this.#entries(path)));
    }
    return found;
  }

  async #reserve(bytes: number, path: string): Promise<void> {
    const needed = Math.max(bytes, leastBytes);
    if (needed > this.#left) this.#left = this.#limit - (await this.#sizeOf("/"));
    if (needed > this.#left)
      throw new Error(`ENOSPC: no space left for '${path}': a conversation keeps ${this.#limit / 1_000_000} MB`);
    this.#left -= needed;
  }

  async #sizeOf(path: string): Promise<number> {
    const { isDirectory, size } = await this.stat(path);
    const entries = isDirectory ? await this.#entries(path) : [{ size }];
    return entries.reduce((sum, entry) => sum + Math.max(entry.size, leastBytes), 0);
  }
}
