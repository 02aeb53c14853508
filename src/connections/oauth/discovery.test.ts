import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { guardedFetch } from "../../gateway/guarded-fetch.ts";
import { hostPolicy, isListed } from "../../gateway/host-policy.ts";
import { createDiscovery } from "./discovery.ts";

const issuer = "https://login.evil.example";
let more: Record<string, string> = {};
const server = createServer((_, response) => {
  response.setHeader("content-type", "application/json");
  const own = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` };
  response.end(JSON.stringify({ issuer, response_types_supported: ["code"], ...own, ...more }));
});
let at = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** A stranger's authorization server at a public name, beside a service of one's own network that a person listed. */
function discover(listed = "127.0.0.1:8443") {
  const policy = hostPolicy({ allowPrivateHosts: [listed], stage: new Map([["login.evil.example", at]]) });
  const isPrivate = (host: string) => isListed(policy, host);
  const find = createDiscovery({ fetch: guardedFetch(policy), isPrivate, now: () => new Date() });
  return find({ issuer, integration: "Evil" });
}

it.each([
  "authorization_endpoint",
  "token_endpoint",
  "registration_endpoint",
  "revocation_endpoint",
  "userinfo_endpoint",
])("metadata at a public place that names one's own network as its %s is refused", async (name) => {
  more = { [name]: "http://127.0.0.1:8443/restart" };
  await expect(discover()).rejects.toMatchObject({ code: "address_refused" });
});

it("and is taken when it names its own hosts", async () => {
  more = {};
  expect(await discover()).toMatchObject({ issuer, token_endpoint: `${issuer}/token` });
});
