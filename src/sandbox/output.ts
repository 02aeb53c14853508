/**
 * What a script prints, kept up to a length. Pieces shown while it runs and what is left at the end come out as one
 * text, so that whoever watches and whoever reads the result see the same.
 */
export class Output {
  readonly #limit: number;
  readonly #show: ((stream: "stdout" | "stderr", text: string) => void) | undefined;
  readonly #shown = { stdout: "", stderr: "" };
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  constructor(limit: number, show?: (stream: "stdout" | "stderr", text: string) => void) {
    this.#limit = limit;
    this.#show = show;
  }

  /** Shows a piece at once. What is past the limit is left out here too. */
  live(stream: "stdout" | "stderr", piece: Uint8Array): void {
    const text = this.#decoders[stream].decode(piece, { stream: true });
    const all = firstBytes(this.#shown[stream] + text, this.#limit);
    this.#tell(stream, all);
  }

  /** Takes the whole output, shows what was not shown, and says what was left out. */
  end(stdout: string, stderr: string): { stdout: string; stderr: string; truncated?: true } {
    const kept = { stdout: firstBytes(stdout, this.#limit), stderr: firstBytes(stderr, this.#limit) };
    const truncated = kept.stdout.length < stdout.length || kept.stderr.length < stderr.length;
    if (kept.stdout.length < stdout.length) {
      const bytes = Buffer.byteLength(stdout);
      kept.stderr += `[output cut: ${bytes} bytes, the first ${this.#limit} are here; send it to a file (> out.json) and read that in parts]\n`;
    }
    this.#tell("stdout", kept.stdout);
    this.#tell("stderr", kept.stderr);
    return truncated ? { ...kept, truncated } : kept;
  }

  #tell(stream: "stdout" | "stderr", all: string): void {
    const fresh = all.slice(this.#shown[stream].length);
    if (fresh === "") return;
    this.#shown[stream] = all;
    this.#show?.(stream, fresh);
  }
}

/** The longest beginning of a text within so many bytes of UTF-8, no character cut in two. */
export function firstBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return text;
  const bytes = Buffer.from(text.slice(0, limit));
  let end = Math.min(limit, bytes.length);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
