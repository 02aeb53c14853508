/**
 * Opens a sign-in address as a browser would, with its cookies, until it is sent back to our redirect URI.
 *
 * @returns the redirect as it would reach the front door.
 */
export async function openAsBrowser(
  start: string,
  redirectUri = /\/oauth\/callback\/([^/?]+)/,
): Promise<{ url: URL; slug: string; parameters: URLSearchParams }> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  for (let hops = 0; hops < 15; hops += 1) {
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    if (location === null)
      throw new Error(`the sign-in page answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
    await answer.body?.cancel();
    url = new URL(location, url);
    const slug = redirectUri.exec(url.pathname)?.[1];
    if (slug !== undefined) return { url, slug, parameters: url.searchParams };
  }
  throw new Error("too many redirects");
}
