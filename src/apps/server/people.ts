import { and, desc, eq, gt, isNull, ne, or } from "drizzle-orm";
import { makeToken, readToken, type TokenKind } from "../../contract/opaque-token.ts";
import { Problem } from "../../contract/problem.ts";
import type { Scope } from "../../contract/scope.ts";
import { audit } from "../../database/audit.ts";
import { type Database, withinTenant } from "../../database/database.ts";
import { accessToken, person, tenant } from "../../database/tables.ts";

/** Who is calling, and by what: a browser's session, an API key, or this machine's terminal. */
export type Caller = Scope & { by: "session" | "api_key"; tokenId: string; sessionToken?: string };

const lifetimes = { session: 30 * 86_400_000, link: 60 * 60_000 } as const;
const kinds: Record<"session" | "link" | "api_key", TokenKind> = { session: "pbs", link: "pbl", api_key: "pbk" };

/** Sessions, one-time sign-in links and API keys. Only hashes are stored. */
export function createPeople(database: Database, now: () => Date = () => new Date()) {
  async function issue(
    scope: Scope,
    kind: keyof typeof kinds,
    { label, expiresAt, madeBy }: { label?: string; expiresAt?: Date; madeBy?: string | null },
  ) {
    const { token, hash } = makeToken(kinds[kind], scope.tenantId);
    const row = await withinTenant(database, scope.tenantId, async (tx) => {
      const [made] = await tx
        .insert(accessToken)
        .values({ tenantId: scope.tenantId, personId: scope.personId, kind, hash, label, expiresAt, madeBy })
        .returning();
      const facts = kind === "api_key" && label !== undefined ? { label } : undefined;
      await audit(tx, scope, { action: `${kind}.make`, outcome: "ok", facts });
      return made;
    });
    if (!row) throw new Error("the token was not stored");
    return { token, row };
  }

  return {
    /** The embedded default has one owner: made at the first start. */
    async owner(): Promise<Scope> {
      const [tenantId] = await database.tenants();
      if (tenantId === undefined) return database.createTenant("Home", { name: "Owner" });
      const [first] = await withinTenant(database, tenantId, (tx) =>
        tx.select({ id: person.id }).from(person).where(eq(person.role, "owner")).orderBy(person.createdAt).limit(1),
      );
      if (!first) throw new Error("the tenant has no owner");
      return { tenantId, personId: first.id };
    },

    async hasSession(scope: Scope): Promise<boolean> {
      const found = await withinTenant(database, scope.tenantId, (tx) =>
        tx
          .select({ id: accessToken.id })
          .from(accessToken)
          .where(and(eq(accessToken.kind, "session"), gt(accessToken.expiresAt, now())))
          .limit(1),
      );
      return found.length > 0;
    },

    /**
     * A link that signs one browser in, once, within the hour. `onward` is where it then goes, e.g. to a service's sign-in; the
     * server itself keeps it, so that a link cannot be bent to lead elsewhere. One that an API key makes, and the session it
     * opens, end with that key: what a lost key could do ends where it is revoked.
     */
    async makeLink(scope: Scope | Caller, onward = "/"): Promise<{ token: string; expiresAt: Date }> {
      const expiresAt = new Date(now().getTime() + lifetimes.link);
      const madeBy = "by" in scope && scope.by === "api_key" ? scope.tokenId : null;
      const { token } = await issue(scope, "link", { label: onward, expiresAt, madeBy });
      return { token, expiresAt };
    },

    /** @throws Problem `sign_in_link_spent` for a link that was used, is too old or was never made. */
    async redeemLink(link: string): Promise<{ sessionToken: string; maxAgeSeconds: number; onward: string }> {
      const read = readToken("pbl", link);
      if (!read) throw new Problem("sign_in_link_spent");
      const spent = await withinTenant(database, read.tenantId, (tx) =>
        tx
          .update(accessToken)
          .set({ usedAt: now() })
          .where(
            and(
              eq(accessToken.hash, read.hash),
              eq(accessToken.kind, "link"),
              isNull(accessToken.usedAt),
              gt(accessToken.expiresAt, now()),
            ),
          )
          .returning(),
      );
      const row = spent[0];
      if (!row) throw new Problem("sign_in_link_spent");
      const scope = { tenantId: row.tenantId, personId: row.personId };
      const expiresAt = new Date(now().getTime() + lifetimes.session);
      const { token } = await issue(scope, "session", { expiresAt, madeBy: row.madeBy });
      return { sessionToken: token, maxAgeSeconds: lifetimes.session / 1000, onward: row.label ?? "/" };
    },

    /** Undefined for a token that is unknown, revoked or too old. */
    async recognise(token: string): Promise<Caller | undefined> {
      const kind = token.startsWith("pbs_") ? "session" : "api_key";
      const read = readToken(kinds[kind], token);
      if (!read) return undefined;
      const found = await withinTenant(database, read.tenantId, (tx) =>
        tx
          .select()
          .from(accessToken)
          .where(
            and(
              eq(accessToken.hash, read.hash),
              eq(accessToken.kind, kind),
              or(isNull(accessToken.expiresAt), gt(accessToken.expiresAt, now())),
            ),
          )
          .limit(1),
      );
      const row = found[0];
      if (!row) return undefined;
      if (kind === "api_key") await noteUse(row.tenantId, row.id, row.usedAt);
      return {
        tenantId: row.tenantId,
        personId: row.personId,
        by: kind,
        tokenId: row.id,
        ...(kind === "session" ? { sessionToken: token } : {}),
      };
    },

    /** False once the session was ended, the key revoked, or either is too old. */
    async isSignedIn({ tenantId, tokenId }: Caller): Promise<boolean> {
      const found = await withinTenant(database, tenantId, (tx) =>
        tx
          .select({ id: accessToken.id })
          .from(accessToken)
          .where(and(eq(accessToken.id, tokenId), or(isNull(accessToken.expiresAt), gt(accessToken.expiresAt, now())))),
      );
      return found.length > 0;
    },

    async makeKey(scope: Scope, label: string) {
      const { token, row } = await issue(scope, "api_key", { label });
      return { ...keyLine(row), key: token };
    },

    /**
     * The key a machine's terminal uses while its server runs; that of the start before ends here. It stays the same row: what
     * `patchbay link` opened lasts beyond a restart.
     */
    async makeTerminalKey(scope: Scope, terminal: string): Promise<string> {
      const { token, hash } = makeToken(kinds.api_key, scope.tenantId);
      const isOurs = and(eq(accessToken.kind, "api_key"), eq(accessToken.label, terminal));
      const isRenewed = await withinTenant(database, scope.tenantId, async (tx) => {
        const [first] = await tx.select().from(accessToken).where(isOurs).orderBy(accessToken.createdAt).limit(1);
        if (!first) return false;
        await tx.delete(accessToken).where(and(isOurs, ne(accessToken.id, first.id)));
        await tx
          .update(accessToken)
          .set({ hash, personId: scope.personId, usedAt: null })
          .where(eq(accessToken.id, first.id));
        return true;
      });
      return isRenewed ? token : (await issue(scope, "api_key", { label: terminal })).token;
    },

    async keys(scope: Scope) {
      const rows = await withinTenant(database, scope.tenantId, (tx) =>
        tx
          .select()
          .from(accessToken)
          .where(and(eq(accessToken.kind, "api_key"), eq(accessToken.personId, scope.personId)))
          .orderBy(desc(accessToken.createdAt)),
      );
      return rows.map(keyLine);
    },

    async revokeKey(scope: Scope, id: string): Promise<void> {
      await withinTenant(database, scope.tenantId, async (tx) => {
        const gone = await tx
          .delete(accessToken)
          .where(and(eq(accessToken.id, id), eq(accessToken.kind, "api_key"), eq(accessToken.personId, scope.personId)))
          .returning({ id: accessToken.id });
        if (gone.length === 0) throw new Problem("not_found", { what: "API key" });
        await audit(tx, scope, { action: "api_key.revoke", outcome: "ok" });
      });
    },

    async endSession(caller: Caller): Promise<void> {
      if (caller.by !== "session") return;
      await withinTenant(database, caller.tenantId, (tx) =>
        tx.delete(accessToken).where(eq(accessToken.id, caller.tokenId)),
      );
    },

    async describe(scope: Scope) {
      return withinTenant(database, scope.tenantId, async (tx) => {
        const [who] = await tx.select().from(person).where(eq(person.id, scope.personId));
        const [where] = await tx.select().from(tenant).where(eq(tenant.id, scope.tenantId));
        if (!who || !where) throw new Problem("sign_in_needed");
        return {
          person: { id: who.id, name: who.name, email: who.email, role: who.role },
          tenant: { id: where.id, name: where.name },
        };
      });
    },
  };

  /** To the minute: a key used a hundred times a second is not written a hundred times a second. */
  async function noteUse(tenantId: string, id: string, usedAt: Date | null): Promise<void> {
    if (usedAt && now().getTime() - usedAt.getTime() < 60_000) return;
    await withinTenant(database, tenantId, (tx) =>
      tx.update(accessToken).set({ usedAt: now() }).where(eq(accessToken.id, id)),
    );
  }
}

export type People = ReturnType<typeof createPeople>;

function keyLine(row: typeof accessToken.$inferSelect) {
  return { id: row.id, label: row.label ?? "", createdAt: row.createdAt, usedAt: row.usedAt };
}
