/** Calls `end` once `timeMs` have passed that were not spent waiting for a person. Gives the way to stop it. */
export function clock(timeMs: number, waiting: (() => boolean) | undefined, end: () => void): () => void {
  let left = timeMs;
  let last = performance.now();
  const timer = setInterval(
    () => {
      const now = performance.now();
      if (!waiting?.()) left -= now - last;
      last = now;
      if (left > 0) return;
      clearInterval(timer);
      end();
    },
    Math.min(100, timeMs),
  );
  return () => clearInterval(timer);
}
