/** A link of a page, as an absolute address without fragment. */
export type PageLink = { url: string; text: string };

/** The links of a page of HTML or markdown that lead to pages. */
export function linksIn(text: string, base: string): PageLink[] {
  const declared = /<base\b[^>]{0,200}\bhref\s*=\s*["']([^"']+)["']/i.exec(text.slice(0, 20_000))?.[1];
  const from = URL.parse(declared ?? "", base)?.href ?? base;
  const found = new Map<string, string>();
  const add = (href: string, label: string) => {
    const url = pageAddress(href, from);
    const words = label
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();
    if (url && !found.get(url)) found.set(url, words.slice(0, 120));
  };
  // Tag by tag, so that a page full of beginnings without an end is read in one go.
  for (const tag of text.matchAll(/<a\b([^<>]{0,3000})>/gi)) {
    const href = /\bhref\s*=\s*["']([^"'#][^"']{0,2000})["']/i.exec(tag[1] ?? "")?.[1];
    if (href === undefined) continue;
    const inside = text.slice(tag.index + tag[0].length, tag.index + tag[0].length + 600);
    const end = inside.search(/<\/a>/i);
    if (end !== -1) add(href, inside.slice(0, end));
  }
  for (const [, label = "", href = ""] of text.matchAll(/\[([^[\]\n]{0,200})\]\(([^()\s]{1,2000})\)/g))
    add(href, label);
  return [...found].map(([url, label]) => ({ url, text: label }));
}

/** The pages a sitemap lists, and the further sitemaps of an index. */
export function readSitemap(xml: string): { pages: string[]; sitemaps: string[] } {
  const all = [...xml.matchAll(/<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]+)\s*(?:\]\]>)?\s*<\/loc>/gi)].map(([, loc = ""]) =>
    loc.replaceAll("&amp;", "&"),
  );
  return /<sitemapindex\b/i.test(xml) ? { pages: [], sitemaps: all } : { pages: all, sitemaps: [] };
}

/** The address of a page as we ask for it; undefined for what is no page of the web. */
export function pageAddress(href: string, base: string): string | undefined {
  const url = URL.parse(href.trim().replaceAll("&amp;", "&"), base);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  if (notPages.test(url.pathname)) return undefined;
  url.hash = "";
  const marks = [...url.searchParams].map(([name]) => name).filter((name) => /^(utm_|ref$|source$|gclid$)/i.test(name));
  for (const name of marks) url.searchParams.delete(name);
  url.pathname = url.pathname.replace(/\/index\.(html?|md)$/i, "/");
  return url.href;
}

const notPages =
  /\.(png|jpe?g|gif|svg|ico|webp|avif|css|m?js|map|woff2?|ttf|pdf|zip|gz|tgz|mp4|webm|mp3|xml|rss|atom|exe|dmg|json|ya?ml)$/i;

/**
 * How much a page is worth reading for somebody who writes a tool, from its address and the words of its link. Zero or less:
 * not at all.
 */
export function worth({ url, text }: PageLink, start: string): number {
  const there = new URL(url);
  const here = new URL(start);
  if (there.host !== here.host) return 0;
  const words = `${there.pathname} ${text}`.toLowerCase();
  let points = 10;
  if (isBelow(there.pathname, folderOf(here.pathname))) points += 12;
  else if (there.pathname.split("/")[1] !== here.pathname.split("/")[1] || here.pathname === "/") points -= 4;
  if (/auth|token|api.?key|credential|oauth|sign.?in/.test(words)) points += 9;
  if (/pagin|rate.?limit|throttl|errors?\b|status.?code|filter|versioning/.test(words)) points += 7;
  if (/\b(api|rest|reference|endpoints?|resources?|methods?|requests?|v\d+)\b/.test(words)) points += 6;
  if (/getting.?started|introduction|overview|quick.?start|basics/.test(words)) points += 4;
  if (
    /\b(blog|news|careers?|jobs|pricing|legal|terms|privacy|about|press|customers|events?-calendar|login|signup|sign-up|status|forum|community|contact|support|search|tag|category|author|cart|download)\b/.test(
      words,
    )
  )
    points -= 14;
  if (/change.?log|release.?notes|migrat|sdks?\b|librar|deprecat|archive|legacy|webhooks?/.test(words)) points -= 6;
  if (isOtherLanguage(there.pathname, here.pathname)) points -= 20;
  if (there.search !== "") points -= 5;
  return points - Math.max(0, there.pathname.split("/").length - 6);
}

/** `/docs/cards` lies below `/docs/`. */
function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder) || `${path}/` === folder;
}

/** `/docs` and `/docs/` are folders; `/docs/start.html` and `/docs/start` lie in `/docs/`. */
function folderOf(path: string): string {
  if (path.endsWith("/")) return path;
  const parts = path.split("/");
  const last = parts.pop() ?? "";
  return parts.length < 2 && !last.includes(".") ? `${path}/` : `${parts.join("/")}/`;
}

function isOtherLanguage(path: string, start: string): boolean {
  const language = /^\/(?:docs\/)?(de|fr|es|pt|pt-br|ja|jp|ko|zh|zh-cn|zh-tw|it|ru|nl|pl|tr|id|vi)(?=\/|$)/i;
  return language.test(path) && language.exec(start)?.[1] !== language.exec(path)?.[1];
}
