import type { GuardedFetch } from "../../src/gateway/guarded-fetch.ts";

const hopsAtMost = 10;

/**
 * Opens a sign-in address as a browser would, and follows it until it comes back to us. What stands behind `#` no browser sends;
 * it travels in a header, for servers whose page would read it.
 */
export async function signInAsBrowser(
  fetch: GuardedFetch,
  start: string,
): Promise<{ slug: string; parameters: URLSearchParams }> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  for (let hop = 0; hop < hopsAtMost; hop += 1) {
    const own = cookies.get(url.host);
    const answer = await fetch(url.href.replace(/#.*$/, ""), {
      headers: {
        accept: "text/html",
        ...(own === undefined ? {} : { cookie: own }),
        ...(url.hash === "" ? {} : { "x-fragment": url.hash.slice(1) }),
      },
      redirects: "follow",
    });
    const text = await answer.text();
    const location = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || location === null)
      throw new Error(`the sign-in page answered ${answer.status}: ${text.slice(0, 400)}`);
    const set = answer.headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]);
    if (set.length > 0) cookies.set(url.host, [own, ...set].filter(Boolean).join("; "));
    const next = new URL(location, url);
    const slug = /^\/oauth\/callback\/([^/]+)$/.exec(next.pathname)?.[1];
    if (slug !== undefined) return { slug, parameters: next.searchParams };
    url = next;
  }
  throw new Error(`the sign-in did not come back within ${hopsAtMost} redirects`);
}
