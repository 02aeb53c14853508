/**
 * Which scopes a refused request says it lacks: RFC 6750 §3.1 in `WWW-Authenticate`, and the words of services that say it in
 * the body or in headers of their own.
 *
 * @returns undefined when the refusal is about something else; an empty list when it names none.
 */
export function readScopeGap(answer: { status: number; headers: Headers; body?: string }): string[] | undefined {
  if (answer.status !== 401 && answer.status !== 403) return undefined;
  const challenge = answer.headers.get("www-authenticate") ?? "";
  const body = (answer.body ?? "").slice(0, 10_000);
  const says = /\binsufficient_scope\b/i.test(challenge) || words.test(body);
  if (!says) return undefined;
  const named =
    /\bscope="([^"]*)"/i.exec(challenge)?.[1] ??
    lacking(answer.headers) ??
    /"(?:needed|required_scopes?|missing_scopes?|scope)"\s*:\s*"([^"]{1,300})"/i.exec(body)?.[1] ??
    "";
  return [...new Set(named.split(/[\s,]+/))].filter((scope) => scopeToken.test(scope));
}

/** RFC 6749 §3.3. What a service names here is asked of the person at its own consent page, and of no one else. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;

const words =
  /insufficient[_ ](?:scopes?|permissions?|authentication scopes)|access_token_scope_insufficient|missing_scope|missing required scopes?|(?:requires?|lacks?|does not have) the (?:required |following )?scopes?/i;

/** GitHub lists what would be accepted and what the token has. */
function lacking(headers: Headers): string | undefined {
  const accepted = headers
    .get("x-accepted-oauth-scopes")
    ?.split(/[\s,]+/)
    .filter(Boolean);
  const has = new Set(headers.get("x-oauth-scopes")?.split(/[\s,]+/));
  // Any one of those accepted is enough: the first is the narrowest.
  return accepted?.some((scope) => has.has(scope)) ? undefined : accepted?.[0];
}
