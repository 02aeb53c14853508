/** The gateway as the server runs it, with a database, a vault and one connection. Only the sandbox is left out. */
import { randomBytes } from "node:crypto";
import { createConnections } from "../../../src/connections/connections.ts";
import { Secret } from "../../../src/contract/secret.ts";
import { openDatabase } from "../../../src/database/open.ts";
import { withinTenant } from "../../../src/database/database.ts";
import { guardedFetch } from "../../../src/gateway/guarded-fetch.ts";
import { hostPolicy, isListed } from "../../../src/gateway/host-policy.ts";
import { serveGateway } from "../../../src/gateway/serve.ts";
import { publish } from "../../../src/integrations/publish.ts";
import { saveVersion } from "../../../src/integrations/save-version.ts";
import { createRuns } from "../../../src/runs/runs.ts";
import type { Sandbox } from "../../../src/sandbox/sandbox.ts";
import { createVault } from "../../../src/vault/vault.ts";

/** `none`: nothing to open; `sealed`: opened once and remembered; `opened for each request`: nothing is remembered. */
const [target = "", credential = "sealed"] = process.argv.slice(2);
/** By this clock a minute passes at each look, and what is remembered is old. */
let hurrying = Date.now();
const database = await openDatabase({});
const scope = await database.createTenant("Bench", { name: "Ann" });
const policy = hostPolicy({ allowPrivateHosts: [target] });
const connections = createConnections({
  database,
  vault: createVault({ keys: `bench:${randomBytes(32).toString("base64")}` }),
  fetch: guardedFetch(policy),
  isPrivate: (host) => isListed(policy, host),
  publicUrl: () => "http://127.0.0.1",
  platformClient: () => undefined,
  ...(credential === "opened for each request" ? { now: () => new Date((hurrying += 61_000)) } : {}),
});
const rules = Array.from({ length: 300 }, (_, n) => ({
  operation: `things${n} get`,
  access: "read" as const,
  method: "GET",
  url: `http://${target}/things${n}/{id}`,
}));
const integration = await withinTenant(database, scope.tenantId, async (tx) => {
  const { versionId } = await saveVersion(tx, scope, {
    slug: "desk",
    name: "Desk",
    description: "",
    baseUrl: `http://${target}`,
    hosts: [target],
    variables: [],
    auth: [
      credential === "none"
        ? { id: "token", type: "none", variables: [] }
        : { id: "token", type: "bearer_token", variables: [] },
    ],
    origin: "private",
    permissions: { readOps: ["boards list"], writeOps: [] },
    cliCode: "export {};",
    instructions: "",
    tool: { slug: "desk", hosts: [target], operations: {} },
    rules: [{ operation: "boards list", access: "read", method: "GET", url: `http://${target}/boards` }, ...rules],
    source: { kind: "openapi" },
  });
  return publish(tx, scope, versionId);
});
const connection = await connections.connectWithSecrets(scope, {
  integrationId: integration.id,
  methodId: "token",
  secrets: credential === "none" ? {} : { access_token: new Secret(randomBytes(24).toString("base64url")) },
});
await connections.proven(scope, connection.id);

/** A run that begins, takes its grant, and lasts as long as this process. */
const lasting: Sandbox = {
  open: async ({ commands }) => ({
    exec: async () => {
      const [command] = await commands();
      const prepared = await command?.prepare({ argv: [], operation: "boards list" });
      if (prepared && "env" in prepared) {
        process.send?.({
          port: gateway.address.port,
          path: `/${target}/boards`,
          token: prepared.env["DESK_ACCESS_TOKEN"],
        });
      }
      return new Promise(() => undefined);
    },
    readFile: () => Promise.reject(new Error("no files")),
    writeFile: () => Promise.reject(new Error("no files")),
    listFiles: async () => [],
    close: async () => undefined,
    end: async () => undefined,
  }),
  describe: async () => ({ ok: false, stderr: "" }),
  close: async () => undefined,
};
const runs = createRuns({
  database,
  sandbox: lasting,
  connections,
  emit: async () => undefined,
  gatewayUrl: () => gateway.url,
});
const gateway = await serveGateway({ policy, ...runs.gatewayNeeds });
await runs.operation(scope, { connectionId: connection.id, argv: ["boards", "list"] });
