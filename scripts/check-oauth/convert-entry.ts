import { z } from "zod";
import { AuthMethod } from "../../src/contract/auth-method.ts";
import type { OAuth2Method, UrlVariable } from "../../src/contract/auth-method.ts";

export type Converted = { method: OAuth2Method; baseUrl: string; hosts: string[] };

/**
 * Says an entry of a provider list in our own words. No service has code of its own here: what an entry tells is translated
 * field by field.
 *
 * @throws Error naming why the entry cannot be played (a client certificate, a code that comes by webhook …).
 */
export function convertEntry(entry: Entry): Converted {
  const { quirks } = entry;
  const reason = impossible(entry);
  if (reason) throw new Error(reason);
  const isGeneric = entry.mode === "MCP_OAUTH2_GENERIC";
  const api = entry.apiBaseUrl ?? `https://api.${entry.slug}.invalid/`;
  const baseUrl = template(api);
  const headers = Object.entries(entry.apiHeaders ?? {});
  const tokenHeader = headers.find(([, value]) => value.includes("${accessToken}"));
  const tokenUrl = typeof entry.tokenUrl === "string" ? template(entry.tokenUrl) : undefined;

  const method = AuthMethod.parse({
    type: "oauth2",
    id: "oauth",
    grant: entry.grant === "authorization_code" ? "authorization_code" : "client_credentials",
    variables: variablesOf(entry),
    authorizationEndpoint: entry.authUrl ? template(entry.authUrl) : undefined,
    tokenEndpoint: tokenUrl,
    refreshEndpoint: quirks.refresh_url && template(quirks.refresh_url),
    registrationEndpoint: quirks.registration_url,
    resource: isGeneric ? baseUrl : undefined,
    scopes: scopesOf(quirks.default_scopes ?? []),
    scopeSeparator: quirks.scope_separator ?? " ",
    pkce: quirks.disable_pkce ? "none" : "S256",
    clientAuthentication: authenticationOf(entry),
    clientRegistration: registrationOf(entry),
    registrationParameters: quirks.registration_params,
    tokenRequestFormat: quirks.body_format ?? "form",
    tokenRequestHeaders: quirks.token_headers && templates(quirks.token_headers),
    authorizationParameters: templates(quirks.authorization_params, { response_type: "code" }),
    tokenParameters: tokenParametersOf(entry),
    refreshParameters: templates(
      { ...quirks.refresh_token_params, ...quirks.refresh_params },
      { grant_type: "refresh_token" },
    ),
    renameAuthorization: renamesOf(quirks.authorization_url_replacements),
    codeParameter: quirks.authorization_code_param_in_callback,
    skipEmptyParameters: quirks.authorization_url_skip_empty,
    skipEncoding: quirks.authorization_url_skip_encode?.map((name) => (name === "scopes" ? "scope" : name)),
    authorizationFragment: quirks.authorization_url_fragment,
    tokenPath: quirks.alternate_access_token_response_path,
    expiresInUnit: quirks.expires_in_unit ?? "seconds",
    defaultLifetime: quirks.token_expires_in_ms ? quirks.token_expires_in_ms / 1000 : undefined,
    refreshAhead: quirks.token_expiration_buffer,
    redirectMetadata: sameNames(quirks.redirect_uri_metadata),
    tokenMetadata: sameNames([
      ...(quirks.token_response_metadata ?? []),
      ...(quirks.refresh_token_response_metadata ?? []),
    ]),
    place: tokenHeader && {
      in: "header",
      name: tokenHeader[0],
      template: template(tokenHeader[1]).replace("{access_token}", "{secret}"),
    },
    requestHeaders: templates(Object.fromEntries(headers.filter((header) => header !== tokenHeader))),
  });
  if (method.type !== "oauth2") throw new Error("not OAuth2");
  return {
    method,
    baseUrl,
    hosts: baseUrl.split(" || ").map((each) => each.replace(/^https?:\/\//, "").replace(/[/?#].*$/, "")),
  };
}

function impossible({ mode, quirks, tokenUrl }: Entry): string | undefined {
  if (quirks.require_client_certificate) return "the token endpoint asks for a TLS client certificate";
  if (quirks.authorization_code_param_in_webhook) return "the code arrives by webhook";
  if (mode === "APP" || mode === "CUSTOM") return "tokens are made with the app's own signed JWT, no code is exchanged";
  if (!tokenUrl && !mode.startsWith("MCP_")) return "there is no token endpoint";
  return undefined;
}

/** `${connectionConfig.subdomain}` -> `{subdomain}`; `a || b` -> the same in our spacing. */
export function template(text: string): string {
  return text
    .split("||")
    .map((part) =>
      part
        .trim()
        .replace(/\$\{\s*(?:connectionConfig\.)?([^}]+?)\s*\}/g, (_, name: string) => `{${ourNames[name] ?? name}}`),
    )
    .join(" || ");
}

const ourNames: Record<string, string> = {
  accessToken: "access_token",
  clientId: "client_id",
  clientSecret: "client_secret",
};

/** What equals the standard needs no word. */
function templates(
  parameters: Record<string, unknown> | undefined,
  standard: Record<string, string> = {},
): Record<string, string> | undefined {
  const pairs = Object.entries(parameters ?? {}).filter(([name, value]) => standard[name] !== value);
  return pairs.length === 0
    ? undefined
    : Object.fromEntries(pairs.map(([name, value]) => [name, template(String(value))]));
}

function tokenParametersOf({ grant, quirks }: Entry): Record<string, string> | undefined {
  const standard = grant === "authorization_code" ? "authorization_code" : "client_credentials";
  const own: Record<string, unknown> = grant === standard ? {} : { grant_type: grant };
  return templates({ ...own, ...quirks.token_params }, { grant_type: standard });
}

function authenticationOf({ quirks }: Entry): OAuth2Method["clientAuthentication"] {
  if (quirks.token_request_auth_method === "private_key_jwt") return "private_key_jwt";
  if (quirks.token_request_auth_method === "basic" || quirks.authorization_method === "header")
    return "client_secret_basic";
  // What registers itself is told by the server; in this list no word means the body.
  return quirks.client_registration === "dynamic" || quirks.client_registration === "cimd"
    ? undefined
    : "client_secret_post";
}

function registrationOf({ mode, quirks }: Entry): OAuth2Method["clientRegistration"] {
  if (quirks.client_registration === "cimd") return "metadata_document";
  if (quirks.client_registration === "dynamic" || mode === "MCP_OAUTH2_GENERIC") return "dynamic";
  return quirks.client_registration === "static" ? "by_hand" : undefined;
}

function renamesOf(replacements: Record<string, string> | undefined): Record<string, string> | undefined {
  if (!replacements) return undefined;
  return Object.fromEntries(
    Object.entries(replacements).map(([from, to]) => [from.replace(/=$/, ""), to.replace(/=$/, "")]),
  );
}

/** Two at least: only then is the separator seen. */
const scopesOf = (own: string[]) => (own.length >= 2 ? own : [...new Set([...own, "judge.read", "judge.write"])]);

const sameNames = (names: string[] | undefined) =>
  names?.length ? Object.fromEntries(names.map((name) => [name, name])) : undefined;

function variablesOf(entry: Entry): UrlVariable[] {
  const { quirks } = entry;
  const urls = urlsOf(entry);
  const redirect = new Set(quirks.redirect_uri_metadata);
  const answer = new Set([
    ...(quirks.token_response_metadata ?? []),
    ...(quirks.refresh_token_response_metadata ?? []),
  ]);
  const told = new Map(entry.connectionConfig.map((each) => [each.name, each]));
  const inSignIn = new Set(namesIn(entry.authUrl));
  const inParameters = [quirks.authorization_params, quirks.token_params, quirks.refresh_params].flatMap((each) =>
    Object.values(each ?? {}),
  );
  const all = new Set([
    ...told.keys(),
    ...urls.flatMap(namesIn),
    ...inParameters.flatMap((each) => namesIn(String(each))),
  ]);
  for (const name of ["random", "accessToken", "clientId", "clientSecret"]) all.delete(name);

  return [...all].map((name) => {
    const { pattern, options, default: usual, example, optional, automated } = told.get(name) ?? {};
    // What the sign-in page's own address needs cannot come from its answer.
    const from = inSignIn.has(name)
      ? undefined
      : redirect.has(name)
        ? "redirect"
        : answer.has(name)
          ? "token_answer"
          : undefined;
    const needed = urls.some((url) => !url.includes("||") && namesIn(url).includes(name));
    return {
      name,
      pattern:
        pattern ??
        (from === "redirect"
          ? redirectPattern(entry, name)
          : endsHost(urls, name)
            ? String.raw`[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*`
            : undefined),
      options,
      default: usual === "" ? undefined : usual,
      example,
      optional:
        from === undefined &&
        !needed &&
        (optional || automated || usual === "" || urls.some((url) => namesIn(url).includes(name)))
          ? true
          : undefined,
      from,
    };
  });
}

/**
 * Where a part of the redirect becomes the token endpoint's host, the other spelling of that address bounds it. Lists without
 * another spelling admit any host, and so do we, in so many words.
 */
function redirectPattern(entry: Entry, name: string): string | undefined {
  const parts = urlsOf(entry).flatMap((url) => url.split("||").map((each) => each.trim()));
  const own = parts.find((each) => namesIn(each)[0] === name && /^(https:\/\/)?\$\{[^}]+\}(\/|$)/.test(each));
  if (own === undefined) return undefined;
  const rest = own.replace(/^(https:\/\/)?\$\{[^}]+\}/, "");
  const other = parts.find(
    (each) => each !== own && rest !== "" && each.endsWith(rest) && /^https:\/\/[^$/]/.test(each),
  );
  if (other === undefined) return String.raw`(https:\/\/)?[A-Za-z0-9.-]+(:\d+)?`;
  return other
    .slice(0, -rest.length)
    .split(/\$\{[^}]+\}/)
    .map((each) => each.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`))
    .join("[A-Za-z0-9.-]+");
}

/** `https://api.{environment}/…`: a place where a value is more than one label. */
const endsHost = (urls: string[], name: string) =>
  urls.some((url) =>
    url
      .split("||")
      .some((each) =>
        new RegExp(
          String.raw`https://[^/]+\.\$\{(?:connectionConfig\.)?${name.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)}\}(/|\s*$)`,
        ).test(each),
      ),
  );

export function urlsOf({ authUrl, tokenUrl, quirks, apiBaseUrl }: Entry): string[] {
  return [authUrl, tokenUrl, quirks.refresh_url, apiBaseUrl].filter((each): each is string => typeof each === "string");
}

export function namesIn(text: string | null | undefined): string[] {
  return [...(text ?? "").matchAll(/\$\{\s*(?:connectionConfig\.)?([^}]+?)\s*\}/g)].flatMap(([, name]) => name ?? []);
}

const texts = z.array(z.string());
const parameters = z.record(z.string(), z.unknown());

/** One entry of a list of OAuth2 services, in the words of such lists. */
export const Entry = z.object({
  slug: z.string(),
  name: z.string(),
  mode: z.string(),
  grant: z.string(),
  authUrl: z.string().nullish(),
  tokenUrl: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  apiBaseUrl: z.string().nullish(),
  apiHeaders: z.record(z.string(), z.string()).optional(),
  connectionConfig: z
    .array(
      z.object({
        name: z.string(),
        pattern: z.string().optional(),
        options: texts.optional(),
        default: z.string().optional(),
        example: z.string().optional(),
        optional: z.boolean().optional(),
        automated: z.boolean().optional(),
      }),
    )
    .default([]),
  quirks: z
    .object({
      alternate_access_token_response_path: z.string(),
      authorization_code_param_in_callback: z.string(),
      authorization_code_param_in_webhook: z.string(),
      authorization_method: z.string(),
      authorization_params: parameters,
      authorization_url_fragment: z.string(),
      authorization_url_replacements: z.record(z.string(), z.string()),
      authorization_url_skip_empty: z.boolean(),
      authorization_url_skip_encode: texts,
      body_format: z.enum(["form", "json", "query"]),
      client_registration: z.string(),
      default_scopes: texts,
      disable_pkce: z.boolean(),
      expires_in_unit: z.enum(["seconds", "milliseconds"]),
      redirect_uri_metadata: texts,
      refresh_params: parameters,
      refresh_token_params: parameters,
      refresh_token_response_metadata: texts,
      refresh_url: z.string(),
      registration_params: z.record(z.string(), z.union([z.string(), texts])),
      registration_url: z.string(),
      require_client_certificate: z.boolean(),
      scope_separator: z.string(),
      token_expiration_buffer: z.number(),
      token_expires_in_ms: z.number(),
      token_headers: parameters,
      token_params: parameters,
      token_request_auth_method: z.string(),
      token_response_metadata: texts,
    })
    .partial()
    .default({}),
});
export type Entry = z.infer<typeof Entry>;
