import { and, eq, inArray, isNull } from "drizzle-orm";
import type { Integration, RequestRule } from "../contract/integration.ts";
import { makeToken, readToken } from "../contract/opaque-token.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { run, runGrant } from "../database/tables.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import type { Described } from "./runs.ts";

/** Run grants: what a tool holds in place of a credential. Kept as hashes; each ends with the call it was made for. */
export type RunGrants = {
  issue(
    scope: Scope,
    o: { runId: string; conversationId: string | null; connectionId: string },
  ): Promise<{ grantId: string; token: string; described: Described }>;
  /** @throws Problem `grant_invalid` */
  open(token: string): Promise<OpenGrant>;
  end(grant: { tenantId: string; grantId: string }): Promise<void>;
  /** Ends what is left of a turn's runs, whichever server they were started by. */
  endTurn(scope: Scope, turnId: string): Promise<void>;
  close(): Promise<void>;
};

type Needs = {
  database: Database;
  describe(scope: Scope, connectionId: string): Promise<Described>;
  version(scope: Scope, versionId: string): Promise<{ rules: RequestRule[] }>;
  now: () => Date;
};

/** `checkAt`: a grant of another server is looked up again then, should the notice of its end have been lost. */
type Kept = { grant: OpenGrant; expiresAt: number; checkAt: number };

const livesMs = 4 * 3_600_000;
const keptAtMost = 5_000;
const believedMs = 10_000;
const endedChannel = "run_grant_ended";

export function createRunGrants(needs: Needs): RunGrants {
  const { database, now } = needs;
  const open = new Map<string, Kept>(); // by token, which this process made or was shown
  const tokens = new Map<string, string>(); // by grant id
  const tables = new Map<string, { rules: RequestRule[]; hosts: string[] }>();

  const forget = (grantId: string) => {
    const token = tokens.get(grantId);
    tokens.delete(grantId);
    if (token !== undefined) open.delete(token);
  };
  const listening = database.listen(endedChannel, forget);
  listening.catch(() => undefined); // told to whoever issues the first grant

  const keep = (token: string, kept: Kept) => {
    open.set(token, kept);
    tokens.set(kept.grant.grantId, token);
    if (open.size <= keptAtMost) return;
    const [oldest] = open.values();
    if (oldest) forget(oldest.grant.grantId);
  };

  /** The same lists for the same connection and version, so that the gateway builds its matcher once. */
  const reachOf = async (scope: Scope, { connection, integration, baseUrl, hosts }: Described) => {
    const key = JSON.stringify([connection.id, integration.versionId, baseUrl, hosts]);
    const known = tables.get(key);
    if (known) return known;
    const { rules } = await needs.version(scope, integration.versionId);
    const reach = {
      hosts,
      rules: rules.map((rule) => ({ ...rule, url: resolved(rule.url, integration, baseUrl, connection.metadata) })),
    };
    tables.set(key, reach);
    const [oldest] = tables.keys();
    if (tables.size > 200 && oldest !== undefined) tables.delete(oldest);
    return reach;
  };

  const openGrantOf = async (
    scope: Scope,
    described: Described,
    ids: { grantId: string; runId: string; conversationId: string | null },
  ): Promise<OpenGrant> => {
    const { connection, integration, baseUrl } = described;
    return {
      tenantId: scope.tenantId,
      personId: scope.personId,
      ...ids,
      connectionId: connection.id,
      integrationId: integration.id,
      versionId: integration.versionId,
      slug: integration.slug,
      name: integration.name,
      account: connection.label,
      baseUrl,
      ...(await reachOf(scope, described)),
    };
  };

  return {
    issue: async (scope, { runId, conversationId, connectionId }) => {
      await listening;
      const described = await needs.describe(scope, connectionId);
      const { token, hash } = makeToken("pbg", scope.tenantId);
      const expiresAt = new Date(now().getTime() + livesMs);
      const [row] = await withinTenant(database, scope.tenantId, (tx) =>
        tx
          .insert(runGrant)
          .values({
            tenantId: scope.tenantId,
            hash,
            personId: scope.personId,
            connectionId,
            integrationVersionId: described.integration.versionId,
            conversationId,
            runId,
            expiresAt,
          })
          .returning({ id: runGrant.id }),
      );
      if (!row) throw new Error("the grant was not kept");
      const grant = await openGrantOf(scope, described, { grantId: row.id, runId, conversationId });
      keep(token, { grant, expiresAt: expiresAt.getTime(), checkAt: Number.POSITIVE_INFINITY });
      return { grantId: row.id, token, described };
    },

    open: async (token) => {
      const kept = open.get(token);
      if (kept) {
        const at = now().getTime();
        if (kept.expiresAt <= at) throw new Problem("grant_invalid");
        if (kept.checkAt > at) return kept.grant;
        forget(kept.grant.grantId);
      }
      const read = readToken("pbg", token);
      if (!read) throw new Problem("grant_invalid");
      // Made by another server process.
      await listening;
      const [row] = await withinTenant(database, read.tenantId, (tx) =>
        tx
          .select({ grant: runGrant, status: run.status })
          .from(runGrant)
          .innerJoin(run, eq(run.id, runGrant.runId))
          .where(and(eq(runGrant.hash, read.hash), isNull(runGrant.endedAt))),
      );
      if (!row || row.grant.expiresAt <= now() || row.status !== "running") throw new Problem("grant_invalid");
      const scope = { tenantId: row.grant.tenantId, personId: row.grant.personId };
      const described = await needs.describe(scope, row.grant.connectionId);
      // A grant is for one version: what an update added since is not in it.
      if (described.integration.versionId !== row.grant.integrationVersionId) throw new Problem("grant_invalid");
      const { id: grantId, runId, conversationId } = row.grant;
      const grant = await openGrantOf(scope, described, { grantId, runId, conversationId });
      keep(token, { grant, expiresAt: row.grant.expiresAt.getTime(), checkAt: now().getTime() + believedMs });
      return grant;
    },

    end: async ({ tenantId, grantId }) => {
      forget(grantId);
      await withinTenant(database, tenantId, (tx) =>
        tx.update(runGrant).set({ endedAt: now() }).where(eq(runGrant.id, grantId)),
      );
      await database.notify(endedChannel, grantId);
    },

    endTurn: async ({ tenantId, personId }, turnId) => {
      const ended = await withinTenant(database, tenantId, async (tx) => {
        const runs = await tx
          .update(run)
          .set({ status: "cut", endedAt: now() })
          .where(and(eq(run.turnId, turnId), eq(run.personId, personId), eq(run.status, "running")))
          .returning({ id: run.id });
        if (runs.length === 0) return [];
        const ids = runs.map(({ id }) => id);
        return tx
          .update(runGrant)
          .set({ endedAt: now() })
          .where(and(inArray(runGrant.runId, ids), isNull(runGrant.endedAt)))
          .returning({ id: runGrant.id });
      });
      for (const { id } of ended) {
        forget(id);
        await database.notify(endedChannel, id);
      }
    },

    close: async () => (await listening)(),
  };
}

/** Fills the connection's variables into a rule's host and base path; braces further on are the path's own parameters. */
function resolved(url: string, integration: Integration, baseUrl: string, variables: Record<string, string>): string {
  const base = integration.baseUrl.replace(/\/+$/, "");
  if (url.startsWith(base)) return baseUrl.replace(/\/+$/, "") + url.slice(base.length);
  return url.replace(/^(https?:\/\/)([^/]*)/, (_, scheme: string, host: string) => {
    const filled = host.replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => variables[name] ?? whole);
    return scheme + filled;
  });
}
