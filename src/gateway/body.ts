import type { IncomingMessage } from "node:http";
import { Problem } from "../contract/problem.ts";

/** Reads a request's body whole: what is judged, shown and sent has to be the same bytes. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new Problem("request_refused", { detail: `its body is larger than ${Math.round(limitBytes / 1e6)} MB` });
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > limitBytes) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
