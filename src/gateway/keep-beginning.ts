export type Beginning = { contentType: string | null; text: string; bytes: number };

/** Told of an answer as it is handed on. */
export type Keeper = { begins(contentType: string | undefined): void; part(part: Buffer): void };

const keptBytes = 8_000;

/** Keeps the beginning of an answer while it passes, for a person to look at. */
export function keepBeginning(): Keeper & { kept(): Beginning } {
  const parts: Buffer[] = [];
  let type: string | null = null;
  let bytes = 0;
  return {
    begins(contentType) {
      type = contentType ?? null;
    },
    part(part) {
      if (bytes < keptBytes && part.length > 0) parts.push(Buffer.from(part.subarray(0, keptBytes - bytes)));
      bytes += part.length;
    },
    // A character that was cut in two is left out.
    kept: () => ({
      contentType: type,
      text: new TextDecoder().decode(Buffer.concat(parts), { stream: true }),
      bytes,
    }),
  };
}
