import type { OAuth2Method, UrlVariable } from "../contract/auth-method.ts";
import type { AuthMethod } from "../contract/auth-method.ts";
import type { Connection } from "../contract/connection.ts";
import type { Integration } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import type { Database } from "../database/database.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import type { Vault } from "../vault/vault.ts";
import type { Changes } from "./changes.ts";
import type { OAuthClients } from "./oauth-clients.ts";
import type { Discover } from "./oauth/discovery.ts";

/** What the parts of this room share; made once by `createConnections`. */
export type Inside = Pick<Changes, "changed" | "changedWithin"> & {
  database: Database;
  vault: Vault;
  fetch: GuardedFetch;
  publicUrl: () => string;
  now: () => Date;
  log: (line: string) => void;
  clients: OAuthClients;
  discover: Discover;
  /** A sign-in has ended for good: the person should hear of it. */
  signInEnded(scope: Scope, connection: Connection): void;
};

export function methodOf(integration: Integration, methodId: string): AuthMethod {
  const method = integration.auth.find(({ id }) => id === methodId);
  if (!method) throw new Problem("not_found", { what: "way to sign in" });
  return method;
}

export function oauthMethodOf(integration: Integration, methodId: string): OAuth2Method {
  const method = methodOf(integration, methodId);
  if (method.type !== "oauth2") throw new Problem("input_invalid", { detail: "this way to sign in is not OAuth2" });
  return method;
}

/** The blanks of an integration's addresses and of one way to sign in; the latter's say counts where both have one. */
export function variablesOf(integration: Integration, method: AuthMethod): UrlVariable[] {
  const own = new Set(method.variables.map(({ name }) => name));
  return [...method.variables, ...integration.variables.filter(({ name }) => !own.has(name))];
}

/**
 * The redirect URI of one integration. Each has its own, so that a code issued by one server is never taken to another
 * (mix-up, RFC 9700 §4.4.2.2).
 */
export function redirectUriOf({ publicUrl }: Pick<Inside, "publicUrl">, slug: string): string {
  return `${publicUrl()}/oauth/callback/${slug}`;
}
