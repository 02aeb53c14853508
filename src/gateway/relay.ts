import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { Dispatcher } from "undici";
import { decoderFor } from "./decompress.ts";
import type { Answered, Sink } from "./forward.ts";
import type { Keeper } from "./keep-beginning.ts";
import type { Redactor } from "./redact.ts";

/** Between two neighbours, ours to write, or nothing a tool should see. */
const kept = new Set([
  "alt-svc",
  "clear-site-data",
  "connection",
  "content-encoding",
  "content-length",
  "content-security-policy",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "set-cookie",
  "set-cookie2",
  "service-worker-allowed",
  "strict-transport-security",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-content-type-options",
  "x-patchbay-problem",
]);

/** Answers up to this size are handed on in one piece. */
const smallBytes = 65_536;

/** Hands an answer to the tool as it arrives, the credential taken out of headers and body. */
export function relay(o: {
  status: number;
  headers: IncomingHttpHeaders;
  isHead: boolean;
  response: ServerResponse;
  redactor: Redactor;
  controller: Dispatcher.DispatchController;
  answerLimit: number;
  keep: Keeper | undefined;
}): Sink {
  const { response, status } = o;
  const headers = passedHeaders(o.headers, o.redactor);
  const relayed = (failed: boolean): Answered => ({ kind: "relayed", status, failed });
  o.keep?.begins(o.headers["content-type"]);
  const length = Number(o.headers["content-length"] ?? Number.NaN);

  if (o.isHead || status === 204 || status === 304) {
    if (o.isHead && Number.isFinite(length)) headers["content-length"] = String(length);
    response.writeHead(status, headers);
    response.end();
    return { data: () => undefined, end: () => relayed(false), fail: () => relayed(true) };
  }

  // We ask for plain bytes; some services compress all the same, and what is compressed cannot be searched.
  const decoder = decoderFor(o.headers["content-encoding"]);
  if (!decoder && length <= smallBytes) {
    const chunks: Buffer[] = [];
    return {
      data: (chunk) => void chunks.push(chunk),
      end: () => {
        const [first] = chunks;
        const body = o.redactor.whole(chunks.length === 1 && first ? first : Buffer.concat(chunks));
        o.keep?.part(body);
        headers["content-length"] = String(body.length);
        response.writeHead(status, headers);
        response.end(body.toString("latin1"), "latin1"); // as text it leaves in one piece with the head
        return relayed(false);
      },
      fail: () => undefined, // nothing was passed on: it can still be said what happened
    };
  }

  response.writeHead(status, headers);
  response.flushHeaders();
  const redacting = o.redactor.stream();
  let size = 0;
  const write = (chunk: Buffer): boolean => {
    size += chunk.length;
    if (size > o.answerLimit) {
      o.controller.abort(new Error("the answer is too large"));
      return true;
    }
    const ready = redacting.push(chunk);
    o.keep?.part(ready);
    return ready.length === 0 || response.write(ready);
  };
  const finish = () => {
    const last = redacting.end();
    o.keep?.part(last);
    response.end(last);
    return relayed(false);
  };
  const breakOff = () => {
    response.destroy();
    return relayed(true);
  };

  if (!decoder) {
    return {
      data: (chunk) => {
        if (write(chunk)) return;
        o.controller.pause();
        response.once("drain", () => o.controller.resume());
      },
      end: finish,
      fail: breakOff,
    };
  }

  const decoded = new Promise<Answered>((resolve) => {
    pipeline(
      decoder.from,
      async (source: AsyncIterable<Buffer>) => {
        for await (const chunk of source) {
          if (size > o.answerLimit) throw new Error("the answer is too large");
          if (!write(chunk)) await new Promise((next) => response.once("drain", next).once("close", next));
        }
      },
      (error) => resolve(error ? breakOff() : finish()),
    );
  });
  return {
    data: (chunk) => {
      if (decoder.into.write(chunk)) return;
      o.controller.pause();
      decoder.into.once("drain", () => o.controller.resume());
    },
    end: () => {
      decoder.into.end();
      return decoded;
    },
    fail: () => {
      decoder.from.destroy();
      return breakOff();
    },
  };
}

/** Hands on an answer that was kept back until it was judged. */
export function relayWhole(
  o: Pick<Parameters<typeof relay>[0], "status" | "headers" | "isHead" | "response" | "redactor" | "keep">,
  body: Buffer,
): void {
  const headers = passedHeaders(o.headers, o.redactor);
  const text = o.redactor.whole(body);
  o.keep?.begins(o.headers["content-type"]);
  o.keep?.part(text);
  if (!o.isHead) headers["content-length"] = String(text.length);
  o.response.writeHead(o.status, headers);
  o.response.end(o.isHead ? undefined : text);
}

function passedHeaders(headers: IncomingHttpHeaders, redactor: Redactor): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || kept.has(name) || redactor.isIn(name)) continue;
    passed[name] = Array.isArray(value) ? value.map((one) => clean(one, redactor)) : clean(value, redactor);
  }
  return passed;
}

/** Services write what they like into headers; Node refuses to pass on what no header may hold. */
function clean(value: string, redactor: Redactor): string {
  const shown = redactor.text(value);
  return /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(shown)
    ? shown
    : shown.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, "?");
}
