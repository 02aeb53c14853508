import type { Cut } from "./sandbox.ts";

/** What a script that was ended from outside gives back, and says at its end. */
export function cutOff(cut: Cut, timeoutMs: number): { exitCode: number; note: string } {
  switch (cut) {
    case "time":
      return { exitCode: 124, note: `[stopped: it took longer than ${timeoutMs / 1000} seconds]\n` };
    case "cancelled":
      return { exitCode: 130, note: "[stopped: cancelled]\n" };
    case "memory":
      return { exitCode: 137, note: "[stopped: the script needed too much memory]\n" };
    case "output":
      return { exitCode: 137, note: "[stopped: it printed without end]\n" };
    case "lost":
      return { exitCode: 137, note: "[stopped: the sandbox ended; requests that were sent before stay sent]\n" };
  }
}
