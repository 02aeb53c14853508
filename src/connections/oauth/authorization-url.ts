import type { OAuth2 } from "../../contract/auth-method.ts";
import { fill } from "../fill-template.ts";
import type { Values } from "../fill-template.ts";

export type AuthorizationRequest = {
  endpoint: string;
  clientId: string;
  redirectUri: string;
  scopes: readonly string[];
  state: string;
  challenge?: { value: string; method: "S256" | "plain" };
  resource?: string;
  /** Values for the variables in extra parameters. */
  values: Values;
};

/** The address a person's browser is sent to (RFC 6749 §4.1.1, RFC 7636 §4.3), bent as the data says. */
export function authorizationUrl(method: OAuth2, request: AuthorizationRequest): string {
  const parameters = new Map<string, string>([
    ["response_type", "code"],
    ["client_id", request.clientId],
    ["redirect_uri", request.redirectUri],
    ["state", request.state],
  ]);
  const set = (name: string, value: string | undefined) => value !== undefined && parameters.set(name, value);
  if (request.scopes.length > 0) set("scope", request.scopes.join(method.scopeSeparator));
  set("code_challenge", request.challenge?.value);
  set("code_challenge_method", request.challenge?.method);
  set("resource", request.resource);
  set("audience", method.audience && fill(method.audience, request.values));
  for (const [name, template] of Object.entries(method.authorizationParameters ?? {})) {
    // What protects the sign-in is ours to say, never the data's.
    if (!guarded.has(name)) set(name, fill(template, request.values));
  }

  const pairs = [...parameters].flatMap(([standard, value]) => {
    const name = method.renameAuthorization?.[standard] ?? standard;
    if (name === "" || (value === "" && method.skipEmptyParameters)) return [];
    const raw = method.skipEncoding?.includes(standard);
    return `${encodeURIComponent(name)}=${raw ? value.replace(unsafe, encodeURIComponent) : encodeURIComponent(value)}`;
  });
  const query = pairs.join("&");
  if (method.authorizationFragment !== undefined) return `${request.endpoint}#${method.authorizationFragment}?${query}`;
  const joint = !request.endpoint.includes("?") ? "?" : /[?&]$/.test(request.endpoint) ? "" : "&";
  return `${request.endpoint}${joint}${query}`;
}

const guarded = new Set(["client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"]);

/** Even where a service wants no encoding, a value must not end its parameter. */
const unsafe = /[\s&#%"<>\\^`{|}]/g;
