import { Failure, exit } from "./failure.ts";
import type { Host } from "./host.ts";
import { parseJson } from "./json.ts";
import { sendWithNode } from "./send-with-node.ts";
import type { WireRequest } from "./request.ts";
import { isObject } from "./serialize.ts";

export type Answer = { status: number; headers: Headers; bytes: Uint8Array; url: string };
export type Sending = {
  host: Host;
  /** A read may be sent again after 429 and 503; a write never is. */
  isRead: boolean;
  /** What to do when the service asks for a sign-in. */
  signIn?: string;
};

/** Sends a request and gives the service's answer. @throws Failure for an answer that is none: refused, failed, unreachable. */
export async function send(request: WireRequest, sending: Sending): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await follow(request, sending);
    if (answer.status < 400) return answer;
    const wait = sending.isRead && attempt < 4 ? pauseBefore(answer, attempt) : undefined;
    if (wait === undefined) throw failureOf(answer, sending);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Redirects are followed inside the origin only: elsewhere the credential would be a stranger's. */
async function follow(first: WireRequest, { host }: Sending): Promise<Answer> {
  let request = first;
  for (let hops = 0; ; hops += 1) {
    const answer = await once(request, host);
    const location = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || location === null) return answer;
    const target = URL.parse(location, request.url);
    if (!target || target.origin !== new URL(request.url).origin || hops >= 5) {
      const where = target?.host ?? "an address we cannot read";
      throw new Failure(
        "redirect_refused",
        `The service sent us on to ${where}. Nothing was sent there.`,
        exit.service,
        { status: answer.status },
      );
    }
    const keeps =
      answer.status === 307 || answer.status === 308 || request.method === "GET" || request.method === "HEAD";
    request = keeps
      ? { ...request, url: target.href }
      : { method: "GET", url: target.href, headers: withoutBody(request.headers) };
  }
}

async function once(request: WireRequest, host: Host): Promise<Answer> {
  const { method, url, headers, body } = request;
  try {
    // The fetch standard refuses a body on GET and HEAD; some services want one.
    if (body !== undefined && (method === "GET" || method === "HEAD")) return await sendWithNode(request);
    const response = await host.fetch(url, { method, headers, body: body as BodyInit | undefined, redirect: "manual" });
    return {
      status: response.status,
      headers: response.headers,
      bytes: new Uint8Array(await response.arrayBuffer()),
      url,
    };
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error
        ? error.cause.message
        : String(error instanceof Error ? error.message : error);
    const where = URL.parse(url)?.host ?? "the service";
    throw new Failure("service_unreachable", `${where} could not be reached (${cause.slice(0, 200)}).`, exit.service, {
      retryable: true,
    });
  }
}

/** Milliseconds until the next try; undefined when there should be none. */
function pauseBefore(answer: Answer, attempt: number): number | undefined {
  if (answer.status !== 429 && answer.status !== 503) return undefined;
  if (answer.headers.has("x-patchbay-problem")) return undefined;
  const said = answer.headers.get("retry-after");
  if (said === null) return 500 * 2 ** attempt;
  const ms = /^\d+(?:\.\d+)?$/.test(said.trim()) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  return Number.isFinite(ms) && ms <= 30_000 ? Math.max(ms, 0) : undefined;
}

function failureOf(answer: Answer, sending: Sending): Failure {
  const { status } = answer;
  const text = new TextDecoder().decode(answer.bytes.subarray(0, 200_000));
  const data = parsed(text);
  const exitCode = status === 401 ? exit.signIn : status === 403 ? exit.refused : exit.service;
  const problem = answer.headers.get("x-patchbay-problem");
  if (problem !== null) {
    const said = isObject(data) ? data : {};
    const action = typeof said.action === "string" ? said.action : undefined;
    const message = typeof said.message === "string" ? said.message : `The request was not sent (${problem}).`;
    return new Failure(problem, message, exitCode, { status, retryable: said.retryable === true, action });
  }
  const retryable = status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
  const action =
    status === 401 ? (sending.signIn ?? "Sign in again.") : status === 429 ? waitAdvice(answer) : undefined;
  return new Failure(
    codes[status] ?? (status >= 500 ? "service_failed" : "request_refused"),
    messageIn(data) ?? phraseFor(status),
    exitCode,
    {
      status,
      retryable,
      action,
      answer: data === undefined ? text.slice(0, 2000) || undefined : bounded(data, text),
    },
  );
}

const codes: Record<number, string> = {
  400: "bad_request",
  401: "sign_in_again",
  403: "refused",
  404: "not_found",
  405: "method_not_allowed",
  409: "conflict",
  410: "gone",
  413: "too_large",
  415: "media_type_refused",
  422: "invalid",
  429: "rate_limited",
};

function phraseFor(status: number): string {
  if (status === 401) return "The service did not accept the sign-in.";
  if (status === 403) return "The service does not allow this.";
  if (status === 404) return "The service knows no such thing.";
  return `The service answered with status ${status}.`;
}

function waitAdvice(answer: Answer): string {
  const said = answer.headers.get("retry-after");
  return said === null
    ? "Wait a moment, then try again."
    : `Try again after ${/^\d+$/.test(said) ? `${said} seconds` : said}.`;
}

/** The sentence services put into an error answer, wherever they put it. */
function messageIn(data: unknown, depth = 0): string | undefined {
  if (typeof data === "string") return data.trim() === "" ? undefined : data.slice(0, 500);
  if (depth > 3) return undefined;
  if (Array.isArray(data)) return data.length > 0 ? messageIn(data[0], depth + 1) : undefined;
  if (!isObject(data)) return undefined;
  for (const key of [
    "message",
    "error_description",
    "detail",
    "description",
    "error",
    "errors",
    "title",
    "msg",
    "reason",
    "fault",
    "Message",
  ]) {
    const found = data[key] === undefined ? undefined : messageIn(data[key], depth + 1);
    if (found) return found;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function bounded(data: unknown, text: string): unknown {
  return text.length <= 4000 ? data : `${text.slice(0, 4000)}…`;
}

function withoutBody(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-/i.test(name)));
}
