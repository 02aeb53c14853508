import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { guardedFetch } from "../gateway/guarded-fetch.ts";
import { hostPolicy } from "../gateway/host-policy.ts";
import { docsOrDocument } from "./docs/docs-or-document.ts";
import { find } from "./find.ts";

type Page = { type?: string; body?: string; status?: number; headers?: Record<string, string> };

const pages = new Map<string, Page>();
const insideSaw: string[] = [];
const servers: Server[] = [];
let inside = "";
let fetch: ReturnType<typeof guardedFetch>;

async function serve(answer: (url: string) => Page | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const page = answer(request.url ?? "");
    response.writeHead(page?.status ?? (page ? 200 : 404), {
      "content-type": page?.type ?? "text/html",
      ...page?.headers,
    });
    response.end(page?.body ?? "");
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A stranger's site at a public name, and a service of one's own network that a person listed. */
beforeAll(async () => {
  const site = await serve((url) => pages.get(url));
  inside = await serve((url) => {
    insideSaw.push(url);
    return { type: "application/json", body: `{"openapi":"3.1.0","info":{"title":"Inside","version":"1"},"paths":{}}` };
  });
  const stage = new Map([["docs.evil.example", `http://${site}`]]);
  fetch = guardedFetch(hostPolicy({ allowPrivateHosts: [inside], stage }));
});
afterAll(() => servers.forEach((server) => server.close()));
beforeEach(() => {
  pages.clear();
  insideSaw.length = 0;
});

const html = (body: string): Page => ({ body: `<!doctype html><html>${body}<p>${"words ".repeat(60)}</p></html>` });

async function read(url: string) {
  const options = { onStep: () => undefined };
  const found = await find({ fetch, inCatalogue: () => undefined }, { url }, options).catch((error: unknown) => error);
  if (found instanceof Error || typeof found !== "object" || found === null || !("page" in found)) return found;
  return docsOrDocument(fetch, found as Parameters<typeof docsOrDocument>[1], options);
}

describe("a stranger's page does not send us into one's own network", () => {
  it.each<[string, (at: string) => Record<string, Page>]>([
    ["by a redirect", (at) => ({ "/": { status: 302, headers: { location: `${at}/x` } } })],
    ["by a Link header", (at) => ({ "/": { ...html(""), headers: { link: `<${at}/x>; rel="service-desc"` } } })],
    ["by a <link>", (at) => ({ "/": html(`<link rel="service-desc" href="${at}/x">`) })],
    ["by the page of a documentation tool", (at) => ({ "/": html(`<redoc spec-url="${at}/openapi.json"></redoc>`) })],
    [
      "by the settings of one",
      (at) => ({
        "/": html(`<script src="/swagger-initializer.js"></script>`),
        "/swagger-initializer.js": { type: "text/javascript", body: `SwaggerUIBundle({ url: "${at}/openapi.json" })` },
      }),
    ],
    ["by a link", (at) => ({ "/": html(`<a href="${at}/openapi.json">the document</a>`) })],
    [
      "by its llms.txt",
      (at) => ({ "/": html(""), "/llms.txt": { type: "text/plain", body: `# A\n[it](${at}/openapi.json)` } }),
    ],
    [
      "by its API catalogue",
      (at) => ({
        "/": html(""),
        "/.well-known/api-catalog": {
          type: "application/linkset+json",
          body: JSON.stringify({ linkset: [{ "service-desc": [{ href: `${at}/x` }] }] }),
        },
      }),
    ],
    [
      "by its list of sitemaps",
      (at) => ({ "/": html(""), "/robots.txt": { type: "text/plain", body: `Sitemap: ${at}/sitemap.xml` } }),
    ],
    [
      "by a sitemap",
      (at) => ({
        "/": html(""),
        "/sitemap.xml": { type: "text/xml", body: `<urlset><url><loc>${at}/docs/api</loc></url></urlset>` },
      }),
    ],
    [
      "by a GraphQL endpoint",
      (at) => ({ "/": html(`<h1>API</h1><p>Send your query by POST to <code>${at}/graphql</code> and</p>`.repeat(4)) }),
    ],
    [
      "by the metadata of its sign-in",
      (at) => ({
        "/": html(`<pre>GET https://docs.evil.example/v1/things</pre>`),
        "/.well-known/oauth-protected-resource": {
          type: "application/json",
          body: JSON.stringify({ resource: "https://docs.evil.example", authorization_servers: [at] }),
        },
      }),
    ],
    [
      "by the docs its API names",
      (at) => ({
        "/": { status: 401 },
        "/.well-known/oauth-protected-resource": {
          type: "application/json",
          body: JSON.stringify({ resource: "https://docs.evil.example", resource_documentation: `${at}/docs` }),
        },
      }),
    ],
  ])("%s", async (_, site) => {
    for (const [path, page] of Object.entries(site(`http://${inside}`))) pages.set(path, page);
    await read("https://docs.evil.example/");
    expect(insideSaw).toEqual([]);
  });

  it("but a page there leads on, and so does a person", async () => {
    expect(await read(`http://${inside}/openapi.json`)).toMatchObject({ kind: "document" });
    expect(insideSaw).toEqual(["/openapi.json"]);
  });
});
