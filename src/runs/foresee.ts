import type { Access, Decision } from "../contract/access.ts";
import type { RequestRule } from "../contract/integration.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import { decide } from "./decide.ts";
import type { IntegrationFacts } from "./integration-facts.ts";

/**
 * What the gateway will say to the requests of an operation, as far as its name alone tells: undefined where it may be one
 * thing or the other. For telling people early; each request is decided on by itself.
 */
export async function foresee(
  { facts }: { facts: Pick<IntegrationFacts, "rulings"> },
  grant: OpenGrant,
  operation: string,
): Promise<{ operation: string; access: Access; decision: Decision } | undefined> {
  const kinds = grant.rules.filter((rule) => rule.operation === operation).map(accessOf);
  const [access] = kinds;
  if (access === undefined || kinds.some((kind) => kind !== access)) return undefined;
  const { policies } = await facts.rulings(grant, grant.versionId);
  const about = { integrationId: grant.integrationId, connectionId: grant.connectionId, policies };
  const { decision } = decide({ operations: [operation], access, listed: true }, about);
  return { operation, access, decision };
}

const readMethods = new Set(["GET", "HEAD"]);

/** A rule's own word for a read counts where the request can be no write, or a person has confirmed it. */
export function accessOf(rule: RequestRule): Access {
  const isRead = readMethods.has(rule.method) || rule.confirmed === true || rule.graphql?.type === "query";
  return rule.access === "read" && isRead ? "read" : "write";
}
