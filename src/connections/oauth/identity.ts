import type { OAuth2, OAuth2Method, UrlVariable } from "../../contract/auth-method.ts";
import type { Draft } from "../../gateway/draft.ts";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";
import { placeCredential } from "../../gateway/place.ts";
import type { Placement } from "../../gateway/place.ts";
import { fillUrl } from "../fill-template.ts";
import type { Values } from "../fill-template.ts";
import { firstText } from "./read-metadata.ts";

export type Account = { label?: string; id?: string };

/**
 * Asks the service whose account this is. The access token goes only to `hosts`: those the integration declares and those of
 * its authorization server. A service that does not answer leaves the account without a name; the sign-in still counts.
 */
export async function askIdentity(
  needs: { fetch: GuardedFetch; log: (line: string) => void },
  method: OAuth2Method,
  o: {
    userinfo?: string;
    values: Values;
    variables: readonly UrlVariable[];
    placements: Placement[];
    hosts: ReadonlySet<string>;
  },
): Promise<Account> {
  const identity: OAuth2["identity"] = method.identity ?? openId(method, o.userinfo);
  const address = identity && fillUrl(identity.url, o.values, o.variables);
  if (!identity || address === undefined) return {};
  const url = new URL(address);
  if (!o.hosts.has(url.host)) {
    needs.log(`identity of the account not asked: ${url.host} is not declared by the integration`);
    return {};
  }
  const draft: Draft = {
    method: identity.method,
    headers: [
      ["accept", "application/json"],
      ...(identity.body === undefined ? [] : ([["content-type", "application/json"]] as [string, string][])),
    ],
    path: url.pathname,
    query: url.search.slice(1),
    body: identity.body === undefined ? undefined : Buffer.from(identity.body, "utf8"),
  };
  try {
    placeCredential(draft, o.placements);
    const query = draft.query === "" ? "" : `?${draft.query}`;
    const answer = await needs.fetch(`${url.origin}${draft.path}${query}`, {
      method: draft.method,
      headers: Object.fromEntries(draft.headers),
      body: draft.body,
      redirects: "refuse",
      maxBytes: 1_000_000,
      timeoutMs: 10_000,
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      return {};
    }
    const body: unknown = await answer.json();
    return {
      label: firstText(body, identity.label),
      id: identity.id === undefined ? undefined : firstText(body, [identity.id]),
    };
  } catch {
    needs.log(`identity of the account not known: ${url.host} gave no usable answer`);
    return {};
  }
}

/** What OpenID Connect offers without a word in the data: asked when `openid` is among the scopes. */
function openId({ scopes }: OAuth2Method, userinfo: string | undefined): OAuth2["identity"] {
  if (userinfo === undefined || !scopes.includes("openid")) return undefined;
  return { url: userinfo, method: "GET", label: ["email", "preferred_username", "name"], id: "sub" };
}
