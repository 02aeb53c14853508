import { z } from "zod";

/** Where a secret goes in a request. `template` holds `{secret}`, e.g. `Token token={secret}`. */
export const Place = z.discriminatedUnion("in", [
  z.object({
    in: z.literal("header"),
    name: z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/),
    template: z.string().max(200).optional(),
  }),
  z.object({
    in: z.literal("query"),
    name: z.string().min(1).max(100),
    template: z.string().max(200).optional(),
  }),
  z.object({ in: z.literal("cookie"), name: z.string().min(1).max(100) }),
  /** A field of a JSON object or urlencoded body; dots go deeper. */
  z.object({ in: z.literal("body"), name: z.string().min(1).max(100) }),
  z.object({ in: z.literal("basic_user") }),
  z.object({ in: z.literal("basic_password") }),
]);
export type Place = z.infer<typeof Place>;

const help = { help: z.string().max(2000).optional(), helpUrl: z.string().max(500).optional() };

export const SecretField = z.object({
  /** Lower snake case; names the environment variable of the tool run by hand: `{SLUG}_{NAME}`. */
  name: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/),
  label: z.string().min(1).max(80),
  ...help,
  places: z.array(Place).min(1).max(4),
  optional: z.boolean().optional(),
  /** A value sent when the person leaves it empty, e.g. the password `x` beside an API key as user name. */
  fixed: z.string().max(100).optional(),
  pattern: z.string().max(200).optional(),
});
export type SecretField = z.infer<typeof SecretField>;

/** A blank in a URL, asked of the person: `https://{subdomain}.example.com`. */
export const UrlVariable = z.object({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,60}$/),
  label: z.string().max(80).optional(),
  ...help,
  /** Anchored; the default allows one host label. An `@`, `?`, `#`, `\` is never accepted in a host. */
  pattern: z.string().max(500).optional(),
  options: z.array(z.string().max(200)).max(100).optional(),
  default: z.string().max(200).optional(),
  example: z.string().max(200).optional(),
  /** May be left empty: what needs it is then left out, or the next alternative of a URL is taken. */
  optional: z.boolean().optional(),
  /** Not asked of the person: the redirect or the token answer brings it (`redirectMetadata`, `tokenMetadata`). */
  from: z.enum(["person", "redirect", "token_answer"]).optional(),
});
export type UrlVariable = z.infer<typeof UrlVariable>;

const Parameters = z.record(z.string().max(100), z.string().max(1000));

/**
 * An OAuth2 authorization server and its habits, as data (RFC 6749 names). Everything past `scopes` is a quirk met in real
 * services; absent means the standard. URLs, parameter values and header values may hold `{variables}` and alternatives
 * parted by ` || `: the first whose variables are all known is taken, e.g. `https://{instance} || https://app.example.com`.
 * Endpoints may be left out where `issuer` (RFC 8414) or `resource` (RFC 9728) lets us discover them.
 * `docs/describing-a-sign-in.md` explains each field with an example.
 */
export const OAuth2 = z.object({
  type: z.literal("oauth2"),
  grant: z.enum(["authorization_code", "client_credentials", "device_code"]).default("authorization_code"),
  issuer: z.string().optional(),
  authorizationEndpoint: z.string().optional(),
  tokenEndpoint: z.string().optional(),
  refreshEndpoint: z.string().optional(),
  revocationEndpoint: z.string().optional(),
  deviceAuthorizationEndpoint: z.string().optional(),
  registrationEndpoint: z.string().optional(),
  /** A request that names the account; `label` are dotted paths into its answer, the first that is there counts. */
  identity: z
    .object({
      url: z.string(),
      method: z.enum(["GET", "POST"]).default("GET"),
      /** JSON, for services that ask by POST (GraphQL). */
      body: z.string().max(2000).optional(),
      label: z.array(z.string()).min(1),
      id: z.string().optional(),
    })
    .optional(),
  scopes: z.array(z.string()).default([]),
  availableScopes: z.record(z.string(), z.string()).optional(),
  pkce: z.enum(["S256", "plain", "none"]).default("S256"),
  clientAuthentication: z.enum(["client_secret_basic", "client_secret_post", "none", "private_key_jwt"]).optional(),
  tokenRequestFormat: z.enum(["form", "json", "query"]).default("form"),
  tokenRequestMethod: z.enum(["POST", "GET"]).default("POST"),
  tokenRequestHeaders: Parameters.optional(),
  scopeSeparator: z.string().max(3).default(" "),
  authorizationParameters: Parameters.optional(),
  tokenParameters: Parameters.optional(),
  refreshParameters: Parameters.optional(),
  /** Standard name -> the service's name, or "" to leave it out. */
  renameAuthorization: Parameters.optional(),
  renameToken: Parameters.optional(),
  renameRefresh: Parameters.optional(),
  /** Name of the code in the redirect when it is not `code`. */
  codeParameter: z.string().optional(),
  /** Name of the state in the redirect when it is not `state`. */
  stateParameter: z.string().optional(),
  skipEmptyParameters: z.boolean().optional(),
  /** Authorization parameters sent without percent-encoding. */
  skipEncoding: z.array(z.string()).optional(),
  /** The sign-in page reads its parameters behind `#` and this path. */
  authorizationFragment: z.string().optional(),
  /** Dotted path of the object that holds the tokens, e.g. `authed_user` (Slack), `data`. */
  tokenPath: z.string().optional(),
  /** Standard name -> the service's (dotted) name in the token answer, e.g. `access_token` -> `accessToken`. */
  renameAnswer: Parameters.optional(),
  /** Answers wrapped as `{code,data}`: which value of which field means success. */
  envelope: z
    .object({
      codeField: z.string(),
      success: z.union([z.string(), z.number()]),
      messageField: z.string().optional(),
    })
    .optional(),
  expiresInUnit: z.enum(["seconds", "milliseconds"]).default("seconds"),
  /** Seconds; taken when the answer names no lifetime and none was seen before. */
  defaultLifetime: z.number().positive().optional(),
  /** Seconds before the end at which a token is renewed, for services that refuse to do it earlier. Default 300. */
  refreshAhead: z.number().nonnegative().optional(),
  scopeOnRefresh: z.boolean().default(false),
  /** Facts to keep from the redirect or the token answer: ours -> their (dotted) name. */
  redirectMetadata: z.record(z.string(), z.string()).optional(),
  tokenMetadata: z.record(z.string(), z.string()).optional(),
  audience: z.string().optional(),
  resource: z.string().optional(),
  /** Where the access token goes; default `Authorization: Bearer {secret}`. */
  place: Place.optional(),
  /** More headers each request needs: `{client_id}`, `{client_secret}`, `{access_token}` and the variables may stand in them. */
  requestHeaders: Parameters.optional(),
  /** `metadata_document`: the client id is the address of a document about us. Default: by hand, or dynamic where offered. */
  clientRegistration: z.enum(["by_hand", "dynamic", "metadata_document"]).optional(),
  registrationParameters: z.record(z.string().max(100), z.union([z.string(), z.array(z.string())])).optional(),
  /** How tokens are revoked where it is not RFC 7009. */
  revocation: z
    .object({
      method: z.enum(["POST", "GET", "DELETE"]).default("POST"),
      tokenField: z.string().default("token"),
      format: z.enum(["form", "json", "query"]).default("form"),
      token: z.enum(["refresh_token", "access_token"]).default("refresh_token"),
      authentication: z.enum(["client", "access_token"]).default("client"),
    })
    .optional(),
  setup: z
    .object({
      createUrl: z.string().optional(),
      steps: z.array(z.string().max(500)).max(20).default([]),
    })
    .optional(),
});
export type OAuth2 = z.infer<typeof OAuth2>;

const method = {
  /** Unique within the integration. */
  id: z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/),
  label: z.string().max(80).optional(),
  ...help,
  variables: z.array(UrlVariable).max(20).default([]),
};

/** One way to sign in. A service may have several; the person chooses. */
export const AuthMethod = z.discriminatedUnion("type", [
  OAuth2.extend(method),
  z.object({ type: z.literal("api_key"), ...method, fields: z.array(SecretField).min(1).max(8) }),
  z.object({ type: z.literal("bearer_token"), ...method }),
  z.object({
    type: z.literal("basic"),
    ...method,
    userLabel: z.string().max(80).optional(),
    passwordLabel: z.string().max(80).optional(),
  }),
  z.object({ type: z.literal("none"), ...method }),
]);
export type AuthMethod = z.infer<typeof AuthMethod>;
export type OAuth2Method = Extract<AuthMethod, { type: "oauth2" }>;

/**
 * The secrets that go into a request of this method, with their places. OAuth2 and none have none;
 * what the form asks for is `typedFields`.
 */
export function secretFields(method: AuthMethod): SecretField[] {
  switch (method.type) {
    case "api_key":
      return method.fields;
    case "bearer_token":
      return [
        {
          name: "access_token",
          label: method.label ?? "Access token",
          help: method.help,
          helpUrl: method.helpUrl,
          places: [{ in: "header", name: "Authorization", template: "Bearer {secret}" }],
        },
      ];
    case "basic":
      return [
        {
          name: "username",
          label: method.userLabel ?? "User name",
          help: method.help,
          helpUrl: method.helpUrl,
          places: [{ in: "basic_user" }],
        },
        {
          name: "password",
          label: method.passwordLabel ?? "Password",
          places: [{ in: "basic_password" }],
          optional: true,
        },
      ];
    case "oauth2":
    case "none":
      return [];
  }
}

/** What the form of this method asks for. Beside `secretFields`: the client of a service that signs in by client credentials. */
export function typedFields(method: AuthMethod): Omit<SecretField, "places">[] {
  if (method.type !== "oauth2" || method.grant !== "client_credentials") return secretFields(method);
  const { help, helpUrl } = method;
  return [
    { name: "client_id", label: "Client id", help, helpUrl },
    method.clientAuthentication === "private_key_jwt"
      ? { name: "client_secret", label: "Private key (PEM or JWK)" }
      : { name: "client_secret", label: "Client secret", optional: method.clientAuthentication === "none" },
  ];
}
