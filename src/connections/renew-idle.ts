import { and, eq, inArray, isNotNull, lt, sql } from "drizzle-orm";
import { withinTenant } from "../database/database.ts";
import { customIntegrationCredential as connection } from "../database/tables.ts";
import type { Inside } from "./inside.ts";
import type { Renew } from "./renew.ts";

const idleDays = 7;

/**
 * Renews the connections of a tenant whose token has ended and that nobody renewed for a week: refresh tokens lapse when they
 * are never used. One that fails harms no other.
 *
 * @returns how many were renewed.
 */
export async function renewIdle(inside: Inside, renew: Renew, tenantId: string): Promise<number> {
  const idle = await withinTenant(inside.database, tenantId, (tx) =>
    tx
      .select({ id: connection.id, personId: connection.personId, version: connection.credentialVersion })
      .from(connection)
      .where(
        and(
          eq(connection.enabled, true),
          inArray(connection.status, ["connected", "failing"]),
          isNotNull(connection.expiresAt),
          lt(connection.expiresAt, sql`now() - ${idleDays} * interval '1 day'`),
        ),
      ),
  );
  let renewed = 0;
  for (const { id, personId, version } of idle) {
    try {
      await renew({ tenantId, personId }, id, version);
      renewed += 1;
    } catch {
      inside.log(`idle connection ${id} was not renewed`);
    }
  }
  return renewed;
}
