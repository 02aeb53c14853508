/** Parses JSON without losing digits: a number JavaScript cannot hold keeps its text. */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value) || context?.source === undefined) return value;
    return String(value) === context.source ? value : rawNumber(context.source);
  });
}

/** The number this text stands for; one that JavaScript would round keeps its text. */
export function rawNumber(text: string): unknown {
  const raw = (JSON as { rawJSON?: (text: string) => unknown }).rawJSON;
  return raw ? raw(text) : Number(text);
}
