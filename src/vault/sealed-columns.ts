import { and, eq, isNotNull, ne, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Transaction } from "../database/database.ts";
import { credentialVersion, oauthClient, oauthState, sealedSetting } from "../database/tables.ts";
import { places } from "./places.ts";
import type { Sealed } from "./vault.ts";

/** A sealed text where it lies. */
export type SealedRow = {
  sealed: string;
  place: string;
  /** Puts another seal in its place, unless the row changed meanwhile. */
  replace(next: Sealed): Promise<void>;
};

export type SealedColumn = {
  /** `table.column`, as the database has it. */
  name: string;
  /** Rows sealed under this key only, or under every other key than it. Locks them; rows that others hold are left out. */
  rows(tx: Transaction, key: { is: string } | { isNot: string }, limit: number): Promise<SealedRow[]>;
};

/** Every column that holds sealed texts. One that is missing here would be lost when its key is put away. */
export const sealedColumns: SealedColumn[] = [
  {
    name: "credential_version.sealed",
    async rows(tx, key, limit) {
      const t = credentialVersion;
      const rows = await tx
        .select()
        .from(t)
        .where(under(t.keyId, key))
        .limit(limit)
        .for("update", { skipLocked: true });
      return rows.map(({ connectionId, version, sealed }) => ({
        sealed,
        place: places.credential(connectionId, version),
        async replace(next) {
          const row = and(eq(t.connectionId, connectionId), eq(t.version, version), eq(t.sealed, sealed));
          await tx.update(t).set(next).where(row);
        },
      }));
    },
  },
  {
    name: "oauth_client.sealed_secret",
    async rows(tx, key, limit) {
      const t = oauthClient;
      const rows = await tx
        .select({ id: t.id, sealed: t.sealedSecret })
        .from(t)
        .where(and(isNotNull(t.sealedSecret), under(t.keyId, key)))
        .limit(limit)
        .for("update", { skipLocked: true });
      return rows.map(({ id, sealed }) => ({
        sealed: sealed ?? "",
        place: places.oauthClient(id),
        async replace(next) {
          await tx.update(t).set({ sealedSecret: next.sealed, keyId: next.keyId }).where(eq(t.id, id));
        },
      }));
    },
  },
  {
    name: "oauth_state.sealed_verifier",
    async rows(tx, key, limit) {
      const t = oauthState;
      const rows = await tx
        .select({ id: t.id, sealed: t.sealedVerifier })
        .from(t)
        .where(and(isNotNull(t.sealedVerifier), under(t.keyId, key)))
        .limit(limit)
        .for("update", { skipLocked: true });
      return rows.map(({ id, sealed }) => ({
        sealed: sealed ?? "",
        place: places.oauthState(id),
        async replace(next) {
          await tx.update(t).set({ sealedVerifier: next.sealed, keyId: next.keyId }).where(eq(t.id, id));
        },
      }));
    },
  },
  {
    name: "sealed_setting.sealed",
    async rows(tx, key, limit) {
      const t = sealedSetting;
      const rows = await tx
        .select()
        .from(t)
        .where(under(t.keyId, key))
        .limit(limit)
        .for("update", { skipLocked: true });
      return rows.map(({ tenantId, name, sealed }) => ({
        sealed,
        place: places.setting(tenantId, name),
        async replace(next) {
          await tx.update(t).set(next).where(eq(t.name, name));
        },
      }));
    },
  },
];

function under(column: PgColumn, key: { is: string } | { isNot: string }): SQL {
  return "is" in key ? eq(column, key.is) : ne(column, key.isNot);
}
