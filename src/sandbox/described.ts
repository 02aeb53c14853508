import type { Described, ExecResult } from "./sandbox.ts";

/** Reads what `--describe` printed. */
export function described({ exitCode, stdout, stderr, cut }: ExecResult): Described {
  if (exitCode !== 0) {
    return { ok: false, stderr: stderr || `--describe ended with exit code ${exitCode}${cut ? ` (${cut})` : ""}` };
  }
  try {
    return { ok: true, description: JSON.parse(stdout) };
  } catch {
    return { ok: false, stderr: "--describe printed something that is not JSON" };
  }
}
