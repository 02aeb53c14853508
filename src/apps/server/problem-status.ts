import { ORPCError, ValidationError } from "@orpc/server";
import { answerOf, isProblem, Problem, type ProblemCode } from "../../contract/problem.ts";

/** Turns whatever went wrong into what the caller may see. A bug shows only the request id; its text goes to the log. */
export function outwardError(
  error: unknown,
  requestId: string,
  logBug: (error: unknown) => void,
): ORPCError<string, unknown> {
  if (isProblem(error)) {
    return new ORPCError(error.code, { status: statusOf(error.code), message: error.message });
  }
  if (error instanceof ORPCError) {
    if (error.cause instanceof ValidationError && error.code === "BAD_REQUEST") {
      return outwardError(new Problem("input_invalid", { detail: faultsOf(error.cause) }), requestId, logBug);
    }
    if (error.code in unmatched) return outwardError(unmatched[error.code]?.(), requestId, logBug);
    if (error.status < 500) return error;
  }
  logBug(error);
  return new ORPCError("internal", { status: 500, message: `Something broke on our side (request ${requestId}).` });
}

/** `{ ok: false, code, message }`, the same on REST, in plain answers and in tool results. */
export function bodyOf(error: ORPCError<string, unknown> | Problem) {
  return isProblem(error) ? answerOf(error) : { ok: false, code: error.code, message: error.message };
}

export function statusOf(code: ProblemCode): number {
  return statuses[code] ?? 422;
}

const unmatched: Record<string, () => Problem> = {
  NOT_FOUND: () => new Problem("not_found", { what: "procedure" }),
  METHOD_NOT_SUPPORTED: () => new Problem("not_found", { what: "procedure" }),
  BAD_REQUEST: () => new Problem("input_invalid", { detail: "the request body cannot be read." }),
};

function faultsOf(error: ValidationError): string {
  const faults = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return path ? `${path}: ${issue.message}` : issue.message;
  });
  return `${faults.join("; ")}.`;
}

/** What is not listed is 422: understood, but it cannot be done as asked. */
const statuses: Partial<Record<ProblemCode, number>> = {
  sign_in_needed: 401,
  sign_in_link_spent: 401,
  origin_refused: 403,
  host_unknown: 421,
  too_many_tries: 429,
  too_many_streams: 429,
  body_too_large: 413,
  not_found: 404,
  input_invalid: 400,
  oauth_state_invalid: 400,
  host_refused: 403,
  address_refused: 403,
  scheme_refused: 403,
  asks_first: 403,
  policy_denied: 403,
  community_not_yours: 403,
  community_unreachable: 502,
  community_registry_unreadable: 502,
  offer_kept_private: 409,
  write_denied: 403,
  write_unanswered: 409,
  not_connected: 409,
  sign_in_ended: 409,
  connection_paused: 409,
  oauth_client_missing: 409,
  write_outcome_unknown: 502,
  service_unreachable: 502,
  answer_too_large: 502,
  answer_too_slow: 504,
  refresh_unavailable: 503,
  sandbox_unavailable: 503,
  model_unavailable: 503,
};
