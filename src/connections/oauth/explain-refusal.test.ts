import { expect, it } from "vitest";
import { explainRefusal } from "./explain-refusal.ts";

const redirectUri = "https://patchbay.test/oauth/callback/x";
const explain = (error: string, description?: string) =>
  explainRefusal({ error, description, integration: "Example", redirectUri }).message;

/** RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, RFC 8628 §3.5. */
const codes = [
  "invalid_request",
  "unauthorized_client",
  "access_denied",
  "unsupported_response_type",
  "invalid_scope",
  "server_error",
  "temporarily_unavailable",
  "invalid_client",
  "invalid_grant",
  "unsupported_grant_type",
  "interaction_required",
  "login_required",
  "account_selection_required",
  "consent_required",
  "authorization_pending",
  "slow_down",
  "expired_token",
];

it.each(codes)("has words of its own for %s, and says what to do", (code) => {
  const message = explain(code);
  expect(message).toMatch(/^Example did not complete the sign-in: [a-z].*\.$/);
  expect(message).not.toContain(code);
  expect(message).not.toContain("it says");
});

it("says something else for each of them", () => {
  expect(new Set(codes.map((code) => explain(code))).size).toBeGreaterThanOrEqual(codes.length - 1);
});

it.each([
  ["invalid_request", "AADSTS50011: The redirect URI specified in the request does not match"],
  ["redirect_uri_mismatch", "Bad Request"],
  ["invalid_request", "The redirect_uri MUST match the registered callback URL for this application."],
  ["invalid_request", "Mismatching redirect URI"],
])("shows the exact redirect URI to register for %s: %s", (error, description) => {
  expect(explain(error, description)).toContain(`Add exactly ${redirectUri} to the OAuth client there`);
});

it.each([
  [
    "access_denied",
    "AADSTS65001: The user or administrator has not consented",
    "an administrator of your organisation has to allow this app first",
  ],
  ["admin_policy_enforced", "", "an administrator of your organisation has to allow this app first"],
  ["access_denied", "The app is not verified", "the service has not verified this app"],
  ["org_internal", "", "the service has not verified this app"],
  ["invalid_grant", "reauth related error (invalid_rapt)", "your organisation asks for a fresh sign-in"],
])("knows the habits of big services: %s %s", (error, description, words) => {
  expect(explain(error, description)).toContain(words);
});

it("shows an unknown code, but nothing a stranger could write on our page", () => {
  expect(explain("strange_code")).toContain('it says "strange_code"');
  expect(explain("<b>call 555</b>".repeat(20))).not.toMatch(/[<>]/);
  expect(explain("constructor")).toContain('it says "constructor"');
});
