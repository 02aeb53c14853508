import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { guardedFetch } from "../gateway/guarded-fetch.ts";
import { hostPolicy } from "../gateway/host-policy.ts";
import { startPractice, type PracticeService } from "../practice/start.ts";
import { find } from "./find.ts";

const policy = hostPolicy({ allowPrivateHosts: [] });
const steps: string[] = [];
const lookFor = (wish: Parameters<typeof find>[1]) =>
  find(
    { fetch: guardedFetch(policy), inCatalogue: (name) => (/trello/i.test(name) ? { slug: "trello" } : undefined) },
    wish,
    { onStep: (step) => steps.push(step.step) },
  );

let practice: PracticeService;
let site = "";
const pages = new Map<string, { type: string; body: string; status?: number; headers?: Record<string, string> }>();
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? "");
  const page = pages.get(request.url ?? "");
  response.writeHead(page?.status ?? (page ? 200 : 404), {
    "content-type": page?.type ?? "text/html",
    ...page?.headers,
  });
  response.end(page?.body ?? "<html>nothing here</html>");
});

beforeAll(async () => {
  practice = await startPractice({});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  policy.allow(new URL(site).host);
  policy.allow(new URL(practice.url).host);
});
afterAll(async () => {
  await practice.close();
  server.close();
});
afterEach(() => {
  pages.clear();
  asked.length = 0;
  steps.length = 0;
});

const document = `{"openapi":"3.1.0","info":{"title":"A","version":"1"},"paths":{}}`;

it("takes a pasted document as it is", async () => {
  expect(await lookFor({ document })).toEqual({ kind: "document", text: document });
});

it("finds a name in the catalogue and says so when it does not", async () => {
  expect(await lookFor({ wish: "connect me to Trello, please" })).toEqual({ kind: "catalogue", slug: "trello" });
  await expect(lookFor({ wish: "Frobnicator" })).rejects.toMatchObject({
    code: "nothing_found",
    message: `Nothing in the catalogue is called "Frobnicator". Give me the address of its API document (OpenAPI) or its docs.`,
  });
});

it("reads the practice service's document from an address in a sentence", async () => {
  const found = await lookFor({ wish: `please connect ${practice.documentUrl}.` });
  expect(found).toMatchObject({ kind: "document", url: practice.documentUrl });
  expect(steps).toEqual(["reading the address", "found the document"]);
});

it("gives the pages of a service that has no document but docs for people", async () => {
  pages.set("/docs/", {
    type: "text/html",
    body: "<html><main><h1>Cards</h1><p>Send <code>GET /cards</code>.</p></main></html>",
  });
  const found = await lookFor({ url: `${site}/docs/` });
  expect(found).toMatchObject({ kind: "docs", page: { url: `${site}/docs/` } });
  expect("page" in found && found.page.text).toContain("GET /cards");
  expect(asked.length).toBeLessThan(31);
});

it("follows a page's own hint, and an API catalogue (RFC 9727), to the document", async () => {
  pages.set("/docs/", { type: "text/html", body: `<html><link rel="service-desc" href="/hidden/spec"></html>` });
  pages.set("/hidden/spec", { type: "application/json", body: document });
  expect(await lookFor({ url: `${site}/docs/` })).toMatchObject({ kind: "document", url: `${site}/hidden/spec` });

  pages.delete("/hidden/spec");
  pages.set("/.well-known/api-catalog", {
    type: "application/linkset+json",
    body: `{"linkset":[{"service-desc":[{"href":"/deep/a.json"}]}]}`,
  });
  pages.set("/deep/a.json", { type: "application/json", body: document });
  expect(await lookFor({ url: `${site}/docs/` })).toMatchObject({ kind: "document", url: `${site}/deep/a.json` });
});

it.each([
  ["a list for language models", "/llms.txt", "text/plain", "# A\n\n- [API](/deep/openapi.json): all of it"],
  ["Swagger UI's own settings", "/docs/swagger-initializer.js", "text/javascript", `ui({ url: "/deep/openapi.json" })`],
])("follows %s to the document", async (_, path, type, body) => {
  pages.set("/docs/", { type: "text/html", body: `<html><script src="./swagger-initializer.js"></script></html>` });
  pages.set(path, { type, body });
  pages.set("/deep/openapi.json", { type: "application/json", body: document });
  expect(await lookFor({ url: `${site}/docs/` })).toMatchObject({ kind: "document", url: `${site}/deep/openapi.json` });
});

it("reads the collection behind a page of Postman's documenter", async () => {
  pages.set("/view", {
    type: "text/html",
    body: `<html><meta name="ownerId" content="12"><meta name="publishedId" content="aB-3"></html>`,
  });
  const collection = `{"info":{"schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[]}`;
  const path = "/api/collections/12/aB-3?segregateAuth=true&versionTag=latest";
  pages.set(path, { type: "application/json", body: collection });
  expect(await lookFor({ url: `${site}/view` })).toMatchObject({ kind: "document", url: `${site}${path}` });
});

it("takes the document that a page carries in itself", async () => {
  const body = `<!doctype html><div id="app"></div><script id="api-reference" type="application/json">${document}</script>`;
  pages.set("/reference", { type: "text/html", body });
  const found = await lookFor({ url: `${site}/reference` });
  expect(found).toMatchObject({ kind: "document", url: `${site}/reference` });
  expect("text" in found && JSON.parse(found.text)).toMatchObject({ openapi: "3.1.0" });
});

it("finds the document beside the base of an API that shows nothing without a sign-in", async () => {
  pages.set("/v2", { type: "application/json", body: "{}", status: 401 });
  pages.set("/openapi.json", { type: "application/json", body: document });
  expect(await lookFor({ url: `${site}/v2` })).toMatchObject({ kind: "document", url: `${site}/openapi.json` });
});

it("follows the API's own metadata (RFC 9728) to its docs, and believes none about another API", async () => {
  pages.set("/v2", { type: "application/json", body: "{}", status: 401 });
  const metadata = (resource: string) => ({
    type: "application/json",
    body: JSON.stringify({ resource, resource_documentation: `${site}/manual` }),
  });
  pages.set("/manual", { type: "text/html", body: "<html><main><h1>Manual</h1></main></html>" });
  pages.set("/.well-known/oauth-protected-resource/v2", metadata("https://other.example/v2"));
  await expect(lookFor({ url: `${site}/v2` })).rejects.toMatchObject({ code: "document_missing" });
  pages.set("/.well-known/oauth-protected-resource/v2", metadata(`${site}/v2`));
  expect(await lookFor({ url: `${site}/v2` })).toMatchObject({ kind: "docs", page: { url: `${site}/manual` } });
});

it("does not take a page about OpenAPI for a document", async () => {
  pages.set("/", { type: "text/html", body: "<!doctype html><p>openapi: 3.1.0 is the version we like</p>" });
  pages.set("/openapi.json", { type: "text/html", body: `<!doctype html><p>"openapi": "3.1.0" soon</p>` });
  expect(await lookFor({ url: `${site}/` })).toMatchObject({ kind: "docs" });
});

it.each([
  ["a missing page", 404, "document_missing"],
  ["a page one may not see", 403, "document_missing"],
])("says what is wrong with %s", async (_, status, code) => {
  pages.set("/spec.json", { type: "text/plain", body: "no", status });
  await expect(lookFor({ url: `${site}/spec.json` })).rejects.toMatchObject({ code });
});

it("says that an empty document is empty", async () => {
  pages.set("/spec.json", { type: "application/json", body: " \n" });
  await expect(lookFor({ url: `${site}/spec.json` })).rejects.toMatchObject({ code: "document_empty" });
});

it.each([
  "https://169.254.169.254/latest/meta-data",
  "http://127.0.0.1:1/openapi.json",
  "https://[::ffff:10.0.0.1]/openapi.json",
  "https://2130706433/openapi.json",
])("never looks at the private address %s", async (url) => {
  await expect(lookFor({ url })).rejects.toMatchObject({
    code: expect.stringMatching(/^(address|scheme|host)_refused$/),
  });
});

it("does not follow a page's hint, or a redirect, to a private address", async () => {
  pages.set("/docs/", {
    type: "text/html",
    body: `<html><link rel="service-desc" href="http://169.254.169.254/openapi.json"></html>`,
  });
  expect(await lookFor({ url: `${site}/docs/` })).toMatchObject({ kind: "docs" });
  pages.set("/moved", {
    type: "text/html",
    body: "",
    status: 302,
    headers: { location: "http://169.254.169.254/openapi.json" },
  });
  await expect(lookFor({ url: `${site}/moved` })).rejects.toMatchObject({ code: expect.stringMatching(/refused/) });
});
