import { readFileSync, writeFileSync } from "node:fs";

type Watched = { pid: number; limitBytes: number; exceeded: () => void };

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;

/**
 * Calls `exceeded` when the resident memory of a process passes the limit. V8's heap flag does not count typed arrays,
 * so this looks at the process from outside, 40 times a second. Where there is no /proc only the heap flag holds.
 */
export function watchMemory(pid: number | undefined, limitMb: number, exceeded: () => void): () => void {
  if (pid === undefined || process.platform !== "linux") return () => {};
  const entry = { pid, limitBytes: limitMb * 1_000_000, exceeded };
  watched.add(entry);
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "1000"); // should memory end all the same, this process goes first
  } catch {
    // it has ended
  }
  timer ??= setInterval(look, 25);
  return () => {
    watched.delete(entry);
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function look(): void {
  for (const entry of watched) {
    if (residentBytes(entry.pid) > entry.limitBytes) entry.exceeded();
  }
}

/** Resident memory as the kernel counts it; 0 when the process has ended. */
export function residentBytes(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
