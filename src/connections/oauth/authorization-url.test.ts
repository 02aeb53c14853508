import { expect, it } from "vitest";
import { OAuth2 } from "../../contract/auth-method.ts";
import { authorizationUrl } from "./authorization-url.ts";

const request = {
  endpoint: "https://example.com/authorize",
  clientId: "ours",
  redirectUri: "https://patchbay.test/oauth/callback/x",
  scopes: ["read", "write:all"],
  state: "s",
  challenge: { value: "c", method: "S256" as const },
  values: { store: "acme & sons" },
};
const url = (quirks: object, change: object = {}) =>
  authorizationUrl(OAuth2.parse({ type: "oauth2", ...quirks }), { ...request, ...change });
const start =
  "https://example.com/authorize?response_type=code&client_id=ours&redirect_uri=https%3A%2F%2Fpatchbay.test%2Foauth%2Fcallback%2Fx&state=s";
const pkce = "&code_challenge=c&code_challenge_method=S256";

it.each([
  ["the standard", {}, {}, `${start}&scope=read%20write%3Aall${pkce}`],
  ["another separator", { scopeSeparator: "," }, {}, `${start}&scope=read%2Cwrite%3Aall${pkce}`],
  [
    "scopes that are not encoded",
    { scopeSeparator: "+", skipEncoding: ["scope"] },
    {},
    `${start}&scope=read+write:all${pkce}`,
  ],
  [
    "scopes that try to add a parameter",
    { skipEncoding: ["scope"] },
    { scopes: ["a&state=x#y"] },
    `${start}&scope=a%26state=x%23y${pkce}`,
  ],
  [
    "extra parameters with variables",
    { authorizationParameters: { context: "stores/{store}", account: "{unknown}", prompt: "consent" } },
    { scopes: [] },
    `${start}${pkce}&context=stores%2Facme%20%26%20sons&prompt=consent`,
  ],
  [
    "another response type and scope",
    { authorizationParameters: { response_type: "code id_token", scope: "*" } },
    {},
    `${start.replace("type=code", "type=code%20id_token")}&scope=*${pkce}`,
  ],
  [
    "renamed and left out parameters",
    { renameAuthorization: { client_id: "client_key", response_type: "" } },
    { scopes: [] },
    `${start.replace("response_type=code&client_id", "client_key")}${pkce}`,
  ],
  ["empty parameters", { authorizationParameters: { hint: "" } }, { scopes: [] }, `${start}${pkce}&hint=`],
  [
    "empty parameters that are skipped",
    { authorizationParameters: { hint: "" }, skipEmptyParameters: true },
    { scopes: [] },
    `${start}${pkce}`,
  ],
  ["no PKCE", {}, { scopes: [], challenge: undefined }, start],
  [
    "resource and audience",
    { audience: "https://api.example.com/" },
    { scopes: [], resource: "https://mcp.example.com" },
    `${start}${pkce}&resource=https%3A%2F%2Fmcp.example.com&audience=https%3A%2F%2Fapi.example.com%2F`,
  ],
  [
    "a query of its own",
    {},
    { scopes: [], endpoint: "https://example.com/authorize?tenant=1" },
    `${start.replace("?", "?tenant=1&")}${pkce}`,
  ],
  [
    "parameters behind the fragment",
    { authorizationFragment: "/oauth/authorize" },
    { scopes: [], endpoint: "https://example.com/app/" },
    `${start.replace("https://example.com/authorize", "https://example.com/app/#/oauth/authorize")}${pkce}`,
  ],
])("writes %s", (_, quirks, change, expected) => {
  expect(url(quirks, change)).toBe(expected);
});
