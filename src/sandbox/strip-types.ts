import { stripTypeScriptTypes } from "node:module";

/** Why a generated file is not run. */
export class RefusedCode extends Error {}

/**
 * TypeScript as Node's own type stripping leaves it: lines and columns stay.
 *
 * @throws RefusedCode for a file that has to be compiled (enums and the like). Any other error is Node's own: what it strips
 * with is broken from then on, and with it this process.
 */
export function withoutTypes(code: string): string {
  const warn = process.emitWarning;
  process.emitWarning = () => {}; // says that stripping is experimental; this program runs by it anyway
  try {
    return stripTypeScriptTypes(code);
  } catch (error) {
    if (error instanceof Error && "code" in error && syntaxFaults.has(String(error.code)))
      throw new RefusedCode(error.message);
    throw error;
  } finally {
    process.emitWarning = warn;
  }
}

const syntaxFaults = new Set(["ERR_INVALID_TYPESCRIPT_SYNTAX", "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"]);
