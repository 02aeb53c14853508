import { isIP } from "node:net";
import { Problem } from "../contract/problem.ts";

/** A host as the house writes it: lower case, IPv6 in brackets, the port only when it is not 443. */
export type Host = {
  /** `api.example.com`, `127.0.0.1:4801`, `[2606:4700::1111]`: what declared hosts are compared with. */
  text: string;
  /** Without port and brackets: a name or an address. */
  name: string;
  isAddress: boolean;
  port: number | undefined;
};

const written = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?)(?::([1-9]\d{0,4}))?$/;

/**
 * Reads `name[:port]`. Only the plain spelling is taken: what a URL parser would turn into something else (decimal, octal or
 * hex addresses, full-width letters, trailing dots, user names) is refused rather than understood.
 *
 * @throws Problem `host_refused`
 */
export function readHost(text: string): Host {
  const known = recent.get(text);
  if (known) return known;
  const host = parseHost(text);
  if (recent.size >= recentAtMost) recent.clear();
  recent.set(text, host);
  return host;
}

const recent = new Map<string, Host>();
const recentAtMost = 1000;

function parseHost(text: string): Host {
  const lower = text.toLowerCase();
  const match = written.exec(lower);
  const spelled = match?.[1];
  if (!match || !spelled || spelled.includes("..")) throw new Problem("host_refused", { host: shown(text) });
  const url = URL.parse(`https://${lower}/`);
  if (!url || url.hostname !== spelled) throw new Problem("host_refused", { host: shown(text) });
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && port > 65_535) throw new Problem("host_refused", { host: shown(text) });
  const name = spelled.startsWith("[") ? spelled.slice(1, -1) : spelled;
  return {
    text: port === undefined || port === 443 ? spelled : `${spelled}:${port}`,
    name,
    isAddress: isIP(name) !== 0,
    port: port === 443 ? undefined : port,
  };
}

/** A host that somebody else wrote, fit for a message: short, and nothing but plain letters. */
function shown(text: string): string {
  return text.replaceAll(/[^\w.:[\]@%-]/g, "?").slice(0, 80);
}
