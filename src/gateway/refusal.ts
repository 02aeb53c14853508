import type { ServerResponse } from "node:http";
import type { Problem, ProblemCode } from "../contract/problem.ts";

/** How a tool tells our refusals from the service's own: 401 sign in again, 403 refused, 502 and 504 the service failed. */
const statuses: Partial<Record<ProblemCode, number>> = {
  sign_in_ended: 401,
  scope_missing: 401,
  not_connected: 401,
  credential_refused: 401,
  service_unreachable: 502,
  answer_too_large: 502,
  refresh_unavailable: 502,
  write_outcome_unknown: 502,
  token_answer_unreadable: 502,
  answer_too_slow: 504,
};

const mayTryAgain = new Set<ProblemCode>(["service_unreachable", "answer_too_slow", "refresh_unavailable"]);

const actions: Partial<Record<ProblemCode, string>> = {
  sign_in_ended: "Connect the service again.",
  scope_missing: "Connect the service again.",
  not_connected: "Connect the service.",
  credential_refused: "Connect the service again.",
  connection_paused: "Resume the connection.",
  write_unanswered: "Run it again when someone can answer.",
  write_outcome_unknown: "Look with a read whether it happened.",
};

/** Answers with a problem, if nothing was answered yet; otherwise breaks off, so that nobody takes half an answer for a whole. */
export function refuse(response: ServerResponse, problem: Problem, detail?: string): void {
  answer(response, statuses[problem.code] ?? 403, problem.code, {
    ok: false,
    code: problem.code,
    message: problem.message,
    ...(actions[problem.code] ? { action: actions[problem.code] } : {}),
    retryable: mayTryAgain.has(problem.code),
    ...(detail === undefined ? {} : { detail }),
  });
}

/** A fault of ours: only the request's id is shown. */
export function refuseBug(response: ServerResponse, requestId: string): void {
  answer(response, 500, "internal", {
    ok: false,
    code: "internal",
    message: `Something broke on our side (request ${requestId}). Try again; if it stays, report that id.`,
    retryable: false,
  });
}

function answer(response: ServerResponse, status: number, code: string, body: object): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "x-patchbay-problem": code,
    // A body we did not read must not become the next request.
    connection: response.req.complete ? "keep-alive" : "close",
  });
  response.end(text);
}
