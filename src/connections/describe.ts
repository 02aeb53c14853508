import type { AuthMethod } from "../contract/auth-method.ts";
import type { Connection } from "../contract/connection.ts";
import type { Integration } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { withinTenant } from "../database/database.ts";
import { getIntegration } from "../integrations/integrations.ts";
import { readConnection, toConnection } from "./connection-store.ts";
import { fillHost, fillUrl } from "./fill-template.ts";
import type { Values } from "./fill-template.ts";
import { methodOf, variablesOf } from "./inside.ts";
import type { Inside } from "./inside.ts";

export type Described = { connection: Connection; integration: Integration; baseUrl: string; hosts: string[] };

/**
 * A connection with its integration, the variables in base URL and hosts resolved with what was typed and what the sign-in
 * brought.
 *
 * @throws Problem `not_found`; `input_invalid` when a value the base URL needs is not known.
 */
export async function describe(inside: Inside, scope: Scope, connectionId: string): Promise<Described> {
  return withinTenant(inside.database, scope.tenantId, async (tx) => {
    const kept = await readConnection(tx, scope, connectionId);
    const integration = await getIntegration(tx, { id: kept.integrationId });
    const method =
      integration.auth.find(({ id }) => id === kept.authMethodId) ??
      methodOf(integration, integration.auth[0]?.id ?? "");
    const baseUrl = fillUrl(integration.baseUrl, kept.metadata, variablesOf(integration, method));
    if (baseUrl === undefined)
      throw new Problem("input_invalid", {
        detail: `the address of ${integration.name} is not complete. Connect it again and fill in its parts`,
      });
    return {
      connection: toConnection(kept),
      integration,
      baseUrl,
      hosts: resolveHosts(integration, kept.metadata, method),
    };
  });
}

/** Declared hosts with their variables filled; those that need an unknown value are left out. */
export function resolveHosts(integration: Integration, values: Values, method: AuthMethod): string[] {
  const variables = variablesOf(integration, method);
  return integration.hosts.flatMap((host) => fillHost(host, values, variables) ?? []);
}
