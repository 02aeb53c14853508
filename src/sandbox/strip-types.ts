import { stripTypeScriptTypes } from "node:module";

/** Why a generated file is not run. */
export class RefusedCode extends Error {}

/**
 * TypeScript as Node's own type stripping leaves it: lines and columns stay.
 *
 * @throws RefusedCode for a file that has to be compiled (enums and the like).
 */
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
