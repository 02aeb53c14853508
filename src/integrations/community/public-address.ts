import { z } from "zod";

const Config = z.object({ docsUrl: z.string().optional(), hosts: z.array(z.string()) });

/**
 * The address of a document as everybody may see it: on a host the integration names anyway, without its query, and with no part
 * that could be a key. Undefined where it is another's to know.
 */
export function publicAddress(address: string | undefined, config: string): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { protocol, hostname, port, pathname, username, password } = new URL(address);
  const { docsUrl, hosts } = Config.parse(JSON.parse(config));
  const named = [...hosts, ...(docsUrl && URL.canParse(docsUrl) ? [new URL(docsUrl).hostname] : [])];
  const isOpen = protocol === "https:" && `${port}${username}${password}` === "" && named.includes(hostname);
  const holdsKey = pathname.split("/").some((part) => /^(?=.*\d)[\w.~%+=-]{24,}$/.test(part));
  return isOpen && !holdsKey ? `https://${hostname}${pathname}` : undefined;
}
