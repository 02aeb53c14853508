import { type Fault, type Files, lineAt } from "./fault.ts";

/** What may stand in no file: letters that hide, secrets, people's data, addresses inside somebody's network. */
export function textFaults(files: Files): Fault[] {
  return Object.entries(files).flatMap(([file, text]) =>
    [...rules].flatMap(({ pattern, why, unless }) =>
      [...text.matchAll(pattern)]
        .filter(([found]) => !unless?.test(found))
        .map((match) => ({ file, line: lineAt(text, match.index), text: why })),
    ),
  );
}

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
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY/g, why: "a private key" },
  {
    pattern:
      /\b(?:[sr]k_(?:live|test)_\w{8,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|glpat-[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]+|lin_api_\w{20,}|shpat_\w{20,}|ya29\.[\w-]{20,})/g,
    why: "looks like a secret",
  },
  { pattern: /\beyJ[\w-]{10,}\.[\w-]{10,}/g, why: "looks like a signed token" },
  {
    pattern: /\b(?=[\w+/-]*\d)(?=[\w+/-]*[A-Za-z])[A-Za-z0-9+/_-]{32,}\b/g,
    why: "looks like a secret or encoded text",
    unless: /^[a-z]+(?:[/_-][a-z0-9]+)+$|\/\/|^[A-Za-z]+(?:\/[A-Za-z0-9_-]*)+$|^\/?(?:[\w-]{1,31}\/)+[\w-]{0,31}$/,
  },
  {
    pattern: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
    why: "an e-mail address: use one of example.com",
    unless: /@(?:[\w-]+\.)*example\.(?:com|org|net)$/,
  },
  { pattern: /\+\d[\d ()-]{8,}\d/g, why: "a phone number: use +1500555…", unless: /^\+1500555/ },
  {
    pattern:
      /\b(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b|\blocalhost\b|[\w-]\.(?:internal|local|lan|corp|home)\b/g,
    why: "an address inside a private network",
  },
  { pattern: /(?:\/home\/|\/Users\/|[A-Z]:\\Users\\)\w+/g, why: "a path of somebody's machine" },
];
