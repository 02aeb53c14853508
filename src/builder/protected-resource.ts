import { z } from "zod";
import { isProblem } from "../contract/problem.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import { fetchPage } from "./fetch-page.ts";

/** What an API says of its own sign-in: RFC 9728, and RFC 8414 of the authorization server it names. */
export type ProtectedResource = {
  resource: string;
  documentation?: string;
  scopes: string[];
  authorizationServer?: string;
  authorizationEndpoint?: string;
  tokenEndpoint?: string;
};

const Resource = z.object({
  resource: z.string().max(500),
  authorization_servers: z.array(z.string().max(500)).max(20).default([]),
  scopes_supported: z.array(z.string().max(200)).max(200).default([]),
  resource_documentation: z.string().max(500).optional(),
});

const Server = z.object({
  issuer: z.string().max(500),
  authorization_endpoint: z.string().max(500).optional(),
  token_endpoint: z.string().max(500).optional(),
  scopes_supported: z.array(z.string().max(200)).max(500).default([]),
});

/** Asks an API, which some page may have named, for its metadata; undefined when it has none, or names another resource than itself. */
export async function protectedResource(
  fetch: GuardedFetch,
  api: string,
  { signal, namedBy = api }: { signal?: AbortSignal | undefined; namedBy?: string } = {},
): Promise<ProtectedResource | undefined> {
  const { origin, pathname } = new URL(api);
  for (const place of new Set([
    wellKnown("oauth-protected-resource", origin, pathname),
    wellKnown("oauth-protected-resource", origin, "/"),
  ])) {
    const read = Resource.safeParse(await json(fetch, place, namedBy, signal));
    // RFC 9728 §3.3: what names another resource is not to be used.
    if (!read.success || URL.parse(read.data.resource)?.origin !== origin) continue;
    const { resource, scopes_supported, authorization_servers, resource_documentation } = read.data;
    const [authorizationServer] = authorization_servers;
    const server = authorizationServer ? await serverOf(fetch, authorizationServer, api, signal) : undefined;
    return {
      resource,
      scopes: scopes_supported.length > 0 ? scopes_supported : (server?.scopes_supported ?? []),
      ...(resource_documentation ? { documentation: resource_documentation } : {}),
      ...(authorizationServer ? { authorizationServer } : {}),
      ...(server?.authorization_endpoint ? { authorizationEndpoint: server.authorization_endpoint } : {}),
      ...(server?.token_endpoint ? { tokenEndpoint: server.token_endpoint } : {}),
    };
  }
  return undefined;
}

async function serverOf(fetch: GuardedFetch, issuer: string, api: string, signal?: AbortSignal) {
  const url = URL.parse(issuer);
  if (!url) return undefined;
  const places = [
    wellKnown("oauth-authorization-server", url.origin, url.pathname),
    `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`,
  ];
  for (const place of places) {
    const read = Server.safeParse(await json(fetch, place, api, signal));
    if (read.success && read.data.issuer.replace(/\/+$/, "") === issuer.replace(/\/+$/, "")) return read.data;
  }
  return undefined;
}

const wellKnown = (name: string, origin: string, path: string) =>
  `${origin}/.well-known/${name}${path.replace(/\/+$/, "")}`;

async function json(fetch: GuardedFetch, url: string, namedBy: string, signal?: AbortSignal): Promise<unknown> {
  try {
    const answer = await fetchPage(fetch, url, {
      signal,
      namedBy,
      maxBytes: 1_000_000,
      timeoutMs: 8_000,
      accept: "application/json",
    });
    return answer.ok ? JSON.parse(answer.text) : undefined;
  } catch (error) {
    if (signal?.aborted || !(isProblem(error) || error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
