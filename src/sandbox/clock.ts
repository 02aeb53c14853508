/** Milliseconds from some moment on. */
export type Now = () => number;

/** Calls `end` once `timeMs` have passed that were not spent waiting for a person. Gives the way to stop it. */
export function clock(
  timeMs: number,
  waiting: (() => boolean) | undefined,
  end: () => void,
  passed: Now = () => performance.now(),
): () => void {
  let left = timeMs;
  let last = passed();
  const timer = setInterval(
    () => {
      const now = passed();
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
