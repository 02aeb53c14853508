/**
 * Why a token endpoint gave no token. Stays inside `connections/`: what a person is told is made of it by `explain-refusal.ts`.
 *
 * - `ended`: the grant is over; only signing in again helps.
 * - `client`: our client is not accepted; its id or secret has to be entered again.
 * - `request`: the request is not to the server's liking; the data about the service is wrong.
 * - `passing`: an outage, a hang, an unreadable answer; it may work later, so nothing is given up.
 */
export class TokenRefusal extends Error {
  readonly kind: "ended" | "client" | "request" | "passing";
  readonly code: string;
  /** The server's own words, free of what we sent, at most 300 characters. */
  readonly description: string | undefined;

  constructor(code: string, o: { description?: string; kind?: TokenRefusal["kind"] } = {}) {
    super(`the token endpoint refused: ${code}`);
    this.code = code;
    this.description = o.description?.slice(0, 300);
    this.kind = o.kind ?? kindOf(code.toLowerCase(), this.description ?? "");
  }
}

/** RFC 6749 §5.2, RFC 8628 §3.5, and what big services say instead. */
function kindOf(code: string, description: string): TokenRefusal["kind"] {
  if (ended.has(code)) return "ended";
  if (client.has(code)) return "client";
  if (passing.has(code)) return "passing";
  // Services without error codes say it in words: "Invalid refresh token", "Token has been revoked".
  if (/^status_40[013]$|^request_failed$|^invalid_request$/.test(code) && deadToken.test(description)) return "ended";
  return code.startsWith("status_") ? "passing" : "request";
}

const deadToken =
  /\b(refresh[ _-]?token|grant|authorization code)\b.*\b(invalid|expired|revoked|not found|unknown|inactive)\b|\b(invalid|expired|revoked|unknown|inactive)\b.*\b(refresh[ _-]?token|grant)\b/i;

const ended = new Set([
  "invalid_grant",
  "invalid_refresh_token",
  "bad_refresh_token",
  "refresh_token_expired",
  "expired_refresh_token",
  "invalid_token",
  "expired_token",
  "token_expired",
  "token_revoked",
  "token_inactive",
  "inactive_token",
  "invalid_auth",
  "not_authed",
  "account_inactive",
  "bad_verification_code",
  "access_denied",
  "consent_required",
  "interaction_required",
  "login_required",
  "invalid_rapt",
  "admin_policy_enforced",
]);
const client = new Set([
  "invalid_client",
  "unauthorized_client",
  "incorrect_client_credentials",
  "bad_client_id",
  "bad_client_secret",
  "invalid_client_id",
  "invalid_client_secret",
  "org_internal",
]);
const passing = new Set([
  "temporarily_unavailable",
  "server_error",
  "slow_down",
  "ratelimited",
  "rate_limited",
  "rate_limit_exceeded",
  "too_many_requests",
  "internal_error",
  "fatal_error",
  "service_unavailable",
]);
