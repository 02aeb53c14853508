import type { Call } from "./tool-process.ts";

/** The files of a conversation; each path is read from a folder. */
export type Files = {
  read(path: string, from: string): Promise<Uint8Array>;
  write(path: string, data: Uint8Array, from: string): Promise<void>;
  /** Only a file that is not there yet. */
  create(path: string, data: Uint8Array, from: string): Promise<void>;
};

/**
 * The files that one command line names, for the tool it runs. The tool asks for them by path and may have been written by
 * anyone, so the command line is the rule, not what it asks. What comes on stdin names nothing: it may be a stranger's text.
 */
export function namedFiles(argv: string[], cwd: string, files: Files): Call["files"] {
  return {
    async read(path) {
      if (!isNamed(argv, path)) throw new Error(`EACCES: the command does not name ${path}`);
      return await files.read(path, cwd);
    },
    async write(path, data) {
      // A download without --output gets a name of its own, which must not be one that is taken.
      if (isOutput(argv, path)) await files.write(path, data, cwd);
      else if (/^[^./\\][^/\\]*$/.test(path)) await files.create(path, data, cwd);
      else throw new Error(`EACCES: --output does not name ${path}`);
    },
  };
}

/** `path`, `@path`, `--flag=path`, one of `a,b`, or in JSON: `{"$file":"path"}`. */
function isNamed(argv: string[], path: string): boolean {
  if (path === "") return false;
  return argv.some((word) => {
    const value = word.startsWith("--") ? word.slice(word.indexOf("=") + 1) : word;
    return (
      [value, ...value.split(",")].some((one) => one === path || one === `@${path}`) ||
      word.includes(JSON.stringify(path))
    );
  });
}

function isOutput(argv: string[], path: string): boolean {
  return argv.some((word, place) => word === `--output=${path}` || (word === "--output" && argv[place + 1] === path));
}
