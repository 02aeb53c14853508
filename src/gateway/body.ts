import type { IncomingMessage } from "node:http";
import { Problem } from "../contract/problem.ts";

/**
 * Reads a request's body whole: what is judged, shown and sent has to be the same bytes.
 *
 * @param take  Told of each piece before it is kept; may refuse by throwing.
 */
export async function readBody(
  request: IncomingMessage,
  limitBytes: number,
  take: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  const tooLarge = () =>
    new Problem("request_refused", { detail: `its body is larger than ${Math.round(limitBytes / 1e6)} MB` });
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > limitBytes) throw tooLarge();
    take(bytes.length);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Counts the bodies that are held while their requests are judged, asked about and sent: minutes, where a person is asked. */
export function bodyBudget(limits: { perRun: number; together: number }) {
  const held = new Map<string, number>();
  let together = 0;
  return {
    /** @throws Problem `request_refused` */
    take(run: string, bytes: number): void {
      const ofRun = (held.get(run) ?? 0) + bytes;
      if (ofRun > limits.perRun || together + bytes > limits.together) {
        throw new Problem("request_refused", {
          detail: "too much is on its way already. Wait until some of it is sent",
        });
      }
      held.set(run, ofRun);
      together += bytes;
    },
    giveBack(run: string, bytes: number): void {
      const ofRun = (held.get(run) ?? 0) - bytes;
      if (ofRun > 0) held.set(run, ofRun);
      else held.delete(run);
      together -= bytes;
    },
  };
}
