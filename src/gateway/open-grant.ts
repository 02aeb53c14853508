import type { RequestRule } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import { readHost } from "./host.ts";
import { type Matcher, compileRules } from "./match.ts";

/** A run grant that holds: whose, for which connection, and what it may reach. Variables in URLs are filled in. */
export type OpenGrant = Scope & {
  grantId: string;
  connectionId: string;
  conversationId: string | null;
  runId: string;
  integrationId: string;
  versionId: string;
  slug: string;
  name: string;
  account: string;
  baseUrl: string;
  hosts: string[];
  rules: RequestRule[];
};

const matchers = new WeakMap<RequestRule[], Matcher>();
const reaches = new WeakMap<string[], Set<string>>();

/** The matcher of a version, built once for each list of rules: whoever opens grants hands out the same list. */
export function matcherOf(grant: OpenGrant): Matcher {
  const known = matchers.get(grant.rules);
  if (known) return known;
  const matcher = compileRules(grant.rules);
  matchers.set(grant.rules, matcher);
  return matcher;
}

/** Whether the integration declares this host. An unreadable declaration declares nothing. */
export function declares(grant: OpenGrant, host: string): boolean {
  let declared = reaches.get(grant.hosts);
  if (!declared) {
    declared = new Set(
      grant.hosts.flatMap((text) => {
        try {
          return [readHost(text).text];
        } catch {
          return [];
        }
      }),
    );
    reaches.set(grant.hosts, declared);
  }
  return declared.has(host);
}

/** Public hosts are reached over https whatever was declared; a listed private one as its rules or its base URL say. */
export function schemeFor(grant: OpenGrant, host: string, isListed: boolean): "http:" | "https:" {
  if (!isListed) return "https:";
  const named = matcherOf(grant).schemeOf(host);
  if (named) return named;
  return URL.parse(grant.baseUrl)?.protocol === "http:" ? "http:" : "https:";
}
