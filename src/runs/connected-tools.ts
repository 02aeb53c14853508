import { and, asc, eq, ne } from "drizzle-orm";
import type { Scope } from "../contract/scope.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { customIntegration, customIntegrationCredential, integrationVersion } from "../database/tables.ts";

/** One integration with its accounts: one command of the shell. */
export type ConnectedTool = { slug: string; name: string; versionId: string; accounts: Account[] };

export type Account = { connectionId: string; label: string; isDefault: boolean };

/** What this person has connected, by slug; accounts in the order in which they were added. */
export async function connectedTools(database: Database, scope: Scope): Promise<ConnectedTool[]> {
  const rows = await withinTenant(database, scope.tenantId, (tx) =>
    tx
      .select({
        connectionId: customIntegrationCredential.id,
        label: customIntegrationCredential.label,
        isDefault: customIntegrationCredential.isDefault,
        slug: customIntegration.slug,
        versionId: integrationVersion.id,
        name: integrationVersion.name,
      })
      .from(customIntegrationCredential)
      .innerJoin(customIntegration, eq(customIntegration.id, customIntegrationCredential.integrationId))
      .innerJoin(integrationVersion, eq(integrationVersion.id, customIntegration.currentVersionId))
      .where(
        and(
          eq(customIntegrationCredential.personId, scope.personId),
          ne(customIntegrationCredential.status, "pending"),
        ),
      )
      .orderBy(asc(customIntegration.slug), asc(customIntegrationCredential.createdAt)),
  );
  const tools = new Map<string, ConnectedTool>();
  for (const { slug, name, versionId, ...account } of rows) {
    const tool = tools.get(slug) ?? { slug, name, versionId, accounts: [] };
    tool.accounts.push(account);
    tools.set(slug, tool);
  }
  return [...tools.values()];
}

/** The account that is meant: the one named, else the default, else the first. Undefined when no account has that name. */
export function accountFor(accounts: Account[], named: string | undefined): Account | undefined {
  if (named === undefined) return accounts.find((account) => account.isDefault) ?? accounts[0];
  const wanted = named.trim().toLowerCase();
  return (
    accounts.find((account) => account.connectionId === named) ??
    accounts.find((account) => account.label.toLowerCase() === wanted)
  );
}

/** Reads `--account LABEL` before a command's first word; further on it would be an operation's own input. */
export function accountIn(argv: string[]): string | undefined {
  const [first, second] = argv;
  if (first === "--account") return second;
  return first?.startsWith("--account=") ? first.slice("--account=".length) : undefined;
}
