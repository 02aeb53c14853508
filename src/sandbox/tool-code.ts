import { stripTypeScriptTypes } from "node:module";
import { refusedImports } from "./imports.ts";

const kept = 20;
const runnable = new Map<string, string>();

/** Why a generated file is not run. */
export class RefusedCode extends Error {}

/**
 * A generated file as its process gets it: checked for what it imports, types taken away. The last few are kept.
 *
 * @throws RefusedCode for a file that imports what it may not, or that has to be compiled (enums and the like).
 */
export function runnableCode(code: string): string {
  const known = runnable.get(code);
  if (known !== undefined) return known;
  const [refused] = refusedImports(code);
  if (refused)
    throw new RefusedCode(
      `Line ${refused.line} is not allowed in a tool, which may import only node: modules and @patchbay/kit: ${refused.text}`,
    );
  const javascript = withoutTypes(code);
  runnable.set(code, javascript);
  for (const oldest of runnable.keys()) {
    if (runnable.size <= kept) break;
    runnable.delete(oldest);
  }
  return javascript;
}

/** TypeScript as Node's own type stripping leaves it: lines and columns stay. */
export function withoutTypes(code: string): string {
  const warn = process.emitWarning;
  process.emitWarning = () => {}; // says that stripping is experimental; this program runs by it anyway
  try {
    return stripTypeScriptTypes(code);
  } catch (error) {
    throw new RefusedCode(error instanceof Error ? error.message : String(error));
  } finally {
    process.emitWarning = warn;
  }
}
