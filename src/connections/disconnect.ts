import type { Scope } from "../contract/scope.ts";
import { audit } from "../database/audit.ts";
import { withinTenant } from "../database/database.ts";
import { getIntegration } from "../integrations/integrations.ts";
import { eraseConnection, openCredential, readConnection } from "./connection-store.ts";
import { variablesOf } from "./inside.ts";
import type { Inside } from "./inside.ts";
import { clientOf } from "./oauth/client-of.ts";
import { resolveEndpoints } from "./oauth/endpoints.ts";
import { revoke } from "./oauth/revoke.ts";

/**
 * Ends a connection: revokes its tokens at the service where it can, then erases all its credentials. What the service says
 * does not keep us from erasing.
 */
export async function disconnect(inside: Inside, scope: Scope, connectionId: string): Promise<void> {
  const kept = await withinTenant(inside.database, scope.tenantId, (tx) => readConnection(tx, scope, connectionId));
  const revoked = await tryRevoke(inside, scope, connectionId).catch(() => false);
  await withinTenant(inside.database, scope.tenantId, async (tx) => {
    const current = await readConnection(tx, scope, connectionId);
    await eraseConnection(tx, scope, current);
    await audit(tx, scope, {
      action: "connection.disconnect",
      outcome: "ok",
      integrationId: kept.integrationId,
      connectionId,
      facts: { revoked: revoked ?? "not offered", label: current.label, slug: current.slug },
    });
  });
  await inside.changed(connectionId);
}

async function tryRevoke(inside: Inside, scope: Scope, id: string): Promise<boolean | undefined> {
  const known = await withinTenant(inside.database, scope.tenantId, async (tx) => {
    const kept = await readConnection(tx, scope, id);
    const integration = await getIntegration(tx, { id: kept.integrationId });
    const method = integration.auth.find((each) => each.id === kept.authMethodId);
    if (method?.type !== "oauth2") return undefined;
    const { credential } = await openCredential(tx, inside.vault, id, kept.version);
    const { client } = await clientOf(inside, tx, integration, method, credential);
    return { kept, integration, method, credential, client };
  });
  if (!known) return undefined;
  const { kept, integration, method, credential, client } = known;
  const variables = variablesOf(integration, method);
  const endpoints = await resolveEndpoints(inside.discover, method, kept.metadata, variables, integration.name);
  const { accessToken, refreshToken } = credential;
  return revoke(inside, { method, endpoints, client, values: kept.metadata, variables, accessToken, refreshToken });
}
