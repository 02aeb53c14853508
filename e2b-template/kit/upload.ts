/** Bytes that go into a body as they are: a file, or what came on stdin. */
export class Upload {
  readonly bytes: Uint8Array;
  readonly filename: string;

  constructor(bytes: Uint8Array, filename: string) {
    this.bytes = bytes;
    this.filename = filename;
  }
}

type Source = { readFile(path: string): Promise<Uint8Array>; stdin(): Promise<Uint8Array> };

/** The bytes a person means by a path; `-` is stdin. */
export async function uploadFrom(source: Source, path: string): Promise<Upload> {
  if (path === "-") return new Upload(await source.stdin(), "stdin");
  return new Upload(await source.readFile(path), path.split(/[\\/]/).pop() || "file");
}

/** Replaces `{"$file": "path"}` and `{"$base64": "…"}` in a value by the bytes they name. */
export async function withUploads(source: Source, value: unknown): Promise<unknown> {
  if (value instanceof Upload || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map((one) => withUploads(source, one)));
  const fields = Object.entries(value);
  const [first] = fields;
  if (first && fields.length === 1 && typeof first[1] === "string") {
    if (first[0] === "$file") return uploadFrom(source, first[1]);
    if (first[0] === "$base64") return new Upload(bytesOf(first[1]), "file");
  }
  return Object.fromEntries(
    await Promise.all(fields.map(async ([name, one]) => [name, await withUploads(source, one)] as const)),
  );
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
