import type { Policy } from "../contract/access.ts";
import type { RequestRule } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import { ToolDescription } from "../contract/tool.ts";
import { type Database, withinTenant } from "../database/database.ts";
import { listPolicies } from "../integrations/policies.ts";
import { newOperations } from "../integrations/publish.ts";
import { getToolFile } from "../integrations/tool-file.ts";

export type ToolVersion = { code: string; description: ToolDescription; rules: RequestRule[] };

/** What people have ruled for an integration at a version. */
export type Rulings = {
  policies: Policy[];
  /** Operations that came with an update, and when. */
  fresh: Map<string, Date>;
};

/** What each request needs to know of integrations, remembered: versions for good, rulings for a second at most. */
export type IntegrationFacts = {
  version(scope: Scope, versionId: string): Promise<ToolVersion>;
  rulings(scope: Scope, versionId: string): Promise<Rulings>;
  /** Forgets a tenant's rulings, in every server process. */
  rulingsChanged(tenantId: string): Promise<void>;
  close(): Promise<void>;
};

const versionsKept = 100;
const rulingsKeptMs = 1000;
const channel = "rulings_changed";

export function createIntegrationFacts(database: Database): IntegrationFacts {
  const versions = new Map<string, Promise<ToolVersion>>();
  const rulings = new Map<string, Map<string, { readAt: number; found: Promise<Rulings> }>>(); // by tenant, by version
  const listening = database.listen(channel, (tenantId) => void rulings.delete(tenantId));
  listening.catch(() => undefined); // told to whoever asks first

  return {
    version: (scope, versionId) => {
      const key = `${scope.tenantId} ${versionId}`;
      const version = versions.get(key) ?? readVersion(database, scope, versionId);
      versions.delete(key); // what was used last stands last
      versions.set(key, version);
      version.catch(() => versions.delete(key));
      const [oldest] = versions.keys();
      if (versions.size > versionsKept && oldest !== undefined) versions.delete(oldest);
      return version;
    },

    rulings: async ({ tenantId }, versionId) => {
      const ofTenant = rulings.get(tenantId) ?? new Map<string, { readAt: number; found: Promise<Rulings> }>();
      rulings.set(tenantId, ofTenant);
      const known = ofTenant.get(versionId);
      if (known && performance.now() - known.readAt < rulingsKeptMs) return known.found;
      await listening;
      const found = withinTenant(database, tenantId, async (tx) => ({
        policies: await listPolicies(tx),
        fresh: await newOperations(tx, versionId),
      }));
      ofTenant.set(versionId, { readAt: performance.now(), found });
      found.catch(() => ofTenant.delete(versionId));
      return found;
    },

    rulingsChanged: async (tenantId) => {
      rulings.delete(tenantId);
      await database.notify(channel, tenantId);
    },

    close: async () => (await listening)(),
  };
}

async function readVersion(database: Database, scope: Scope, versionId: string): Promise<ToolVersion> {
  const { cliCode, tool, rules } = await withinTenant(database, scope.tenantId, (tx) => getToolFile(tx, versionId));
  return { code: cliCode, description: ToolDescription.parse(tool), rules };
}
