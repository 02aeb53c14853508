import type { Connection } from "../contract/connection.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { audit } from "../database/audit.ts";
import { withinTenant } from "../database/database.ts";
import { getIntegration } from "../integrations/integrations.ts";
import { changeConnection, readConnection } from "./connection-store.ts";
import type { Inside } from "./inside.ts";

/**
 * Keeps which scopes a refused request lacked, so that signing in again asks for them beside the old ones.
 *
 * @returns what is lacking by now, or undefined when the refusal was about something else.
 */
export async function noteScopeGap(
  inside: Inside,
  scope: Scope,
  id: string,
  answer: Parameters<typeof readScopeGap>[0],
): Promise<{ scopes: string[]; isKey: boolean } | undefined> {
  const gap = readScopeGap(answer);
  if (gap === undefined) return undefined;
  const noted = await withinTenant(inside.database, scope.tenantId, async (tx) => {
    const kept = await readConnection(tx, scope, id);
    // Who has the scope and is refused all the same lacks something no sign-in can give.
    const lacking = gap.filter((each) => !kept.scopes.includes(each));
    if (gap.length > 0 && lacking.length === 0) return undefined;
    const integration = await getIntegration(tx, { id: kept.integrationId });
    const isKey = integration.auth.find((each) => each.id === kept.authMethodId)?.type !== "oauth2";
    const scopes = [...new Set([...gapOf(kept), ...lacking])].slice(0, 20);
    const metadata = { ...kept.metadata, scope_gap: scopes.join(" ") };
    if (kept.metadata["scope_gap"] === metadata.scope_gap) return { scopes, isKey };
    const { message: statusReason } = new Problem("scope_missing", { integration: integration.name, scopes, isKey });
    await changeConnection(tx, id, { metadata, statusReason });
    await audit(tx, scope, {
      action: "connection.scope_gap",
      outcome: "refused",
      integrationId: kept.integrationId,
      connectionId: id,
      facts: { scopes: scopes.join(" ") },
    });
    return { scopes, isKey };
  });
  return noted;
}

/** What requests were refused for the lack of. */
export function gapOf({ metadata }: Pick<Connection, "metadata">): string[] {
  return metadata["scope_gap"]?.split(" ").filter(Boolean) ?? [];
}

/**
 * Which scopes a refused request says it lacks: RFC 6750 §3.1 in `WWW-Authenticate`, and the words of services that say it in
 * the body or in headers of their own.
 *
 * @returns undefined when the refusal is about something else; an empty list when it names none.
 */
export function readScopeGap(answer: { status: number; headers: Headers; body?: string }): string[] | undefined {
  if (answer.status !== 401 && answer.status !== 403) return undefined;
  const challenge = answer.headers.get("www-authenticate") ?? "";
  const body = (answer.body ?? "").slice(0, 10_000);
  const says = /\binsufficient_scope\b/i.test(challenge) || words.test(body);
  if (!says) return undefined;
  const named =
    /\bscope="([^"]*)"/i.exec(challenge)?.[1] ??
    lacking(answer.headers) ??
    /"(?:needed|required_scopes?|missing_scopes?|scope)"\s*:\s*"([^"]{1,300})"/i.exec(body)?.[1] ??
    "";
  return [...new Set(named.split(/[\s,]+/))].filter((scope) => scopeToken.test(scope));
}

/** RFC 6749 §3.3. What a service names here is asked of the person at its own consent page, and of no one else. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;

const words =
  /insufficient[_ ](?:scopes?|permissions?|authentication scopes)|access_token_scope_insufficient|missing_scope|missing required scopes?|(?:requires?|lacks?|does not have) the (?:required |following )?scopes?/i;

/** GitHub lists what would be accepted and what the token has. */
function lacking(headers: Headers): string | undefined {
  const accepted = headers
    .get("x-accepted-oauth-scopes")
    ?.split(/[\s,]+/)
    .filter(Boolean);
  const has = new Set(headers.get("x-oauth-scopes")?.split(/[\s,]+/));
  // Any one of those accepted is enough: the first is the narrowest.
  return accepted?.some((scope) => has.has(scope)) ? undefined : accepted?.[0];
}
