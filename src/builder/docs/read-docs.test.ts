import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { guardedFetch } from "../../gateway/guarded-fetch.ts";
import { hostPolicy } from "../../gateway/host-policy.ts";
import { startPractice } from "../../practice/start.ts";
import { fetchPage } from "../fetch-page.ts";
import { overviewOf, readingTold } from "./overview.ts";
import { type DocsBudget, docsBudget, readDocs } from "./read-docs.ts";
import { searchDocs } from "./search-docs.ts";
import { sectionsOf, topicOf } from "./sections.ts";

const pages = new Map<string, string>();
const asked: string[] = [];
const server = createServer((request, response) => {
  const url = request.url ?? "";
  asked.push(url);
  const body = pages.get(url);
  const type = /\.(txt|md)$/.test(url)
    ? "text/plain"
    : /\.(xml|json)$/.test(url)
      ? "application/octet-stream"
      : "text/html";
  response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body ?? "<html>nothing</html>");
});
const policy = hostPolicy({ allowPrivateHosts: [] });
const fetch = guardedFetch(policy);
let site = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  policy.allow(new URL(site).host);
});
afterAll(() => void server.close());
afterEach(() => {
  pages.clear();
  asked.length = 0;
});

const page = (title: string, text: string, links: string[] = []) =>
  `<!doctype html><html><head><title>${title}</title></head><body><nav>${links.map((href) => `<a href="${href}">${href}</a>`).join("")}</nav><main><h1>${title}</h1>${text}</main></body></html>`;
const read = async (path: string, budget: Partial<DocsBudget> = {}) =>
  readDocs(fetch, await fetchPage(fetch, `${site}${path}`), { budget: { ...docsBudget, ...budget } });
const words = (seed: string, count = 120) =>
  Array.from({ length: count }, (_, at) => `${seed}${at % 37}x${at}`).join(" ");

it("reads a whole manual from its first page, and finds a section by words", async () => {
  const practice = await startPractice({});
  policy.allow(new URL(practice.url).host);
  try {
    const start = await fetchPage(fetch, `${practice.url}/docs`);
    const { pages: found, report } = await readDocs(fetch, start, { asked: new Set([practice.documentUrl]) });
    const sections = sectionsOf(found);
    expect(found.map(({ title }) => title)).toContain("Attachments");
    expect(report).toMatchObject({ dropped: 0, left: 0, drawnByScript: [] });
    expect(searchDocs(sections, "move a card to another list")[0]).toMatchObject({
      title: "Cards",
      heading: "Move a card",
    });
    expect(searchDocs(sections, "DELETE /labels")[0]?.title).toBe("Lists and labels");
    const overview = overviewOf(sections);
    expect(overview).toMatch(/^\d+ Authentication \[sign-in\]/m);
    expect(overview).toContain("POST /cards/{}/move");
    expect(overview).toContain("X-Board-Key");
    expect(overview.length).toBeLessThan(16_000);
  } finally {
    await practice.close();
  }
});

it("follows sitemap, robots.txt, llms.txt and navigation on the same host, and goes nowhere else", async () => {
  pages.set(
    "/docs/",
    page("Start", words("a"), ["/docs/cards", "https://elsewhere.example/docs", "/blog/hello", "mailto:x@y.z"]),
  );
  pages.set("/docs/cards", page("Cards", words("b"), ["/docs/"]));
  pages.set("/robots.txt", `Sitemap: ${site}/map.xml`);
  pages.set(
    "/map.xml",
    `<urlset><url><loc>${site}/docs/lists</loc></url><url><loc>https://elsewhere.example/x</loc></url></urlset>`,
  );
  pages.set("/docs/lists", page("Lists", words("c")));
  pages.set("/llms.txt", `# A\n- [Errors](${site}/docs/errors.md)`);
  pages.set("/docs/errors.md", `# Errors\n\n${words("d")}`);
  const { pages: found } = await read("/docs/");
  expect(found.map(({ title }) => title).toSorted()).toEqual(["Cards", "Errors", "Lists", "Start"]);
  expect(asked).not.toContain("/blog/hello");
});

it.each([
  ["pages", { pages: 3 }],
  ["bytes", { bytes: 4_000 }],
] as const)("ends at its budget of %s and says so", async (which, budget) => {
  const links = Array.from({ length: 20 }, (_, at) => `/docs/p${at}`);
  pages.set("/docs/", page("Start", words("a"), links));
  for (const [at, link] of links.entries()) pages.set(link, page(`P${at}`, words(`p${at}q`)));
  const { report, pages: found } = await read("/docs/", budget);
  expect(report.stopped).toBe(which);
  expect(report.left).toBeGreaterThan(5);
  expect(readingTold(report, found.length)).toContain(`budget of ${which}`);
});

it("ends at its budget of seconds, however slow the site is", async () => {
  pages.set("/docs/", page("Start", words("a"), ["/docs/b"]));
  const started = performance.now();
  const { report } = await read("/docs/", { seconds: 0 });
  expect(report.stopped).toBe("seconds");
  expect(performance.now() - started).toBeLessThan(6_000);
});

it("drops a page that says what another said", async () => {
  const text = words("same");
  pages.set("/docs/", page("Start", words("a"), ["/docs/cards", "/docs/print/cards"]));
  pages.set("/docs/cards", page("Cards", text));
  pages.set("/docs/print/cards", page("Cards for print", text));
  const { report, pages: found } = await read("/docs/");
  expect(report.dropped).toBe(1);
  expect(found).toHaveLength(2);
});

it("reads the JSON state of a page that a script draws, and says when there is none", async () => {
  const state = { props: { pageProps: { title: "Cards", body: `<p>Send GET /cards to get ${words("state")}</p>` } } };
  pages.set(
    "/docs/",
    `<!doctype html><div id="__next"></div><script id="__NEXT_DATA__" type="application/json">${JSON.stringify(state)}</script><a href="/docs/empty">x</a>`,
  );
  pages.set(
    "/docs/empty",
    `<!doctype html><div id="root"></div><script src="/app.js"></script><a href="https://github.com/acme/docs/blob/main/x.md">edit</a>`,
  );
  const { report, pages: found } = await read("/docs/");
  expect(found[0]?.markdown).toContain("## Cards");
  expect(found[0]?.markdown).toContain("GET /cards");
  expect(report.drawnByScript).toEqual([
    { url: `${site}/docs/`, used: "its JSON state" },
    { url: `${site}/docs/empty`, used: "nothing", repository: "https://github.com/acme/docs/blob/main/x.md" },
  ]);
  expect(readingTold(report, 1)).toContain("https://github.com/acme/docs/blob/main/x.md");
});

it("gives the description that a page deep in the docs leads to", async () => {
  pages.set("/docs/", page("Start", words("a"), ["/docs/tools"]));
  pages.set("/docs/tools", page("Tools", `<a href="/files/openapi.json">for programs</a>`));
  pages.set("/files/openapi.json", `{"openapi":"3.1.0","info":{"title":"A","version":"1"},"paths":{}}`);
  expect((await read("/docs/")).document?.url).toBe(`${site}/files/openapi.json`);
});

it("knows what sections are about by their headings", () => {
  const markdown = [
    "# API",
    ...["Authentication", "Rate limits", "Paging", "Error codes", "Cards"].map(
      (one) => `## ${one}\n\n${words(one, 200)}`,
    ),
  ].join("\n\n");
  const sections = sectionsOf([{ url: "https://a.example/docs", title: "API", markdown }]);
  expect(sections.map((one) => [one.heading, topicOf(one)])).toEqual([
    ["Authentication", "sign-in"],
    ["Rate limits", "limits"],
    ["Paging", "pagination"],
    ["Error codes", "errors"],
    ["Cards", undefined],
  ]);
});

it("takes headings and words that link to their own page as what they say", async () => {
  const text = `<h2 id="a"><a href="#a(b)">/config/cards</a> <a class="headerlink" href="#a" title="Permalink to this heading">¶</a></h2><p><b>GET</b> gives them, <b>PUT</b> replaces them; see <a href="#b">the other</a> and <a href="/more">more</a>.</p>`;
  pages.set("/docs/links", page("Config", text));
  const [section] = sectionsOf((await read("/docs/links")).pages);
  expect(section?.text).toContain("## /config/cards");
  expect(section?.text).toContain(`see the other and [more](${site}/more)`);
  expect(overviewOf(section ? [section] : [])).toContain("GET /config/cards, PUT /config/cards");
});

it("reads requests off headings that stand below one another, however they are set", async () => {
  const at = (path: string) => `<h3><a href="#p"><code>${path}</code></a><a href="#p" title="Permalink">¶</a></h3>`;
  const method = (name: string) => `<h4><a href="#m"><code>${name}</code></a></h4><p>${words(name, 150)}</p>`;
  const text = `<h2>Resources</h2>${at("/2/groups")}${method("GET")}${method("POST")}${at("/2/groups/[group_name]")}${method("DELETE")}`;
  pages.set("/docs/below", page("Groups", text));
  const sections = sectionsOf((await read("/docs/below")).pages);
  const named = "GET /2/groups|POST /2/groups|DELETE /2/groups/{}";
  expect(overviewOf(sections).match(new RegExp(named.replace(/[{}]/g, "\\$&"), "g"))).toEqual(
    expect.arrayContaining(named.split("|")),
  );
});

it("takes lists of definitions for words, and leaves code as it is", async () => {
  const text = `<dl class="http get"><dt><code>GET /things</code></dt><dd><p>All <em>things</em>.</p></dd></dl><pre><code>&lt;dl&gt;kept&lt;/dl&gt;\n<span class="w">    </span><span>deep</span></code></pre><p>In <code>&lt;b&gt;</code>.</p>`;
  pages.set("/docs/terms", page("Terms", text));
  const [section] = sectionsOf((await read("/docs/terms")).pages);
  expect(section?.text).toContain("- `GET /things`");
  expect(section?.text).toContain("All *things*.");
  expect(section?.text).toContain("<dl>kept</dl>\n    deep");
  expect(section?.text).toContain("In `<b>`.");
  expect(section?.text).not.toMatch(/<\/?d[td]/);
});
