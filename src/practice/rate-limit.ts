import { Refusal } from "./refusal.ts";

/** Refuses with 429 and `Retry-After`, or lets pass. */
export type RateLimit = { take(personId: string, boardId: string | undefined): void };

export const busyBoardId = "brd_busy";
const burst = 1_000;
const perSecond = 200;

/**
 * Two limits. Everybody has a bucket of 1,000 requests that fills by 200 a second. And the board `brd_busy` is busy on
 * purpose: it refuses, and goes on refusing until the second it asked for has passed; then it answers once.
 */
export function limitRates(clock: () => number = Date.now): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>();
  const freeAt = new Map<string, number>();
  return {
    take(personId, boardId) {
      const at = clock();
      const last = buckets.get(personId) ?? { left: burst, at };
      const left = Math.min(burst, last.left + ((at - last.at) / 1_000) * perSecond);
      buckets.set(personId, { left: Math.max(0, left - 1), at });
      if (left < 1) throw slowDown(1);

      if (boardId !== busyBoardId) return;
      const free = freeAt.get(personId);
      if (free !== undefined && at >= free) return void freeAt.delete(personId);
      if (free === undefined) freeAt.set(personId, at + 1_000);
      throw slowDown(1);
    },
  };
}

const slowDown = (seconds: number) =>
  new Refusal(
    429,
    "too_many_requests",
    `Too many requests. Try again in ${seconds} second${seconds === 1 ? "" : "s"}.`,
    {
      headers: { "Retry-After": String(seconds) },
    },
  );
