import { Problem } from "../../contract/problem.ts";
import type { TokenRefusal } from "./token-refusal.ts";

export type Refused = { error: string; description?: string; integration: string; redirectUri: string };

/**
 * Says in plain words why a sign-in did not come about and what to do: every code of RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5,
 * OpenID Connect Core §3.1.2.6, and what big services say in their descriptions.
 */
export function explainRefusal({ error, description = "", integration, redirectUri }: Refused): Problem {
  const words = `${error} ${description}`;
  const habit = habits.find(({ sign }) => sign.test(words));
  const say = habit?.say ?? (Object.hasOwn(byCode, error) ? byCode[error] : undefined);
  const detail =
    say?.(redirectUri) ?? `it says "${plain(error)}". Try again; if it stays, check the OAuth client there.`;
  return new Problem("oauth_refused", { integration, detail });
}

/** The same for a refusal of the token endpoint. */
export function explainTokenRefusal(refusal: TokenRefusal, o: { integration: string; redirectUri: string }): Problem {
  if (refusal.code === "answer_unreadable") return new Problem("token_answer_unreadable");
  return explainRefusal({ error: refusal.code, description: refusal.description, ...o });
}

/** An error code is printable ASCII by RFC 6749; anything else a stranger could use to write on our page. */
const plain = (error: string) => error.replace(/[^\w .:-]/g, "").slice(0, 60) || "an unknown error";

type Say = (redirectUri: string) => string;

const habits: { sign: RegExp; say: Say }[] = [
  {
    sign: /redirect[_ ]?ur[il].{0,40}(mismatch|not match|invalid|not (registered|allowed|whitelisted|associated)|does not|unregistered)|(invalid|mismatch\w*|bad|wrong).{0,20}redirect[_ ]?ur[il]|AADSTS50011/i,
    say: (uri) => `it does not know our redirect URI. Add exactly ${uri} to the OAuth client there, then try again.`,
  },
  {
    sign: /AADSTS(65001|90094|650056)|admin[_ -]?(consent|approval)|admin_policy_enforced|administrator (has )?(to|must|not)/i,
    say: () =>
      "an administrator of your organisation has to allow this app first. Ask them to approve it, then try again.",
  },
  {
    sign: /app(lication)?[_ ](is[_ ])?(not|un)[_ -]?(verified|approved|reviewed|published)|access blocked|org_internal|not a test user|unverified_app/i,
    say: () =>
      "the service has not verified this app, or you are not on its list of test users. Add yourself as a test user of the OAuth client there, or publish it.",
  },
  {
    sign: /invalid_rapt|reauth(entication)? (related|is )?(error|required)/i,
    say: () => "your organisation asks for a fresh sign-in. Sign in there again, then try once more.",
  },
];

const tryAgain = "Try again in a few minutes.";
const byCode: Record<string, Say> = {
  // RFC 6749 §4.1.2.1, the redirect
  access_denied: () => "you or an administrator said no. Start again and allow the access, or ask your administrator.",
  invalid_request: (uri) =>
    `it found our request faulty. Check that the OAuth client there lists exactly ${uri} as redirect URI and allows the authorization code flow.`,
  unauthorized_client: () =>
    "the OAuth client there may not sign people in this way. Allow the authorization code flow in its settings.",
  unsupported_response_type: () =>
    "the OAuth client there does not allow the authorization code flow. Allow it in its settings.",
  invalid_scope: () =>
    "it does not grant one of the permissions we ask for. Allow them in the OAuth client's settings there, or leave some out.",
  server_error: () => `it had an error of its own. ${tryAgain}`,
  temporarily_unavailable: () => `it is busy or under maintenance. ${tryAgain}`,
  // RFC 6749 §5.2, the token endpoint
  invalid_client: () =>
    "it does not accept the id and secret of the OAuth client. Enter them again, without blanks around them.",
  invalid_grant: () => "the sign-in was used already or took too long. Start it again.",
  unsupported_grant_type: () => "the OAuth client there does not allow this kind of sign-in. Allow it in its settings.",
  // OpenID Connect Core §3.1.2.6
  interaction_required: () =>
    "it wants to ask you something first. Open the service in this browser, sign in there, then start again.",
  login_required: () => "you are not signed in there. Sign in to the service in this browser, then start again.",
  consent_required: () => "it needs your consent. Start again and allow the access.",
  account_selection_required: () =>
    "it does not know which account you mean. Sign out of the others there, then start again.",
  // RFC 8628 §3.5
  expired_token: () => "the code was not entered in time. Start again.",
  authorization_pending: () => "it still waits for you. Enter the code there.",
  slow_down: () => `it was asked too often. ${tryAgain}`,
  // RFC 8707, RFC 9126 and ours
  invalid_target: () => "it does not know the resource we want to use. Check the address of the service.",
  invalid_client_metadata: () =>
    "it does not accept how we describe ourselves. Register an OAuth client there by hand.",
  no_token_endpoint: () => "the address of its token endpoint is not complete. Check what you filled in for it.",
  no_code: () => "it sent you back without a code. Start again.",
  wrong_issuer: () =>
    "the answer came from another sign-in server than the one we asked, so it was not used. Start again.",
  redirected: () =>
    "its token endpoint sent us elsewhere, where we did not follow. Check the address of the token endpoint.",
  address_refused: () =>
    "its token endpoint lies at a private address. If it is yours, list it in ALLOW_PRIVATE_HOSTS and start Patchbay again.",
  scheme_refused: () => "its token endpoint is not reached over https, so nothing was sent there.",
  redirect_refused: () =>
    "its token endpoint sent us elsewhere, where we did not follow. Check the address of the token endpoint.",
  service_unreachable: () => `it could not be reached. ${tryAgain}`,
  answer_too_slow: () => `it did not answer in time. ${tryAgain}`,
  answer_too_large: () => "its answer was far too large to be a token answer. Check the address of the token endpoint.",
};
for (const status of [408, 429, 500, 502, 503, 504])
  byCode[`status_${status}`] = () => `it is busy or has an error of its own (status ${status}). ${tryAgain}`;
