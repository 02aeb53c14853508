/**
 * Turns work that tells what happens into an async iterator of what it told, whose return value is the work's result. When the
 * reader goes away, `ended` aborts.
 */
export async function* storyOf<Told, Result>(
  work: (tell: (one: Told) => void, ended: AbortSignal) => Promise<Result>,
): AsyncGenerator<Told, Result> {
  const waiting: Told[] = [];
  let wake = () => {};
  const ended = new AbortController();
  let isOver = false;
  const result = work((one) => {
    waiting.push(one);
    wake();
  }, ended.signal).finally(() => {
    isOver = true;
    wake();
  });
  result.catch(() => undefined); // met at the end, also when the reader left before
  try {
    for (;;) {
      const one = waiting.shift();
      if (one !== undefined) {
        yield one;
        continue;
      }
      if (isOver) return await result;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || isOver) resolve();
      });
    }
  } finally {
    ended.abort();
  }
}
