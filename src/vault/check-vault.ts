import { eq } from "drizzle-orm";
import { Problem } from "../contract/problem.ts";
import { outsideTenants, type Database } from "../database/database.ts";
import { vaultKey } from "../database/tables.ts";
import { places } from "./places.ts";
import { isInUse } from "./rotate.ts";
import type { Vault } from "./vault.ts";

/**
 * Says at the start, before anything is lost, when a key is not the one this data was sealed with.
 *
 * @throws Problem `vault_key_wrong` naming the key: another key goes by its name, or it is missing while something is still
 * sealed with it.
 */
export async function checkVault(database: Database, vault: Vault): Promise<void> {
  const [newest] = vault.keyIds;
  const { sealed } = vault.seal("patchbay", places.probe(newest));
  const known = await outsideTenants(database, async (tx) => {
    await tx.insert(vaultKey).values({ id: newest, probe: sealed }).onConflictDoNothing();
    return tx.select().from(vaultKey);
  });
  for (const { id, probe } of known) {
    if (vault.keyIds.includes(id)) mustOpen(vault, probe, id);
    else if (await isInUse(database, id)) throw new Problem("vault_key_wrong", { keyId: id });
    else await outsideTenants(database, (tx) => tx.delete(vaultKey).where(eq(vaultKey.id, id)));
  }
}

function mustOpen(vault: Vault, probe: string, keyId: string): void {
  try {
    vault.open(probe, places.probe(keyId));
  } catch {
    throw new Problem("vault_key_wrong", { keyId });
  }
}
