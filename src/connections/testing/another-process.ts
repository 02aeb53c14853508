import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { isProblem } from "../../contract/problem.ts";
import { Secret } from "../../contract/secret.ts";
import { openDatabase } from "../../database/open.ts";
import { createVault } from "../../vault/vault.ts";
import { guardedFetch } from "../../gateway/guarded-fetch.ts";
import { hostPolicy } from "../../gateway/host-policy.ts";
import { createConnections } from "../connections.ts";

/**
 * Another server process, for races: reads its settings as one line of JSON, says "ready", and at each further line authorizes
 * that many requests at once and says what they got. Killed with SIGKILL it leaves its lease behind.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const settings = z
  .object({
    databaseUrl: z.string(),
    keys: z.string(),
    host: z.string(),
    scope: z.object({ tenantId: z.string(), personId: z.string() }),
    connectionIds: z.array(z.string()),
    clockAheadMs: z.number().default(0),
    leaseMs: z.number().optional(),
  })
  .parse(JSON.parse((await lines.next()).value ?? ""));
const database = await openDatabase({ url: new Secret(settings.databaseUrl) });
const connections = createConnections({
  database,
  vault: createVault({ keys: settings.keys }),
  fetch: guardedFetch(hostPolicy({ allowPrivateHosts: [settings.host] })),
  isPrivate: (host) => host === settings.host,
  publicUrl: () => "http://patchbay.test",
  platformClient: () => ({ clientId: "ours", clientSecret: new Secret("secret"), hosts: [settings.host] }),
  now: () => new Date(Date.now() + settings.clockAheadMs),
  leaseMs: settings.leaseMs,
});
process.stdout.write("ready\n");

for (let line = await lines.next(); !line.done; line = await lines.next()) {
  const { connectionIds } = settings;
  const asks = Array.from({ length: Number(line.value) }, (_, index) =>
    connections.authorize(settings.scope, connectionIds[index % connectionIds.length] ?? "").then(
      ({ placements }) => placements[0]?.secret.reveal(),
      (error: unknown) => (isProblem(error) ? error.code : String(error)),
    ),
  );
  process.stdout.write(`${JSON.stringify([...new Set(await Promise.all(asks))])}\n`);
}
await connections.close();
await database.close();
