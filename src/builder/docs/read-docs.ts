import { isProblem, Problem } from "../../contract/problem.ts";
import type { GuardedFetch } from "../../gateway/guarded-fetch.ts";
import { candidatesIn } from "../candidates.ts";
import { fetchPage, type Fetched, isPage, pagesFirst } from "../fetch-page.ts";
import { documentIn } from "../document-in-page.ts";
import { firstDescription } from "../find.ts";
import { linksIn, pageAddress, readSitemap, worth } from "./links.ts";
import { seenTexts } from "./near-duplicates.ts";
import { textOfPage } from "./page-state.ts";
import { type DocsPage, type Section, sectionsOf } from "./sections.ts";
import type { DocsReport } from "../../contract/docs.ts";

/** How much of a docs site is read at once. */
export type DocsBudget = { pages: number; bytes: number; seconds: number };
export const docsBudget: DocsBudget = { pages: 80, bytes: 16_000_000, seconds: 40 };

export type DocsSet = {
  pages: DocsPage[];
  report: DocsReport;
  /** A machine-readable description that one of the pages led to: then there is nothing to read. */
  document?: { text: string; url: string };
};

type Options = {
  /** Addresses that were asked for a description already. */
  asked?: Set<string>;
  budget?: DocsBudget;
  signal?: AbortSignal | undefined;
  onPage?(count: number): void;
};

/**
 * Reads a docs site from one of its pages: what its sitemap, its llms.txt and its navigation lead to on the same host, the
 * likeliest pages first, until all are read or the budget is. Pages that say what another said are dropped. Every page is
 * looked through for a link to a description a program can read.
 */
export async function readDocs(fetch: GuardedFetch, start: Fetched, options: Options = {}): Promise<DocsSet> {
  const { asked = new Set<string>(), budget = docsBudget, signal, onPage } = options;
  const started = performance.now();
  const end = started + budget.seconds * 1000;
  const pages: DocsPage[] = [];
  const report: DocsReport = { pages: 0, bytes: 0, characters: 0, ms: 0, dropped: 0, left: 0, drawnByScript: [] };
  const seen = seenTexts();
  const queue = new Map<string, number>();
  const taken = new Set<string>([bare(start.url)]);
  const descriptions: string[] = [];

  const offer = (url: string, text: string) => {
    const points = worth({ url, text }, start.url);
    if (points <= 0 || taken.has(bare(url)) || (queue.get(url) ?? 0) >= points) return;
    queue.set(url, points);
  };
  const take = (page: Fetched) => {
    report.bytes += page.text.length;
    const read = isPage(page)
      ? textOfPage(page.text, page.url)
      : { markdown: page.text.slice(0, longestText), from: "html" as const };
    for (const link of linksIn(page.text, page.url)) offer(link.url, link.text);
    for (const place of candidatesIn(page.text, page.url, page.link)) if (!asked.has(place)) descriptions.push(place);
    if (read.from !== "html") {
      report.drawnByScript.push({
        url: page.url,
        used: read.from === "state" ? "its JSON state" : "nothing",
        ...("repository" in read && read.repository ? { repository: read.repository } : {}),
      });
    }
    if (read.markdown.trim() === "") return;
    if (seen.isNearlySeen(read.markdown)) {
      report.dropped += 1;
      return;
    }
    pages.push({ url: page.url, title: titleOf(page, read.markdown), markdown: read.markdown });
    report.characters += read.markdown.length;
  };
  const get = async (url: string, accept = pagesFirst): Promise<Fetched | undefined> => {
    const timeoutMs = Math.max(1_000, Math.min(15_000, end - performance.now()));
    const page = await fetchPage(fetch, url, {
      signal,
      namedBy: start.url,
      maxBytes: 6_000_000,
      timeoutMs,
      accept,
    }).catch((error: unknown) => {
      if (isProblem(error) && !signal?.aborted) return undefined;
      throw error;
    });
    return page?.ok && page.text.trim() !== "" && new URL(page.url).host === new URL(start.url).host ? page : undefined;
  };

  take(start);
  report.pages += 1;
  for (const url of await listedPages(start.url, get)) offer(url, "");
  while (queue.size > 0) {
    if (report.pages >= budget.pages) report.stopped = "pages";
    else if (report.bytes >= budget.bytes) report.stopped = "bytes";
    else if (performance.now() >= end) report.stopped = "seconds";
    if (report.stopped) break;
    const wave = [...queue]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, Math.min(together, budget.pages - report.pages))
      .map(([url]) => url);
    for (const url of wave) {
      queue.delete(url);
      taken.add(bare(url));
    }
    for (const page of await Promise.all(wave.map((url) => get(url)))) {
      if (!page) continue;
      report.pages += 1;
      if (page.url !== start.url && !taken.has(bare(page.url))) taken.add(bare(page.url));
      const document = isPage(page) ? documentIn(page.text) : undefined;
      if (document) return { pages: [], report: ended(), document: { text: document, url: page.url } };
      take(page);
    }
    const found = await firstDescription(fetch, descriptions.splice(0), {
      asked,
      namedBy: start.url,
      signal,
      most: 6,
    });
    if (found) return { pages: [], report: ended(), document: found };
    onPage?.(report.pages);
  }
  return { pages, report: ended() };

  function ended(): DocsReport {
    return { ...report, left: queue.size, ms: Math.round(performance.now() - started) };
  }
}

/**
 * Reads one page of docs.
 * @throws Problem `document_missing`, and those of the guarded fetch.
 */
export async function readOnePage(fetch: GuardedFetch, url: string, signal?: AbortSignal): Promise<Section[]> {
  const page = await fetchPage(fetch, url, { signal, maxBytes: 6_000_000, accept: pagesFirst });
  if (!page.ok) throw new Problem("document_missing", { status: page.status });
  const markdown = isPage(page) ? textOfPage(page.text, page.url).markdown : page.text.slice(0, longestText);
  return sectionsOf([{ url: page.url, title: titleOf(page, markdown), markdown }]);
}

const together = 6;
const longestText = 3_000_000;

/** One page, whichever way its address ends. */
const bare = (url: string) => url.replace(/^https?:/, "").replace(/(\.html?|\.md)?\/*$/i, "");

/** What the site itself lists: its sitemaps, as robots.txt names them or in the usual place, and its llms.txt. */
async function listedPages(
  start: string,
  get: (url: string, accept?: string) => Promise<Fetched | undefined>,
): Promise<string[]> {
  const root = new URL("/", start);
  const robots = await get(new URL("/robots.txt", root).href, "text/plain");
  const named = [...(robots?.text ?? "").matchAll(/^\s*sitemap:\s*(\S+)/gim)].map(([, url = ""]) => url);
  const places = named.length > 0 ? named : [new URL("/sitemap.xml", root).href, new URL("sitemap.xml", start).href];
  const pages: string[] = [];
  for (let at = 0; at < Math.min(places.length, mostSitemaps); at += 1) {
    const sitemap = await get(places[at] ?? "", "application/xml, text/xml");
    if (!sitemap || !/<(urlset|sitemapindex)\b/i.test(sitemap.text)) continue;
    const read = readSitemap(sitemap.text);
    pages.push(...read.pages);
    places.push(...read.sitemaps.filter((one) => !places.includes(one)));
  }
  for (const place of new Set([new URL("/llms.txt", root).href, new URL("llms.txt", start).href])) {
    const list = await get(place, "text/plain, text/markdown");
    if (!list || isPage(list)) continue;
    pages.push(...linksIn(list.text, list.url).map(({ url }) => url));
  }
  return pages.flatMap((url) => pageAddress(url, start) ?? []);
}

const mostSitemaps = 4;

function titleOf(page: Fetched, markdown: string): string {
  const heading = /^#{1,2}\s+(.+)$/m.exec(markdown)?.[1];
  const title = /<title[^>]*>([^<]{1,300})<\/title>/i.exec(page.text.slice(0, 50_000))?.[1];
  const name = heading ?? title ?? new URL(page.url).pathname;
  return (
    name
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[*_`#]/g, "")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, 120) || page.url
  );
}
