import type { Entry } from "./convert-entry.ts";
import { namesIn, urlsOf } from "./convert-entry.ts";

/** Values a person could type for an entry's variables: what its addresses need, shaped after place and pattern. */
export function valuesThatFit(entry: Entry): Record<string, string> {
  const { quirks } = entry;
  const brought = new Set([...(quirks.redirect_uri_metadata ?? []), ...(quirks.token_response_metadata ?? [])]);
  for (const name of namesIn(entry.authUrl)) brought.delete(name);
  const urls = urlsOf(entry);
  const told = new Map(entry.connectionConfig.map((each) => [each.name, each]));
  const parameters = [quirks.authorization_params, quirks.token_params, quirks.refresh_params].flatMap((each) =>
    Object.values(each ?? {}).map(String),
  );
  const values: Record<string, string> = {};
  const give = (name: string) => {
    // The server that protects itself (RFC 9728) has no address in such lists: it is the API.
    if (entry.mode === "MCP_OAUTH2_GENERIC" && namesIn(entry.apiBaseUrl).includes(name)) {
      values[name] = `https://api.${entry.slug}.invalid/`;
      return;
    }
    const { pattern, options, default: usual } = told.get(name) ?? {};
    values[name] = usual || options?.[0] || fitting(pattern, candidatesFor(name, urls, entry.slug));
  };

  for (const name of [...urls, ...parameters].flatMap(namesIn)) {
    if (name === "random" || brought.has(name) || values[name] !== undefined) continue;
    const { optional, automated } = told.get(name) ?? {};
    const inUrl = urls.some((url) => namesIn(url).includes(name));
    if (!optional && (inUrl || !automated)) give(name);
  }
  // An address all of whose spellings need something optional.
  for (const url of urls) {
    const known = (name: string) => values[name] !== undefined || brought.has(name);
    if (!url.split("||").some((each) => namesIn(each).every(known)))
      for (const name of namesIn(url)) if (!brought.has(name)) give(name);
  }
  for (const [name, { optional, automated }] of told) {
    if (!optional && !automated && !brought.has(name) && values[name] === undefined) give(name);
  }
  return values;
}

/** From the most particular place a name stands in. */
function candidatesFor(name: string, urls: string[], slug: string): string[] {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const stands = (form: string) =>
    urls.some((url) =>
      url
        .split("||")
        .some((each) =>
          new RegExp(form.replace("NAME", String.raw`\$\{(?:connectionConfig\.)?${escaped}\}`)).test(each.trim()),
        ),
    );
  const host = `${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")}.${slug}.example.com`;
  if (stands("^NAME")) return [`https://${host}`, host, ...usual];
  if (stands("^https://NAME(/|$)")) return [host, ...usual];
  return usual;
}

const usual = [
  "acme",
  "acme.example.com",
  "eu",
  "us1",
  "com",
  "12345678901",
  "https://acme.example.com",
  "eu-west-1",
  "0b1c2d3e-1111-4222-8333-444455556666",
  "AB123",
];

function fitting(pattern: string | undefined, candidates: string[]): string {
  const [first = "acme"] = candidates;
  if (pattern === undefined) return first;
  const regex = new RegExp(`^(?:${pattern})$`);
  const made = Array.from({ length: 40 }, (_, turn) => sample(pattern, turn));
  const found = [...candidates, ...made].find((each) => regex.test(each));
  if (found === undefined) throw new Error(`no value was found that fits ${pattern}`);
  return found;
}

/**
 * A text that most likely matches a regular expression: literals, classes, groups, alternatives and repetitions. What looks
 * ahead or behind is left to the test afterwards; each `turn` chooses otherwise.
 */
function sample(pattern: string, turn: number): string {
  let at = 0;
  let choice = turn;
  const pick = <T>(list: T[]): T | undefined => {
    const chosen = list[choice % Math.max(list.length, 1)];
    choice = Math.floor(choice / Math.max(list.length, 1));
    return chosen;
  };
  return alternatives();

  function alternatives(): string {
    const parts = [sequence()];
    while (pattern[at] === "|") {
      at += 1;
      parts.push(sequence());
    }
    return pick(parts) ?? "";
  }

  function sequence(): string {
    let text = "";
    while (at < pattern.length && pattern[at] !== "|" && pattern[at] !== ")") {
      const start = at;
      const once = atom();
      const end = at;
      const [least, most] = repetition();
      text += once;
      if (least === 0 && most > 0 && turn % 2 === 0) text = text.slice(0, text.length - once.length);
      for (let count = 1; count < (least === 1 && most > 8 ? 6 : least); count += 1) {
        const after = at;
        at = start;
        text += atom();
        at = after;
      }
      if (end < start) break;
    }
    return text;
  }

  function atom(): string {
    const sign = pattern[at++];
    if (sign === "^" || sign === "$") return "";
    if (sign === ".") return "a";
    if (sign === "\\") return escape(pattern[at++] ?? "");
    if (sign === "[") return set();
    if (sign !== "(") return sign ?? "";
    const look = /^\?(?:[=!]|<[=!])/.exec(pattern.slice(at));
    const prefix = /^\?(?::|<[a-zA-Z]\w*>)/.exec(pattern.slice(at));
    at += (look ?? prefix)?.[0].length ?? 0;
    const inner = alternatives();
    at += 1;
    return look ? "" : inner;
  }

  function set(): string {
    const close = pattern.indexOf("]", at + (pattern[at] === "]" || pattern.startsWith("^]", at) ? 2 : 1));
    const body = pattern.slice(at, close);
    at = close + 1;
    const one = new RegExp(`^[${body}]$`);
    return ["a", "b", "A", "1", "5", "-", "_", ".", "/", " "].find((each) => one.test(each)) ?? body[0] ?? "";
  }

  function repetition(): [number, number] {
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(pattern.slice(at));
    if (!found) return [1, 1];
    at += found[0].length;
    if (found[1]) return found[1] === "+" ? [1, 99] : found[1] === "*" ? [0, 99] : [0, 1];
    const least = Number(found[2]);
    return [least, found[3] ? (found[4] ? Number(found[4]) : 99) : least];
  }
}

function escape(letter: string): string {
  return ({ d: "5", w: "a", s: " ", D: "a", W: "-", S: "a", b: "" } as Record<string, string>)[letter] ?? letter;
}
