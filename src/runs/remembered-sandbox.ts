import { and, eq, inArray, isNull } from "drizzle-orm";
import type { Scope } from "../contract/scope.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { conversation } from "../database/tables.ts";
import type { RememberedSandbox } from "../sandbox/sandbox.ts";

/** The sandbox of a conversation, where it is kept elsewhere: in the database, so that any server finds it again. */
export function rememberedSandbox(database: Database, { tenantId }: Scope, conversationId: string): RememberedSandbox {
  const own = eq(conversation.id, conversationId);
  return {
    get: () =>
      withinTenant(
        database,
        tenantId,
        async (tx) => (await tx.select().from(conversation).where(own))[0]?.sandboxId ?? undefined,
      ),
    claim: (had, sandboxId) =>
      withinTenant(database, tenantId, async (tx) => {
        const asRead = had === undefined ? isNull(conversation.sandboxId) : eq(conversation.sandboxId, had);
        await tx.update(conversation).set({ sandboxId }).where(and(own, asRead));
        const [row] = await tx.select({ sandboxId: conversation.sandboxId }).from(conversation).where(own);
        return row?.sandboxId ?? sandboxId;
      }),
    forget: () =>
      withinTenant(database, tenantId, async (tx) => {
        await tx.update(conversation).set({ sandboxId: null }).where(own);
      }),
  };
}

/** Of these sandboxes, the ones that some conversation has, whoever's it is. */
export async function knownSandboxes(database: Database, sandboxIds: string[]): Promise<Set<string>> {
  const known = new Set<string>();
  if (sandboxIds.length === 0) return known;
  for (const tenantId of await database.tenants()) {
    const rows = await withinTenant(database, tenantId, (tx) =>
      tx
        .select({ sandboxId: conversation.sandboxId })
        .from(conversation)
        .where(inArray(conversation.sandboxId, sandboxIds)),
    );
    for (const { sandboxId } of rows) if (sandboxId !== null) known.add(sandboxId);
  }
  return known;
}
