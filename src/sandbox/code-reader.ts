import { answerApart } from "../../community/scripts/checks/apart.ts";
import { refusedImports } from "./imports.ts";
import { RefusedCode, withoutTypes } from "./strip-types.ts";

/** Of a generated file: what it may not import, or the file without its types, or why they cannot be taken away. */
export type CodeRead = { imports: { line: number; text: string }[] } | { javascript: string } | { why: string };

answerApart((code): CodeRead => {
  const imports = refusedImports(code);
  if (imports.length > 0) return { imports };
  try {
    return { javascript: withoutTypes(code) };
  } catch (error) {
    if (error instanceof RefusedCode) return { why: error.message };
    throw error;
  }
});
