import { ReaderApart } from "../../community/scripts/checks/apart.ts";
import type { CodeRead } from "./code-reader.ts";
import { RefusedCode } from "./strip-types.ts";

const reader = new ReaderApart<CodeRead>(new URL("./code-reader.ts", import.meta.url));

/** Starts what reads generated files, so that the first need not wait for it. */
export const warmCodeReader = (): void => reader.warm();

/**
 * A generated file as its process gets it: checked for what it imports, types taken away. The last few are kept.
 *
 * @throws RefusedCode for a file that imports what it may not, that has to be compiled (enums and the like), or that cannot be read.
 */
export async function runnableCode(code: string): Promise<string> {
  const read = await codeRead(code);
  if ("why" in read) throw new RefusedCode(read.why);
  if ("javascript" in read) return read.javascript;
  const [refused] = read.imports;
  throw new RefusedCode(
    `Line ${refused?.line} is not allowed in a tool, which may import only node: modules and @patchbay/kit: ${refused?.text}`,
  );
}

/** What in a generated file keeps it from being run, in words. Empty: nothing. */
export async function refusalsOf(code: string): Promise<string[]> {
  const read = await codeRead(code);
  if ("imports" in read) return read.imports.map((one) => `line ${one.line}: ${one.text}`);
  return "why" in read ? [read.why] : [];
}

async function codeRead(code: string): Promise<CodeRead> {
  const read = await reader.read(code);
  return "refused" in read ? { why: read.refused } : read.answer;
}
