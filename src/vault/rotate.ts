import { setTimeout as sleep } from "node:timers/promises";
import { isProblem } from "../contract/problem.ts";
import { withinTenant, type Database } from "../database/database.ts";
import { sealedColumns } from "./sealed-columns.ts";
import type { Vault } from "./vault.ts";

type Options = {
  signal?: AbortSignal;
  /** Rows in one transaction; 50 when left out. */
  batch?: number;
  /** Rest between two batches, so that the work of people goes first; 20 when left out. */
  pauseMs?: number;
  log?: (line: string) => void;
};

/**
 * Seals everything under the newest key, in small transactions beside the running work. To change the key of a server with
 * several processes: first give all of them the new key behind the old one, then before it, then run this.
 *
 * @returns how many texts were sealed anew, and how many no key opened: those are left as they are, and logged.
 */
export async function rotate(
  database: Database,
  vault: Vault,
  options: Options = {},
): Promise<{ resealed: number; unreadable: number }> {
  const { signal, batch = 50, pauseMs = 20, log } = options;
  const [newest] = vault.keyIds;
  let resealed = 0;
  let unreadable = 0;
  for (const tenantId of await database.tenants()) {
    for (const column of sealedColumns) {
      const left = new Set<string>(); // places nothing opens: they come again with every batch
      for (;;) {
        if (signal?.aborted) return { resealed, unreadable };
        const found = await withinTenant(database, tenantId, async (tx) => {
          const rows = await column.rows(tx, { isNot: newest }, batch + left.size);
          const open = rows.filter(({ place }) => !left.has(place));
          for (const row of open) {
            try {
              await row.replace(vault.seal(vault.open(row.sealed, row.place), row.place));
              resealed += 1;
            } catch (error) {
              if (!isProblem(error, "vault_unreadable", "vault_key_wrong")) throw error;
              left.add(row.place);
              log?.(`not sealed anew: ${row.place} (${error.code})`);
            }
          }
          return open.length;
        });
        if (found === 0) break;
        await sleep(pauseMs, undefined, { ref: false });
      }
      unreadable += left.size;
    }
  }
  return { resealed, unreadable };
}

/** Whether anything is still sealed under this key. */
export async function isInUse(database: Database, keyId: string): Promise<boolean> {
  for (const tenantId of await database.tenants()) {
    const rows = await withinTenant(database, tenantId, async (tx) => {
      for (const column of sealedColumns) if ((await column.rows(tx, { is: keyId }, 1)).length > 0) return true;
      return false;
    });
    if (rows) return true;
  }
  return false;
}
