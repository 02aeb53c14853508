import { and, desc, eq, inArray, or, sql } from "drizzle-orm";
import type { Conversation } from "../contract/chat.ts";
import { showHidden } from "../contract/marked-data.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, type Transaction, withinTenant } from "../database/database.ts";
import { conversation, event, turn } from "../database/tables.ts";

export type Conversations = {
  create(scope: Scope, title?: string): Promise<Conversation>;
  /** With `search`, those in whose title or words it stands. */
  list(scope: Scope, search?: string): Promise<Conversation[]>;
  /** @throws Problem `not_found`, also for a conversation of somebody else. */
  get(scope: Scope, id: string): Promise<Conversation>;
  rename(scope: Scope, id: string, title: string): Promise<void>;
  delete(scope: Scope, id: string): Promise<void>;
};

export function createConversations(needs: {
  database: Database;
  /** Stops what runs and removes the files of a conversation that is about to go. */
  end(scope: Scope, id: string): Promise<void>;
}): Conversations {
  const within = <T>(scope: Scope, work: (tx: Transaction) => Promise<T>) =>
    withinTenant(needs.database, scope.tenantId, work);

  return {
    create: (scope, title) =>
      within(scope, async (tx) => {
        const [row] = await tx
          .insert(conversation)
          .values({ tenantId: scope.tenantId, personId: scope.personId, title: title ?? untitled })
          .returning();
        if (!row) throw new Error("a conversation was not inserted");
        return { id: row.id, title: row.title, createdAt: row.createdAt, updatedAt: row.updatedAt, running: false };
      }),

    list: (scope, search) =>
      within(scope, (tx) =>
        read(tx, and(eq(conversation.personId, scope.personId), search ? about(tx, search) : undefined)),
      ),

    async get(scope, id) {
      const [found] = await within(scope, (tx) => read(tx, owned(scope, id)));
      if (!found) throw new Problem("not_found", { what: "conversation" });
      return found;
    },

    async rename(scope, id, title) {
      const rows = await within(scope, (tx) =>
        tx.update(conversation).set({ title }).where(owned(scope, id)).returning({ id: conversation.id }),
      );
      if (rows.length === 0) throw new Problem("not_found", { what: "conversation" });
    },

    async delete(scope, id) {
      await this.get(scope, id);
      await needs.end(scope, id);
      await within(scope, (tx) => tx.delete(conversation).where(owned(scope, id)));
    },
  };
}

export const untitled = "New conversation";

/** The first line of what was said first, short enough for a list. */
export function titleFrom(text: string): string {
  const line = showHidden(text).trim().split("\n")[0]?.replace(/\s+/g, " ") ?? "";
  if (line.length <= 60) return line || untitled;
  return `${line
    .slice(0, 59)
    .toWellFormed()
    .replace(/\s+\S*$/, "")}…`;
}

/** True for the form of our ids; others are asked of no database. */
export const isId = (id: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

export function owned(scope: Scope, id: string) {
  if (!isId(id)) throw new Problem("not_found", { what: "conversation" });
  return and(eq(conversation.id, id), eq(conversation.personId, scope.personId));
}

/** Conversations in whose name, or in what was said there, these words stand. */
function about(tx: Transaction, search: string) {
  const pattern = `%${search.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  const said = tx
    .select({ one: sql`1` })
    .from(event)
    .where(
      and(
        eq(event.conversationId, conversation.id),
        sql`${event.body} ->> 'type' in ('user_message', 'text')`,
        sql`${event.body} ->> 'text' ilike ${pattern}`,
      ),
    );
  return or(sql`${conversation.title} ilike ${pattern}`, sql`exists ${said}`);
}

async function read(tx: Transaction, which: ReturnType<typeof owned>): Promise<Conversation[]> {
  const open = tx
    .select({ one: sql`1` })
    .from(turn)
    .where(and(eq(turn.conversationId, conversation.id), inArray(turn.status, ["queued", "running"])));
  return tx
    .select({
      id: conversation.id,
      title: conversation.title,
      createdAt: conversation.createdAt,
      updatedAt: conversation.updatedAt,
      running: sql<boolean>`exists ${open}`,
    })
    .from(conversation)
    .where(which)
    .orderBy(desc(conversation.updatedAt), desc(conversation.id));
}
