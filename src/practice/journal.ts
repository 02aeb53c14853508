import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Change = z.object({ kind: z.string(), id: z.string(), value: z.unknown().optional() });
const Line = z.array(Change);
type Change = z.infer<typeof Change>;

/** Things of one kind, by id. What `all` gives is in the order of first arrival. */
export type Shelf<Thing> = {
  get(id: string): Thing | undefined;
  all(): Thing[];
  put(thing: Thing): void;
  drop(id: string): void;
};

/** Where the practice service keeps its things: shelves of JSON and a drawer of files. */
export type Journal = {
  /** Takes over what was stored of this kind; each stored thing is parsed once, here. */
  shelf<Thing extends { id: string }>(kind: string, schema: z.ZodType<Thing>): Shelf<Thing>;
  /** Changes made inside reach the disk in one line: after a crash all of them are there, or none. */
  together<Result>(work: () => Result): Result;
  files: { put(id: string, bytes: Uint8Array): void; get(id: string): Uint8Array | undefined; drop(id: string): void };
  close(): void;
};

/** Lines of history worth keeping before the journal is written anew, beyond one line a living thing. */
const spareLines = 2_000;

/**
 * Opens the journal in `folder`, or one that lives in memory only.
 *
 * A line is appended for each change and is in the kernel's hands before the caller goes on, so a killed process
 * loses nothing it answered. The last line may be torn by the kill; it was not answered yet and is left out.
 */
export function openJournal(folder?: string): Journal {
  const kinds = new Map<string, Map<string, unknown>>();
  const disk = folder === undefined ? undefined : openDisk(folder, kinds);
  let pending: Change[] | undefined;
  const record = (change: Change) => (pending ? void pending.push(change) : disk?.append([change]));

  return {
    shelf(kind, schema) {
      const stored = kinds.get(kind) ?? new Map<string, unknown>();
      const things = new Map([...stored].map(([id, value]) => [id, schema.parse(value)]));
      kinds.set(kind, things);
      return {
        get: (id) => things.get(id),
        all: () => [...things.values()],
        put(thing) {
          things.set(thing.id, thing);
          record({ kind, id: thing.id, value: thing });
        },
        drop(id) {
          if (things.delete(id)) record({ kind, id });
        },
      };
    },
    together(work) {
      if (pending) return work();
      pending = [];
      try {
        return work();
      } finally {
        // Also after a throw: memory and disk must tell the same story.
        const changes = pending;
        pending = undefined;
        if (changes.length > 0) disk?.append(changes);
      }
    },
    files: disk?.files ?? filesInMemory(),
    close: () => disk?.close(),
  };
}

function openDisk(folder: string, kinds: Map<string, Map<string, unknown>>) {
  const path = join(folder, "journal.jsonl");
  const drawer = join(folder, "files");
  mkdirSync(drawer, { recursive: true, mode: 0o700 });
  for (const { kind, id, value } of existsSync(path) ? read(path) : []) {
    const things = kinds.get(kind) ?? new Map<string, unknown>();
    kinds.set(kind, things);
    if (value === undefined) things.delete(id);
    else things.set(id, value);
  }
  let lines = 0;
  let file = rewrite();

  function rewrite(): number {
    const living = [...kinds].flatMap(([kind, things]) => [...things].map(([id, value]) => ({ kind, id, value })));
    const fresh = openSync(`${path}.new`, "w", 0o600);
    writeFileSync(fresh, living.map((change) => `${JSON.stringify([change])}\n`).join(""));
    fsyncSync(fresh);
    renameSync(`${path}.new`, path);
    lines = -living.length;
    return fresh; // the same file, under its new name: goes on being appended to
  }

  return {
    append(changes: Change[]) {
      writeFileSync(file, `${JSON.stringify(changes)}\n`);
      lines += 1;
      if (lines < spareLines) return;
      closeSync(file);
      file = rewrite();
    },
    files: {
      put(id: string, bytes: Uint8Array) {
        writeFileSync(join(drawer, `${id}.new`), bytes, { mode: 0o600 });
        renameSync(join(drawer, `${id}.new`), join(drawer, id));
      },
      get: (id: string) => (existsSync(join(drawer, id)) ? readFileSync(join(drawer, id)) : undefined),
      drop: (id: string) => rmSync(join(drawer, id), { force: true }),
    },
    close: () => closeSync(file),
  };
}

function read(path: string): Change[] {
  const lines = readFileSync(path, "utf8").split("\n");
  lines.pop(); // what follows the last line end: nothing, or a line torn by a kill
  const changes = lines.map((line, index) => {
    try {
      return Line.parse(JSON.parse(line));
    } catch {
      throw new Error(
        `The practice data in ${path} is damaged at line ${index + 1}. Remove its folder to start afresh.`,
      );
    }
  });
  return changes.flat();
}

function filesInMemory(): Journal["files"] {
  const files = new Map<string, Uint8Array>();
  return {
    put: (id, bytes) => void files.set(id, bytes),
    get: (id) => files.get(id),
    drop: (id) => void files.delete(id),
  };
}
