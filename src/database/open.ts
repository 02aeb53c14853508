import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Secret } from "../contract/secret.ts";
import { attachEngine, withinTenant, type Database, type Engine } from "./database.ts";
import { openPGlite } from "./pglite.ts";
import { openPostgres } from "./postgres.ts";
import { person, tenant } from "./tables.ts";

export type DatabaseOptions = {
  /** Postgres. The login needs no right but to connect, when `ownerUrl` is given. */
  url?: Secret;
  /** The owner of the tables, for migrations; else `url` is. */
  ownerUrl?: Secret;
  /** Folder of the embedded database, with its lock. Without it and `url` everything stays in memory. */
  dataDir?: string;
  log?: (line: string) => void;
};

/**
 * Opens the database and brings its tables up to date.
 *
 * @throws Problem `data_folder_in_use` when another process works on the folder.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, ownerUrl, dataDir, log } = options;
  return url ? databaseOn(await openPostgres({ url, ownerUrl, log })) : databaseOn(await openPGlite({ dataDir }));
}

/** What an opened engine brings along. */
export type OpenEngine = Engine & Pick<Database, "engine" | "notify" | "listen" | "close">;

export function databaseOn(engine: OpenEngine): Database {
  const database: Database = {
    engine: engine.engine,
    notify: engine.notify,
    listen: engine.listen,
    close: engine.close,
    async tenants() {
      const rows = await engine.outside.execute(sql`select patchbay_tenants() as id`);
      return Rows.parse(rows).map(({ id }) => id);
    },
    async createTenant(name, owner) {
      // A tenant is made inside itself: its policy asks for nothing but the id it was given.
      const tenantId = randomUUID();
      const personId = randomUUID();
      await withinTenant(database, tenantId, async (tx) => {
        await tx.insert(tenant).values({ id: tenantId, name });
        await tx.insert(person).values({ id: personId, tenantId, ...owner });
      });
      return { tenantId, personId };
    },
  };
  return attachEngine(database, engine);
}

// PGlite answers with an object that holds the rows, postgres-js with the rows.
const Rows = z.preprocess(
  (answer) => (typeof answer === "object" && answer !== null && "rows" in answer ? answer.rows : answer),
  z.array(z.object({ id: z.string() })),
);
