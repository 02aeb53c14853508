import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createConnections } from "../../src/connections/connections.ts";
import type { Connections } from "../../src/connections/connections.ts";
import type { Integration } from "../../src/contract/integration.ts";
import type { Scope } from "../../src/contract/scope.ts";
import { Secret } from "../../src/contract/secret.ts";
import { withinTenant } from "../../src/database/database.ts";
import { openDatabase } from "../../src/database/open.ts";
import type { GuardedFetch } from "../../src/gateway/guarded-fetch.ts";
import { publish } from "../../src/integrations/publish.ts";
import { saveVersion } from "../../src/integrations/save-version.ts";
import { createVault } from "../../src/vault/vault.ts";
import type { Converted, Entry } from "./convert-entry.ts";

export type House = {
  fetch: GuardedFetch;
  connections: Connections;
  scope: Scope;
  clientOf(entry: Entry): { clientId: string; clientSecret: Secret } | undefined;
  integrate(entry: Entry, converted: Converted): Promise<Integration>;
  close(): Promise<void>;
};

/** Characters that only survive where a client encodes them. */
const hardEnd = " +/%25:&=~";

/** The parts of Patchbay a sign-in needs, with a database in memory. */
export async function openHouse(o: {
  fetch: GuardedFetch;
  platformClient?: (slug: string) => { clientId: string; clientSecret?: Secret } | undefined;
}): Promise<House> {
  const database = await openDatabase({});
  const scope = await database.createTenant("check", { name: "check" });
  const vault = createVault({ keys: `check:${randomBytes(32).toString("base64")}` });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signingKey = new Secret(privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const entries = new Map<string, Entry>();

  const agreed = (entry: Entry) => {
    const { client_registration: registration, token_request_auth_method: way } = entry.quirks;
    if (registration === "dynamic" || registration === "cimd" || entry.mode === "MCP_OAUTH2_GENERIC") return undefined;
    const clientSecret = way === "private_key_jwt" ? signingKey : new Secret(`secret-${entry.slug}${hardEnd}`);
    return { clientId: `client-${entry.slug}`, clientSecret };
  };
  const clientOf = (entry: Entry) => {
    if (o.platformClient === undefined) return agreed(entry);
    const client = o.platformClient(entry.slug);
    return client?.clientSecret && { clientId: client.clientId, clientSecret: client.clientSecret };
  };
  const connections = createConnections({
    database,
    vault,
    fetch: o.fetch,
    isPrivate: () => false,
    publicUrl: () => "https://patchbay.example.com",
    platformClient: (slug) => {
      const entry = entries.get(slug);
      const client = entry && clientOf(entry);
      return client && { ...client, hosts: ["*"] };
    },
  });

  return {
    fetch: o.fetch,
    connections,
    scope,
    clientOf,
    integrate: (entry, { method, baseUrl, hosts }) => {
      const slug = slugFor(entry.slug);
      entries.set(slug, entry);
      const draft = {
        slug,
        name: entry.name.slice(0, 120),
        description: "",
        baseUrl,
        hosts,
        variables: [],
        auth: [method],
        origin: "private" as const,
        permissions: { readOps: [], writeOps: [] },
        cliCode: "",
        instructions: "",
        tool: {},
        rules: [],
        source: { kind: "catalogue" as const },
      };
      return withinTenant(database, scope.tenantId, async (tx) =>
        publish(tx, scope, (await saveVersion(tx, scope, draft)).versionId),
      );
    },
    close: async () => {
      await connections.close();
      await database.close();
    },
  };
}

/** Lists allow slugs that ours do not: a digit in front, dots. */
function slugFor(slug: string): string {
  const plain = slug
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 48);
  return /^[a-z]/.test(plain) ? plain : `s-${plain}`.slice(0, 48);
}
