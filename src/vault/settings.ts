import { and, eq, sql } from "drizzle-orm";
import type { Secret } from "../contract/secret.ts";
import type { Transaction } from "../database/database.ts";
import { sealedSetting } from "../database/tables.ts";
import { places } from "./places.ts";
import type { Vault } from "./vault.ts";

type Tenant = { tenantId: string };

/** Keeps a secret setting of the tenant: a model key typed on the page, a webhook's secret. */
export async function saveSetting(tx: Transaction, vault: Vault, scope: Tenant, name: string, value: Secret) {
  const seal = vault.seal(value, places.setting(scope.tenantId, name));
  await tx
    .insert(sealedSetting)
    .values({ tenantId: scope.tenantId, name, ...seal })
    .onConflictDoUpdate({
      target: [sealedSetting.tenantId, sealedSetting.name],
      set: { ...seal, updatedAt: sql`now()` },
    });
}

export async function readSetting(
  tx: Transaction,
  vault: Vault,
  scope: Tenant,
  name: string,
): Promise<Secret | undefined> {
  const [row] = await tx.select().from(sealedSetting).where(called(scope, name));
  return row && vault.open(row.sealed, places.setting(scope.tenantId, name));
}

/** Whether it is set, without opening it. */
export async function hasSetting(tx: Transaction, scope: Tenant, name: string): Promise<boolean> {
  const rows = await tx.select({ name: sealedSetting.name }).from(sealedSetting).where(called(scope, name));
  return rows.length > 0;
}

export async function removeSetting(tx: Transaction, scope: Tenant, name: string): Promise<void> {
  await tx.delete(sealedSetting).where(called(scope, name));
}

function called(scope: Tenant, name: string) {
  return and(eq(sealedSetting.tenantId, scope.tenantId), eq(sealedSetting.name, name));
}
