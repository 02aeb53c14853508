import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { API, DiagnosticCategory } from "typescript/unstable/async";
import type { Diagnostic } from "typescript/unstable/async";

/** What the type checker says of one generated file, each with its line (from 1). Empty: clean. */
export type TypeFault = { line: number; text: string };
export type TypeChecker = { check(code: string): Promise<TypeFault[]>; close(): Promise<void> };

/**
 * A TypeScript process kept alive between checks: the first costs half a second, the next a few dozen milliseconds.
 *
 * The checked file is never written to disk, and the compiler sees nothing of this machine but its own library, Node's types
 * and the kit: a file that names another gets "not found", not its content in an error message.
 */
export function typeChecker(): TypeChecker {
  const files = new Map<string, string>([[config, JSON.stringify(settings)]]);
  const isVisible = (path: string) => visible.some((folder) => path === folder || path.startsWith(`${folder}/`));
  const isWayTo = (path: string) => path === home || visible.some((folder) => folder.startsWith(`${path}/`));
  let service: API | undefined;
  let count = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const open = () =>
    new API({
      fs: {
        readFile: (path) => files.get(path) ?? (isVisible(path) ? undefined : null),
        fileExists: (path) => (files.has(path) ? true : isVisible(path) ? undefined : false),
        directoryExists: (path) => (isWayTo(path) ? true : isVisible(path) ? undefined : false),
        getAccessibleEntries: (path) => {
          if (path === home)
            return { files: [...files.keys()].map((file) => file.slice(home.length + 1)), directories: [] };
          return isVisible(path) ? undefined : { files: [], directories: [] };
        },
        realpath: (path) => path,
      },
    });

  const check = async (code: string): Promise<TypeFault[]> => {
    service ??= open();
    const file = join(home, `tool-${(count += 1)}.ts`);
    files.set(file, code);
    files.set(config, JSON.stringify({ ...settings, files: [file] }));
    try {
      const snapshot = await service.updateSnapshot({
        openProjects: [config],
        fileChanges: { created: [file], changed: [config] },
      });
      try {
        const program = snapshot.getProject(config)?.program;
        if (!program) throw new Error("the type checker opened no project");
        const found = [
          ...(await program.getSyntacticDiagnostics(file)),
          ...(await program.getSemanticDiagnostics(file)),
        ];
        return found.filter((one) => one.category === DiagnosticCategory.Error).map((one) => faultOf(code, one));
      } finally {
        await snapshot.dispose();
      }
    } catch (error) {
      await service.close().catch(() => undefined);
      service = undefined; // a broken process is replaced at the next check
      throw error;
    } finally {
      files.delete(file);
    }
  };

  return {
    // One at a time: a snapshot belongs to one set of files.
    check: (code) => {
      const result = queue.then(() => check(code));
      queue = result.catch(() => undefined);
      return result;
    },
    close: async () => {
      await queue;
      await service?.close();
      service = undefined;
    },
  };
}

const require = createRequire(import.meta.url);
const home = "/patchbay-check";
const config = `${home}/tsconfig.json`;
const kit = dirname(fileURLToPath(import.meta.resolve("@patchbay/kit")));
const nodeTypes = dirname(require.resolve("@types/node/package.json"));
const nodeTypesNeed = dirname(require.resolve("undici-types/package.json", { paths: [nodeTypes] }));
const compiler = dirname(dirname(require.resolve("typescript/package.json")));
const visible = [kit, nodeTypes, nodeTypesNeed, join(compiler, "typescript"), join(compiler, "@typescript")];

const settings = {
  compilerOptions: {
    target: "es2024",
    lib: ["es2024", "dom", "dom.iterable"],
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    types: [nodeTypes],
    paths: { "@patchbay/kit": [join(kit, "index.ts")], "undici-types": [nodeTypesNeed] },
  },
  files: [] as string[],
};

function faultOf(code: string, diagnostic: Diagnostic): TypeFault {
  const chain = (one: Diagnostic): string => [one.text, ...(one.messageChain ?? []).map(chain)].join(" ");
  return { line: code.slice(0, diagnostic.pos).split("\n").length, text: chain(diagnostic).slice(0, 400) };
}
