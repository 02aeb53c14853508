import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

/** Undoes a content encoding: compressed bytes go into `into`, plain ones come out of `from`. */
export type Decoder = { into: Transform; from: Transform };

/**
 * Several encodings, one around the other, are undone from the outside in. A name nobody knows (`utf-8`, `none`) counts as plain.
 *
 * @returns undefined when there is nothing to undo
 * @throws Error on more than four, which only costs memory
 */
export function decoderFor(encoding: string | string[] | undefined): Decoder | undefined {
  const steps = [encoding ?? []]
    .flat()
    .flatMap((one) => one.split(","))
    .map((one) => undoing[one.trim().toLowerCase()])
    .filter((make) => make !== undefined);
  if (steps.length > mostSteps) throw new Error("an answer wrapped in too many content encodings");
  const streams = steps.toReversed().map((make) => make());
  const [into] = streams;
  const from = streams.at(-1);
  if (!into || !from) return undefined;
  // What fails in one of them ends all, so whoever reads `from` learns of it.
  if (streams.length > 1) pipeline(streams, () => undefined);
  return { into, from };
}

/** The first `most` bytes of a compressed body, plain; as it is when it cannot be undone. */
export async function decodeWhole(
  body: Buffer,
  encoding: string | string[] | undefined,
  most: number,
): Promise<{ body: Buffer; isWhole: boolean }> {
  const decoder = decoderFor(encoding);
  if (!decoder || body.length === 0) return { body, isWhole: true };
  decoder.into.end(body);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of decoder.from as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, most - size));
      size += chunk.length;
      if (size > most) break;
    }
  } catch {
    return { body: Buffer.concat(chunks), isWhole: false };
  }
  return { body: Buffer.concat(chunks), isWhole: size <= most };
}

const mostSteps = 4;

const undoing: Partial<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};
