import type { ServerResponse } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher, Pool } from "undici";
import { Problem } from "../contract/problem.ts";
import { decodeWhole } from "./decompress.ts";
import type { Draft } from "./draft.ts";
import type { Keeper } from "./keep-beginning.ts";
import type { Redactor } from "./redact.ts";
import { relay } from "./relay.ts";

/** What became of one request to a service. */
export type Answered =
  | { kind: "relayed"; status: number; failed: boolean }
  /** Kept back, for the caller to act on: 401, 403 and redirects. */
  | { kind: "held"; status: number; headers: IncomingHttpHeaders; body: Buffer; isWhole: boolean };

export type Forwarding = {
  pool: Pool;
  draft: Draft;
  host: string;
  access: "read" | "write";
  redactor: Redactor;
  response: ServerResponse;
  /** Which answers to hold. */
  hold(status: number): boolean;
  answerLimit: number;
  /** Told what is handed on, for the person who will look at it. */
  keep: Keeper | undefined;
  signal: AbortSignal;
};

const heldBytes = 1_000_000;

/**
 * Sends a request and hands the answer on as it comes. A read whose kept-alive connection turns out to be closed is sent once
 * more; a write never is.
 *
 * @throws Problem `service_unreachable` (surely not processed), `answer_too_slow`, `write_outcome_unknown`
 */
export async function forward(forwarding: Forwarding, operation: string): Promise<Answered> {
  for (let attempt = 1; ; attempt += 1) {
    const progress: Progress = { connected: false, answered: false };
    try {
      return await exchange(forwarding, progress);
    } catch (error) {
      if (error instanceof Problem) throw error;
      const isRead = forwarding.access === "read";
      const code = codeOf(error);
      if (isRead && attempt === 1 && !progress.answered && !forwarding.signal.aborted && closedCodes.has(code))
        continue;
      if (progress.connected && !isRead) throw new Problem("write_outcome_unknown", { operation });
      if (timeoutCodes.has(code)) throw new Problem("answer_too_slow", { host: forwarding.host, seconds: 120 });
      throw new Problem("service_unreachable", { host: forwarding.host, reason: reasonOf(code) });
    }
  }
}

const closedCodes = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);
const timeoutCodes = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

type Progress = { connected: boolean; answered: boolean };

function exchange(forwarding: Forwarding, progress: Progress): Promise<Answered> {
  const { pool, draft, signal, response } = forwarding;
  return new Promise((resolve, reject) => {
    let sink: Sink | undefined;
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        progress.connected = true;
        if (signal.aborted) controller.abort(new Error("the tool went away"));
        // A write that is on its way goes on without the tool: how it ended is to be recorded.
        if (forwarding.access === "write") return;
        response.once("close", () => {
          if (!response.writableFinished) controller.abort(new Error("the tool went away"));
        });
      },
      onResponseStart: (controller, status, headers) => {
        if (status < 200) return;
        progress.answered = true;
        sink = forwarding.hold(status)
          ? hold(status, headers)
          : relay({ ...forwarding, status, headers, isHead: draft.method === "HEAD", controller });
      },
      onResponseData: (_controller, chunk) => sink?.data(chunk),
      onResponseEnd: () => {
        if (sink) resolve(sink.end());
        else reject(new Error("no answer"));
      },
      onResponseError: (_controller, error) => {
        const answered = sink?.fail();
        if (answered) resolve(answered);
        else reject(error);
      },
    };
    pool.dispatch(
      {
        method: draft.method as Dispatcher.HttpMethod,
        path: draft.query === "" ? draft.path : `${draft.path}?${draft.query}`,
        headers: flat(draft.headers),
        body: draft.body ?? null,
      },
      handler,
    );
  });
}

/** Takes an answer as it arrives. */
export type Sink = {
  data(chunk: Buffer): void;
  end(): Answered | Promise<Answered>;
  /** The service broke off; undefined when nobody was told anything yet. */
  fail(): Answered | Promise<Answered> | undefined;
};

function hold(status: number, headers: IncomingHttpHeaders): Sink {
  const chunks: Buffer[] = [];
  let size = 0;
  const ended = async (isWhole: boolean): Promise<Answered> => {
    const plain = await decodeWhole(Buffer.concat(chunks), headers["content-encoding"], heldBytes);
    return { kind: "held", status, headers, body: plain.body, isWhole: isWhole && plain.isWhole };
  };
  return {
    data: (chunk) => {
      if (size < heldBytes) chunks.push(chunk.subarray(0, heldBytes - size));
      size += chunk.length;
    },
    end: () => ended(size <= heldBytes),
    fail: () => ended(false),
  };
}

/** What is never to be compressed can be searched for an echoed credential as it comes. */
function flat(headers: [string, string][]): string[] {
  const list = ["accept-encoding", "identity"];
  for (const [name, value] of headers) list.push(name, value);
  return list;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function reasonOf(code: string): string {
  const reasons: Record<string, string> = {
    ECONNREFUSED: "it refused the connection",
    ECONNRESET: "it closed the connection",
    UND_ERR_SOCKET: "it closed the connection",
    UND_ERR_CONNECT_TIMEOUT: "it did not accept the connection in time",
    ETIMEDOUT: "it did not accept the connection in time",
    EHOSTUNREACH: "there is no way to it",
    ENETUNREACH: "there is no way to it",
    CERT_HAS_EXPIRED: "its certificate has expired",
    DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted",
    SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted",
    ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  };
  return reasons[code] ?? (code.startsWith("HPE_") ? "its answer is not HTTP" : "the connection failed");
}
