import { randomBytes } from "node:crypto";
import type { AuthMethod } from "../../contract/auth-method.ts";
import { AuthMethod as AuthMethodSchema } from "../../contract/auth-method.ts";
import type { Connection } from "../../contract/connection.ts";
import type { Integration, IntegrationDraft } from "../../contract/integration.ts";
import type { Scope } from "../../contract/scope.ts";
import { withinTenant } from "../../database/database.ts";
import type { Database } from "../../database/database.ts";
import { scratchDatabase } from "../../database/testing.ts";
import { guardedFetch } from "../../gateway/guarded-fetch.ts";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";
import { hostPolicy, isListed } from "../../gateway/host-policy.ts";
import { publish } from "../../integrations/publish.ts";
import { saveVersion } from "../../integrations/save-version.ts";
import { createVault } from "../../vault/vault.ts";
import type { Vault } from "../../vault/vault.ts";
import { createConnections } from "../connections.ts";
import type { PlatformClient } from "../oauth-clients.ts";
import type { Connections, ConnectionsNeeds } from "../connections.ts";

export const publicUrl = "http://patchbay.test";

export type House = {
  database: Database;
  vault: Vault;
  scope: Scope;
  connections: Connections;
  /** What was written to the log. */
  lines: string[];
  /** Sign-ins that ended, as the person is told of them. */
  ended: Connection[];
  /** Moves the clock. */
  pass(ms: number): void;
  now(): Date;
  allow(hostWithPort: string): void;
  integrate(change: DraftChange): Promise<Integration>;
  /** Another server process on the same database. */
  another(needs?: Partial<ConnectionsNeeds>): Connections;
};

export type DraftChange = Partial<Omit<IntegrationDraft, "auth">> & { slug: string; auth: unknown[] };

type Options = Partial<Omit<ConnectionsNeeds, "platformClient">> & {
  keys?: string;
  /** Bound to no host, unless it says otherwise. */
  platformClient?(slug: string): (Omit<PlatformClient, "hosts"> & Partial<PlatformClient>) | undefined;
};

/** The parts of a server that connections need, all real: database, vault, guarded fetch. */
export async function openHouse({ platformClient, ...o }: Options = {}): Promise<House> {
  const database = o.database ?? (await scratchDatabase());
  const vault = o.vault ?? createVault({ keys: o.keys ?? `test:${randomBytes(32).toString("base64")}` });
  const policy = hostPolicy({ allowPrivateHosts: [] });
  const fetch: GuardedFetch = guardedFetch(policy);
  const lines: string[] = [];
  const ended: Connection[] = [];
  let passed = 0;
  const now = () => new Date(Date.now() + passed);
  const needs: ConnectionsNeeds = {
    database,
    vault,
    fetch,
    isPrivate: (host) => isListed(policy, host),
    publicUrl: () => publicUrl,
    platformClient: (slug) => {
      const client = platformClient?.(slug);
      return client && { hosts: ["*"], ...client };
    },
    now,
    log: (line) => lines.push(line),
    signInEnded: (_, connection) => ended.push(connection),
    ...o,
  };
  const scope = await database.createTenant("test", { name: "Ada" });
  return {
    database,
    vault,
    scope,
    connections: createConnections(needs),
    lines,
    ended,
    pass: (ms) => {
      passed += ms;
    },
    now,
    allow: (host) => policy.allow(host),
    integrate: (change) =>
      withinTenant(database, scope.tenantId, async (tx) =>
        publish(tx, scope, (await saveVersion(tx, scope, draft(change))).versionId),
      ),
    another: (more = {}) => createConnections({ ...needs, ...more }),
  };
}

function draft(change: DraftChange): IntegrationDraft {
  const auth: AuthMethod[] = change.auth.map((method) => AuthMethodSchema.parse(method));
  return {
    name: change.slug,
    description: "",
    baseUrl: "https://api.example.com/v1",
    hosts: ["api.example.com"],
    variables: [],
    origin: "private",
    permissions: { readOps: [], writeOps: [] },
    cliCode: "export default {};\n",
    instructions: "",
    tool: { slug: change.slug, hosts: [], operations: {} },
    rules: [],
    source: { kind: "openapi" },
    ...change,
    auth,
  };
}
