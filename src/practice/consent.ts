/**
 * Goes through sign-in and consent at the practice service as a browser would: follows redirects, keeps cookies, sends
 * forms. For tests and the demo.
 *
 * @param cookies  The browser's, kept up to date. Absent: a fresh browser.
 * @returns The redirect URI with its parameters (`code` and `state`, or `error`); it is not followed.
 */
export async function consentLikeABrowser(
  authorizationUrl: string,
  choice: { person: "ana" | "ben"; allow: boolean },
  cookies: Map<string, string> = new Map(),
): Promise<string> {
  const origin = new URL(authorizationUrl).origin;
  let address = new URL(authorizationUrl);
  let form: URLSearchParams | undefined;

  for (let step = 0; step < 10; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(address, {
      redirect: "manual",
      headers: cookie ? { cookie } : {},
      ...(form && { method: "POST", body: form }),
    });
    keep(cookies, response.headers.getSetCookie());
    const text = await response.text();

    const location = response.headers.get("location");
    if (location !== null) {
      const next = new URL(location, address);
      if (next.origin !== origin || !next.pathname.startsWith("/oauth/")) return next.href;
      [address, form] = [next, undefined];
    } else if (response.ok) {
      form = fill(text, choice);
    } else {
      const words = text
        .replaceAll(/<head>.*<\/head>|<[^>]+>/gs, " ")
        .replaceAll(/\s+/g, " ")
        .trim();
      throw new Error(`The practice service answered ${response.status} at ${address.pathname}: ${words}`);
    }
  }
  throw new Error("The sign-in did not come to an end.");
}

/** Presses the button of the person, or Allow or Deny, whichever this page has. */
function fill(html: string, { person, allow }: { person: string; allow: boolean }): URLSearchParams {
  const attribute = (tag: string, name: string) => tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? "";
  const pairs = (tags: RegExp) =>
    [...html.matchAll(tags)].map(([tag]): [string, string] => [attribute(tag, "name"), attribute(tag, "value")]);
  const wanted = [person, allow ? "allow" : "deny"];
  const button = pairs(/<button\b[^>]*>/g).find(([, value]) => wanted.includes(value));
  if (!button) throw new Error(`This page has no button for ${wanted.join(" or ")}.`);
  return new URLSearchParams([...pairs(/<input\b[^>]*>/g), button]);
}

/** Keeps cookies by name; one that has run out is forgotten. Paths matter here only for deletion, which comes in order. */
function keep(cookies: Map<string, string>, set: string[]) {
  for (const line of set) {
    const [name = "", value = ""] = line.split(";", 1)[0]?.split(/=(.*)/s) ?? [];
    if (/expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
  }
}
