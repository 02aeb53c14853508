import { refusedImports } from "./imports.ts";
import { RefusedCode, withoutTypes } from "./strip-types.ts";

const kept = 20;
const runnable = new Map<string, string>();

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
