import { randomUUID } from "node:crypto";

export type Speech = ReturnType<typeof gatherSpeech>;

/** Gathers text for a moment, so that a fast model does not write a row for every word. */
export function gatherSpeech(tell: (messageId: string, text: string) => Promise<void>) {
  const messageId = randomUUID();
  let said = "";
  let told = 0;
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> = Promise.resolve();
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = said.slice(told);
    if (text === "") return telling;
    told = said.length;
    telling = telling.then(() => tell(messageId, text));
    telling.catch(() => undefined); // met where the end is awaited
    return telling;
  };
  return {
    said: () => said,
    add(text: string) {
      said += text;
      timer ??= setTimeout(flush, gatherTextMs);
    },
    end: flush,
  };
}

const gatherTextMs = 80;
