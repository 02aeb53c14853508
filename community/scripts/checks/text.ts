import { type Fault, type Files, lineAt } from "./fault.ts";
import { domainOf } from "./hosts.ts";
import { isPrivateHost } from "./private-host.ts";

/**
 * What may stand in no file: letters that hide, secrets, people's data, addresses inside somebody's network. No fault repeats the
 * secret it found. `family`: the service's own domains, whose desks (support@…) may be named.
 */
export function textFaults(files: Files, family: string[]): Fault[] {
  return Object.entries(files).flatMap(([file, text]) => {
    const long = text.split(/\s+/).find((word) => word.length > longestWord);
    // The patterns would take minutes over it.
    if (long !== undefined)
      return [{ file, line: lineAt(text, text.indexOf(long)), text: `${long.length} letters without a blank` }];
    return patternFaults(file, text, family);
  });
}

const longestWord = 5000;

function patternFaults(file: string, text: string, family: string[]): Fault[] {
  return [
    ...rules.flatMap(({ pattern, why, unless }) =>
      [...text.matchAll(pattern)]
        .filter(([found]) => !unless?.test(found))
        .map((match) => ({ file, line: lineAt(text, match.index), text: why })),
    ),
    ...[...text.matchAll(/[\w.%+-]+@[\w-]+(?:\.[\w-]+)+/g)]
      .filter(([address]) => !isNobodys(address, family))
      .map((match) => ({ file, line: lineAt(text, match.index), text: "an e-mail address: use one of example.com" })),
    ...[...text.matchAll(/\bhttps?:\/\/([^\s/?#"'`<>()\\]+)/gi)]
      .filter(([, host = ""]) => isPrivateHost(host.slice(host.indexOf("@") + 1)))
      .map((match) => ({ file, line: lineAt(text, match.index), text: `${match[1]} is not a public host` })),
  ];
}

/** An example, or a desk of the service itself. */
function isNobodys(address: string, family: string[]): boolean {
  const [desk = "", domain = ""] = address.toLowerCase().split("@");
  if (/(?:^|\.)example(?:\.(?:com|org|net|edu))?$/.test(domain)) return true;
  return (
    /^(?:support|help|api|developers?|contact|info|security|legal|sales|hello|feedback|team|no-?reply)$/.test(desk) &&
    family.includes(domainOf(domain))
  );
}

const secrets: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/g, "a private key"],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "an AWS access key"],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g, "a GitHub token"],
  [/\bglpat-[\w-]{16,}/g, "a GitLab token"],
  [/\bxox[abeoprs]-[\w-]{10,}/g, "a Slack token"],
  [/\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}/g, "a Google key"],
  [/\b(?:sk|rk|pk)_(?:live|test)_\w{8,}/g, "a Stripe key"],
  [/\bsk-[\w-]{20,}/g, "an API key"],
  [/\bSG\.[\w-]{16,}\.[\w-]+/g, "a SendGrid key"],
  [/\blin_api_\w{20,}|\bshpat_\w{20,}|\bATTA[0-9a-f]{32,}/gi, "a service's token"],
  [/\bpb[gslko]_[\w-]{22}_[\w-]{43}/g, "a Patchbay token"],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}/g, "a signed token (JWT)"],
  [/\b(?:Bearer|Basic)\s+(?=[\w+/.~=-]*\d)[\w+/.~=-]{20,}/g, "an Authorization value"],
  [/:\/\/[^\s/@:{}"'`]+:[^\s/@{}"'`]+@/g, "a password in an address"],
  [
    /\b\w*(?:api_?key|token|secret|passw(?:or)?d)\w*["']?\s*[:=]\s*["'`](?=[^"'`]*\d)(?=[^"'`]*[A-Za-z])[\w+/.=-]{16,}["'`]/gi,
    "a value after a secret's name",
  ],
];

const rules: { pattern: RegExp; why: string; unless?: RegExp }[] = [
  {
    pattern: /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u00ad\u061c\u180e\u{e0000}-\u{e007f}]/gu,
    why: "a hidden or bidirectional character",
  },
  { pattern: /(?![\t\n])\p{Cc}/gu, why: "a control character" },
  {
    pattern: /\\u(?:200[b-f]|202[a-e]|206\w|feff)|\\x[0-9a-f]{2}|\\u\{?00[2-7]\w/gi,
    why: "an escaped letter: write it as it is",
  },
  ...secrets.map(([pattern, what]) => ({ pattern, why: `looks like a secret: ${what}` })),
  {
    pattern: /\b(?=[\w+/-]*\d)(?=[\w+/-]*[A-Za-z])[A-Za-z0-9+/_-]{32,}\b/g,
    why: "looks like a secret, or encoded text",
    unless: /^[a-z]+(?:[/_-][a-z0-9]+)+$|\/\/|^[A-Za-z]+(?:\/[A-Za-z0-9_-]*)+$|^\/?(?:[\w-]{1,31}\/)+[\w-]{0,31}$/,
  },
  { pattern: /\+\d[\d ()-]{8,}\d/g, why: "a phone number: use +1500555…", unless: /^\+1500555/ },
  {
    pattern:
      /\b(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b|\blocalhost\b|[\w-]\.(?:internal|local|lan|corp|home)\b/g,
    why: "an address inside a private network",
  },
  { pattern: /(?:\/home\/|\/Users\/|[A-Z]:\\Users\\)\w+/g, why: "a path of somebody's machine" },
];
