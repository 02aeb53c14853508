import * as oauth from "oauth4webapi";
import { isProblem, Problem } from "../../contract/problem.ts";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";

/** Metadata of an authorization server, found by its issuer (RFC 8414) or by the resource it protects (RFC 9728). */
export type Discover = (from: {
  issuer?: string;
  resource?: string;
  integration: string;
}) => Promise<oauth.AuthorizationServer>;

const rememberedMs = 60 * 60_000;

/**
 * Discovers authorization servers, each at most once an hour. The metadata must name the issuer or resource that was asked
 * for: a document that speaks of another is refused (RFC 8414 §3.3, RFC 9728 §3.3).
 */
export function createDiscovery(needs: {
  fetch: GuardedFetch;
  /** True for hosts of one's own networks that a person listed: metadata at a public place names none of them. */
  isPrivate: (host: string) => boolean;
  now: () => Date;
}): Discover {
  const remembered = new Map<string, { until: number; server: Promise<oauth.AuthorizationServer> }>();
  const optionsFor = (namedBy: string) => ({
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, o: { method: string; headers: Record<string, string> }) =>
      needs.fetch(url, {
        method: o.method,
        headers: o.headers,
        redirects: "refuse",
        maxBytes: 1_000_000,
        timeoutMs: 10_000,
        namedBy,
      }),
  });

  return async ({ issuer, resource, integration }) => {
    const key = issuer ?? `resource ${resource}`;
    const now = needs.now().getTime();
    const known = remembered.get(key);
    if (known && known.until > now) return known.server;
    const server = find({ issuer, resource })
      .then(checked)
      .catch((error: unknown) => {
        remembered.delete(key);
        if (isProblem(error, "address_refused", "scheme_refused")) throw error;
        throw new Problem("oauth_refused", {
          integration,
          detail: "how to sign in there could not be found out. Check the address, or describe the sign-in by hand.",
        });
      });
    if (remembered.size > 1000) remembered.clear();
    remembered.set(key, { until: now + rememberedMs, server });
    return server;
  };

  function checked(server: oauth.AuthorizationServer): oauth.AuthorizationServer {
    if (needs.isPrivate(new URL(server.issuer).host)) return server;
    for (const [name, value] of Object.entries(server)) {
      if (!name.endsWith("_endpoint") || typeof value !== "string") continue;
      const host = URL.parse(value)?.host;
      if (host && needs.isPrivate(host)) throw new Problem("address_refused", { host });
    }
    return server;
  }

  async function find({ issuer, resource }: { issuer?: string; resource?: string }) {
    if (issuer !== undefined) return ofIssuer(new URL(issuer));
    if (resource === undefined) throw new Error("neither issuer nor resource is known");
    const found = await ofResource(new URL(resource));
    const [first] = found.authorization_servers ?? [];
    if (first === undefined) throw new Error("the resource names no authorization server");
    return ofIssuer(new URL(first), resource);
  }

  /** RFC 8414 first, then the older address of OpenID Connect. */
  async function ofIssuer(issuer: URL, namedBy = issuer.href): Promise<oauth.AuthorizationServer> {
    const options = optionsFor(namedBy);
    try {
      return await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { ...options, algorithm: "oauth2" }),
      );
    } catch (error) {
      if (isProblem(error)) throw error;
      return oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { ...options, algorithm: "oidc" }),
      );
    }
  }

  /** RFC 9728: the well-known address, else the one the resource names when it refuses us. */
  async function ofResource(resource: URL): Promise<oauth.ResourceServer> {
    const options = optionsFor(resource.href);
    try {
      return await oauth.processResourceDiscoveryResponse(
        resource,
        await oauth.resourceDiscoveryRequest(resource, options),
      );
    } catch (error) {
      if (isProblem(error)) throw error;
      const refusal = await options[oauth.customFetch](resource.href, {
        method: "GET",
        headers: { accept: "application/json" },
      });
      await refusal.body?.cancel();
      const named = /resource_metadata="([^"]+)"/.exec(refusal.headers.get("www-authenticate") ?? "")?.[1];
      if (named === undefined || new URL(named).origin !== resource.origin) throw error;
      const answer = await options[oauth.customFetch](named, {
        method: "GET",
        headers: { accept: "application/json" },
      });
      const metadata: unknown = await answer.json();
      const told = (metadata as { resource?: unknown }).resource;
      // Some servers protect all paths below one: then they name the shorter address.
      const expected = typeof told === "string" && resource.href.startsWith(told) ? new URL(told) : resource;
      return oauth.processResourceDiscoveryResponse(expected, Response.json(metadata, { status: answer.status }));
    }
  }
}
