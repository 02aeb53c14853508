import {
  AuthenticationError,
  NotEnoughSpaceError,
  NotFoundError,
  RateLimitError,
  SandboxError,
  SandboxNotFoundError,
  ServiceBusyError,
  TimeoutError,
} from "e2b";
import { Problem } from "../../contract/problem.ts";

/** What an error of the SDK means for whoever reads it. Its own text is not shown: it may hold what was sent. */
export function problemOf(error: unknown, template: string): Problem {
  if (error instanceof Problem) return error;
  return new Problem("sandbox_unavailable", { detail: detailOf(error, template) });
}

function detailOf(error: unknown, template: string): string {
  if (error instanceof AuthenticationError)
    return "E2B does not accept the key. Put a valid E2B_API_KEY (from e2b.dev, under API Keys) into the settings and start again.";
  if (error instanceof RateLimitError)
    return "E2B's limit for this account is reached. Wait a minute and try again, end conversations you no longer need, or raise the limit at e2b.dev.";
  if (isTemplateMissing(error))
    return `E2B has no template "${template}" for this key. Build it with \`npm run template\`, or name another with E2B_TEMPLATE.`;
  if (error instanceof NotEnoughSpaceError)
    return "the sandbox's disk is full. Delete some of the conversation's files.";
  if (error instanceof SandboxNotFoundError) return "the sandbox ended just now. Try again: a new one is made.";
  const status = statusOf(error);
  if (error instanceof ServiceBusyError || (status !== undefined && status >= 500))
    return "E2B has trouble at the moment. Nothing was run; try again in a minute (status.e2b.dev tells more).";
  if (error instanceof TimeoutError || isUnreachable(error) || isBroken(error))
    return "E2B cannot be reached. Try again in a minute, and look whether this server may reach the internet.";
  return `E2B refused the request${status === undefined ? "" : ` (status ${status})`}. Try again; if it stays so, build the template anew with \`npm run template\`.`;
}

/** Whether the same may be asked once more: E2B had trouble or could not be reached, so that nothing has come of it. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  return error instanceof ServiceBusyError || (status !== undefined && status >= 500) || isUnreachable(error);
}

/** Whether the sandbox is gone or paused, so that what was asked of it has not begun. */
export function isGone(error: unknown): boolean {
  return error instanceof SandboxNotFoundError || (error instanceof Error && error.name === "SandboxNotFoundError");
}

function isTemplateMissing(error: unknown): boolean {
  if (error instanceof SandboxNotFoundError || !(error instanceof SandboxError)) return false;
  return (
    /template/i.test(error.message) &&
    (error instanceof NotFoundError || [400, 403, 404].includes(statusOf(error) ?? 0))
  );
}

function statusOf(error: unknown): number | undefined {
  return error instanceof SandboxError ? error.statusCode : undefined;
}

/** The connection was never made: what was to be said has not been heard. */
function isUnreachable(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = "code" in at ? at.code : undefined;
    if (typeof code === "string" && unreachable.has(code)) return true;
  }
  return false;
}

/** How `fetch` says that a connection failed, whatever the reason. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError && /^(fetch failed|terminated)/.test(error.message);
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
