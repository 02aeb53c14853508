import { isIP } from "node:net";
import type { Secret } from "../contract/secret.ts";

type Shared = {
  files: { path: string; content: string }[];
  hosts: string[];
  secrets: Secret[];
  /** Texts that belong to people of the tenant. */
  personal: string[];
};

/** Everything in these files that must not be public, each with its file and line; no fault repeats the secret it found. */
export function findFaults({ files, hosts, secrets, personal }: Shared): string[] {
  const faults = hosts.filter(isPrivateHost).map((host) => `${host} is not a public host, so nobody else could use it`);
  for (const { path, content } of files) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    for (const [at, line] of content.split("\n").entries()) {
      const where = `${name}, line ${at + 1}`;
      for (const [pattern, what] of secretPatterns) if (pattern.test(line)) faults.push(`${where}: ${what}`);
      for (const host of hostsIn(line)) {
        if (isPrivateHost(host)) faults.push(`${where}: ${host} is not a public host`);
      }
      for (const address of addressesIn(line)) {
        if (!isPublicAddress(address, hosts)) faults.push(`${where}: ${address} is somebody's e-mail address`);
      }
      if (/(?:\/home\/|\/Users\/|[A-Z]:\\Users\\)[\w.-]+/.test(line))
        faults.push(`${where}: a folder of somebody's machine`);
      for (const text of personal) {
        if (text.length >= 4 && line.toLowerCase().includes(text.toLowerCase())) {
          faults.push(`${where}: it names one of your people or accounts`);
        }
      }
    }
    for (const form of secrets.flatMap(formsOf)) {
      if (content.includes(form)) faults.push(`${name}: it holds a secret of one of your connections`);
    }
  }
  return [...new Set(faults)];
}

const secretPatterns: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, "an AWS access key"],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/, "a GitHub token"],
  [/\bglpat-[A-Za-z0-9_-]{20,}/, "a GitLab token"],
  [/\bxox[abeoprs]-[A-Za-z0-9-]{10,}/, "a Slack token"],
  [/\bAIza[A-Za-z0-9_-]{35}/, "a Google API key"],
  [/\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}/, "a Stripe key"],
  [/\bsk-[A-Za-z0-9_-]{20,}/, "an API key"],
  [/\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/, "a SendGrid key"],
  [/\bATTA[0-9a-f]{32,}/i, "a Trello token"],
  [/\bpb[gslko]_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{43}/, "a Patchbay token"],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/, "a signed token (JWT)"],
  [/\b(?:Bearer|Basic)\s+(?=[A-Za-z0-9+/_.~=-]*\d)[A-Za-z0-9+/_.~=-]{20,}/, "an Authorization value"],
  [/:\/\/[^\s/@:{}"'`]+:[^\s/@{}"'`]+@/, "a password in an address"],
  [
    /\b\w*(?:api_?key|token|secret|passw(?:or)?d)\w*["']?\s*[:=]\s*["'`](?=[^"'`]*\d)(?=[^"'`]*[A-Za-z])[A-Za-z0-9+/_.=-]{16,}["'`]/i,
    "a value that looks like a secret",
  ],
];

/** The forms a secret may take in a text. */
function formsOf(secret: Secret): string[] {
  const text = secret.reveal();
  if (text.length < 6) return []; // "none", "x": found everywhere
  const bytes = Buffer.from(text, "utf8");
  return [text, encodeURIComponent(text), bytes.toString("base64"), bytes.toString("base64url"), bytes.toString("hex")];
}

function hostsIn(line: string): string[] {
  return [...line.matchAll(/\bhttps?:\/\/([^\s/?#"'`<>()\\]+)/gi)].map(([, host = ""]) =>
    host.slice(host.indexOf("@") + 1),
  );
}

/** Not a name of the public internet. A port means one machine's own service; a `{variable}` is asked of each person. */
function isPrivateHost(text: string): boolean {
  const host = text.toLowerCase().replace(/\{[^}]*\}/g, "x");
  if (text.startsWith("{") && /^\{[^}]*\}$/.test(text)) return false; // self-hosted services are wherever they are
  const name = host.replace(/:443$/, "").replace(/\.$/, "");
  if (name.includes(":") || name.includes("[")) return true; // another port, or IPv6
  if (isIP(name) !== 0 || /^(?:0x[\da-f]+|\d+)(?:\.(?:0x[\da-f]+|\d+))*$/.test(name)) return true;
  if (!name.includes(".")) return true;
  return /\.(?:local|localhost|localdomain|internal|intranet|lan|home|corp|private|test|invalid|home\.arpa)$/.test(
    name,
  );
}

function addressesIn(line: string): string[] {
  return [...line.matchAll(/\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b/g)].map(
    ([address]) => address,
  );
}

/** An example, or a desk of the service itself. */
function isPublicAddress(address: string, hosts: string[]): boolean {
  const [desk = "", domain = ""] = address.toLowerCase().split("@");
  if (/(?:^|\.)example(?:\.(?:com|org|net|edu))?$/.test(domain)) return true;
  const isDesk =
    /^(?:support|help|api|developers?|contact|info|security|legal|sales|hello|feedback|team|noreply|no-reply)$/.test(
      desk,
    );
  const own = hosts.some(
    (host) => host.toLowerCase().split(".").slice(-2).join(".") === domain.split(".").slice(-2).join("."),
  );
  return isDesk && own;
}
