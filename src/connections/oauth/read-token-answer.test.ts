import { expect, it } from "vitest";
import { OAuth2 } from "../../contract/auth-method.ts";
import { readTokenAnswer } from "./read-token-answer.ts";

const read = (body: unknown, quirks: object = {}, status = 200) => {
  const answer = readTokenAnswer(
    OAuth2.parse({ type: "oauth2", ...quirks }),
    status,
    typeof body === "string" ? body : JSON.stringify(body),
  );
  return answer && { status: answer.status, ...answer.body };
};
const token = { status: 200, access_token: "a", token_type: "bearer" };

it.each([
  [
    "the standard",
    { access_token: "a", token_type: "Bearer", expires_in: 60, refresh_token: "r", scope: "x y" },
    {},
    { ...token, expires_in: 60, refresh_token: "r", scope: "x y" },
  ],
  ["no token type", { access_token: "a" }, {}, token],
  ["a token type of its own", { access_token: "a", token_type: "bot" }, {}, token],
  ["a form", "access_token=a&scope=x%2Cy&token_type=bearer", {}, { ...token, scope: "x,y" }],
  ["a lifetime as text", { access_token: "a", expires_in: "60" }, {}, { ...token, expires_in: 60 }],
  [
    "a lifetime in milliseconds",
    { access_token: "a", expires_in: 60_000 },
    { expiresInUnit: "milliseconds" },
    { ...token, expires_in: 60 },
  ],
  ["a lifetime of nothing", { access_token: "a", expires_in: 0 }, {}, token],
  ["scopes as a list", { access_token: "a", scope: ["x", "y"] }, {}, { ...token, scope: "x y" }],
  ["tokens inside", { ok: true, authed_user: { access_token: "a", id: "U1" } }, { tokenPath: "authed_user" }, token],
  ["tokens outside after all", { access_token: "a" }, { tokenPath: "authed_user" }, token],
  [
    "an envelope",
    { code: 0, data: { access_token: "a" } },
    { tokenPath: "data", envelope: { codeField: "code", success: 0 } },
    token,
  ],
  [
    "other names",
    { accessToken: "a", meta: { ttl: 60 } },
    { renameAnswer: { access_token: "accessToken", expires_in: "meta.ttl" } },
    { ...token, expires_in: 60 },
  ],
  ["an empty refresh token", { access_token: "a", refresh_token: "" }, {}, token],
])("reads %s", (_, body, quirks, expected) => {
  expect(read(body, quirks)).toEqual(expected);
});

it.each([
  [
    "an error in a 200",
    { error: "invalid_grant", error_description: "gone" },
    {},
    200,
    { status: 400, error: "invalid_grant", error_description: "gone" },
  ],
  [
    "an error as an object",
    { error: { type: "OAuthException", code: 190, message: "expired" } },
    {},
    400,
    { status: 400, error: "190", error_description: "expired" },
  ],
  [
    "a list of errors",
    { errors: [{ code: "bad", title: "no" }] },
    {},
    422,
    { status: 422, error: "bad", error_description: "no" },
  ],
  [
    "an envelope that says no",
    { code: 7, msg: "no", data: {} },
    { tokenPath: "data", envelope: { codeField: "code", success: 0, messageField: "msg" } },
    200,
    { status: 400, error: "7", error_description: "no" },
  ],
  ["ok: false", { ok: false, error: "invalid_auth" }, {}, 200, { status: 400, error: "invalid_auth" }],
  [
    "a status without a word",
    { message: "Unauthorized" },
    {},
    401,
    { status: 401, error: "status_401", error_description: "Unauthorized" },
  ],
  ["HTML", "<html>Sign in</html>", {}, 200, undefined],
  ["nothing", "", {}, 200, undefined],
  ["a list", "[]", {}, 200, undefined],
  ["no token at all", { hello: "there" }, {}, 200, undefined],
])("takes %s for no token", (_, body, quirks, status, expected) => {
  expect(read(body, quirks, status)).toEqual(expected);
});
