import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../contract/secret.ts";
import type { Scope } from "../contract/scope.ts";
import type { Database } from "../database/database.ts";
import { scratchDatabase } from "../database/testing.ts";
import { hostPolicy } from "../gateway/host-policy.ts";
import { guidedModel } from "../llm/guided/guided.ts";
import { serveScriptedModel } from "../llm/testing.ts";
import { createVault } from "../vault/vault.ts";
import { readSettings } from "./env.ts";
import { createModels } from "./models.ts";

let database: Database;
let ann: Scope;
let model: Awaited<ReturnType<typeof serveScriptedModel>>;
beforeAll(async () => {
  database = await scratchDatabase();
  ann = await database.createTenant("A", { name: "Ann" });
  model = await serveScriptedModel(() => ({ blocks: [{ type: "text", text: "ok" }] }));
});
afterAll(() => Promise.all([database.close(), model.close()]));

const modelsWith = (policy: ReturnType<typeof hostPolicy>) =>
  createModels({
    database,
    vault: createVault({ keys: `test:${randomBytes(32).toString("base64")}` }),
    policy,
    settings: readSettings({}),
    guided: guidedModel,
  });
const apiKey = new Secret("sk-canary");

describe("a model whose address was typed on the page", () => {
  it("is asked at the address that was checked, and no name is looked up behind that", async () => {
    const { port } = new URL(model.url);
    const lookup = async () => [{ address: "127.0.0.1", family: 4 }];
    const models = modelsWith(hostPolicy({ allowPrivateHosts: [`model.example:${port}`], lookup }));
    await models.set(ann, { apiKey, baseUrl: `http://model.example:${port}` });
    expect(model.requests.at(-1)?.headers).toMatchObject({ host: `model.example:${port}` });
  });

  it("does not send us on into the server's own network", async () => {
    const before = model.requests.length;
    const stranger = createServer((_, response) => {
      response.writeHead(307, { location: `${model.url}/v1/messages` }).end();
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const models = modelsWith(hostPolicy({ allowPrivateHosts: [host] }));
    await expect(models.set(ann, { apiKey, baseUrl: `http://${host}` })).rejects.toMatchObject({
      code: "model_unavailable",
    });
    expect(model.requests).toHaveLength(before);
    stranger.close();
  });

  it("is refused where it is in that network by its name", async () => {
    await expect(
      modelsWith(hostPolicy({ allowPrivateHosts: [] })).set(ann, { apiKey, baseUrl: model.url }),
    ).rejects.toMatchObject({
      code: "scheme_refused",
    });
  });
});
