import type { Secret } from "../contract/secret.ts";
import { type Placement, basic } from "./place.ts";

/** What stands where a credential stood. */
export const shownInstead = "[secret]";
const shownBytes = Buffer.from(shownInstead);

/** Shorter texts are everywhere; taking them out would harm answers and hide nothing. */
const shortest = 6;

/** Finds a set of texts in bytes that arrive in pieces. */
export type Redactor = {
  text(value: string): string;
  /** Whether one of them stands in a header's name, where large letters have become small ones. */
  isIn(name: string): boolean;
  /** A whole body at once. */
  whole(body: Buffer): Buffer;
  stream(): { push(chunk: Buffer): Buffer; end(): Buffer };
};

const formsOf = new WeakMap<Secret, string[]>();
const redactors = new WeakMap<Placement[], Redactor>();

/** Knows the credential of a request in the spellings in which services echo one: plain, escaped for URLs and JSON, Base64. */
export function credentialRedactor(placements: Placement[]): Redactor {
  const known = redactors.get(placements);
  if (known) return known;
  const user = placements.find(({ place }) => place.in === "basic_user")?.secret;
  const password = placements.find(({ place }) => place.in === "basic_password")?.secret;
  const texts = placements.flatMap(({ place, secret }) => {
    // An e-mail address beside a password names the account, which answers are full of.
    if (place.in === "basic_user" && password && secret.reveal().includes("@")) return [];
    const known = formsOf.get(secret);
    if (known) return known;
    const forms = spellings(secret.reveal());
    formsOf.set(secret, forms);
    return forms;
  });
  if (user || password) texts.push(basic(user?.reveal() ?? "", password?.reveal() ?? "").slice("Basic ".length));
  const made = redactor(texts);
  redactors.set(placements, made);
  return made;
}

/** Takes these texts out of bytes; longer ones first, so that none leaves its end standing. */
export function redactor(texts: string[]): Redactor {
  const sought = [...new Set(texts)].filter((text) => text.length >= shortest).toSorted((a, b) => b.length - a.length);
  const needles = sought.map((text) => Buffer.from(text, "utf8"));
  const small = sought.map((text) => text.toLowerCase());

  const whole = (body: Buffer): Buffer => {
    const found = matches(body, needles);
    return found.length === 0 ? body : cut(body, found, body.length);
  };
  return {
    whole,
    text: (value) =>
      sought.some((text) => value.includes(text)) ? whole(Buffer.from(value, "utf8")).toString("utf8") : value,
    isIn: (name) => name.length >= shortest && small.some((text) => name.toLowerCase().includes(text)),
    stream: () => {
      let held: Buffer = Buffer.alloc(0);
      return {
        push: (chunk) => {
          const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
          const found = matches(bytes, needles);
          const beginning = beginningAtEnd(bytes, needles);
          // What was found may itself be the beginning of something longer: then it waits too.
          const waiting = found.find(([, to]) => to > beginning);
          const ready = Math.min(beginning, waiting?.[0] ?? beginning);
          held = bytes.subarray(ready);
          const whole = found.filter(([, to]) => to <= ready);
          return whole.length === 0 ? bytes.subarray(0, ready) : cut(bytes, whole, ready);
        },
        end: () => {
          const rest = held;
          held = Buffer.alloc(0);
          return whole(rest);
        },
      };
    },
  };
}

/** Places of the needles in order, none over another. */
function matches(bytes: Buffer, needles: Buffer[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (const needle of needles) {
    for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + needle.length)) {
      const end = at + needle.length;
      if (!found.some(([from, to]) => at < to && end > from)) found.push([at, end]);
    }
  }
  return found.length < 2 ? found : found.toSorted((a, b) => a[0] - b[0]);
}

function cut(bytes: Buffer, found: [number, number][], until: number): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const [start, end] of found) {
    pieces.push(bytes.subarray(from, start), shownBytes);
    from = end;
  }
  pieces.push(bytes.subarray(from, Math.max(from, until)));
  return Buffer.concat(pieces);
}

/** Where the end begins that may be the beginning of a needle; the length when there is none. */
function beginningAtEnd(bytes: Buffer, needles: Buffer[]): number {
  let earliest = bytes.length;
  for (const needle of needles) {
    const first = needle[0] ?? 0;
    let at = bytes.indexOf(first, Math.max(0, bytes.length - needle.length + 1));
    while (at !== -1 && at < earliest) {
      if (bytes.compare(needle, 0, bytes.length - at, at) === 0) {
        earliest = at;
        break;
      }
      at = bytes.indexOf(first, at + 1);
    }
  }
  return earliest;
}

function spellings(secret: string): string[] {
  if (secret.length < shortest) return [];
  const json = JSON.stringify(secret).slice(1, -1);
  const percent = encodeURIComponent(secret);
  const form = new URLSearchParams({ a: secret }).toString().slice(2);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const bytes = Buffer.from(secret, "utf8");
  const forms = [
    secret,
    percent,
    inSmallLetters(percent),
    encodeURIComponent(percent),
    form,
    inSmallLetters(form),
    json,
    json.replaceAll("/", String.raw`\/`),
    json.replaceAll(/[&<>]/g, (one) => escapeOf(one)), // Go
    json.replaceAll(/[&<>+'`]/g, (one) => escapeOf(one).toUpperCase().replace("U", "u")), // .NET
    html.replaceAll('"', "&quot;"),
    html.replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    html.replaceAll('"', "&quot;").replaceAll("'", "&#x27;"),
    secret.replaceAll(/[^\w.~ -]/gu, (one) => `&#${one.codePointAt(0)};`),
    secret.replaceAll(/[&<>"'+]/g, (one) => (one === "&" ? "&amp;" : `&#${one.codePointAt(0)};`)), // Go
    secret.replaceAll(/[&"'+]/g, (one) => `&#${one.codePointAt(0)};`),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
  ];
  // Base64 of anything that holds the secret: three alignments, without the characters its neighbours decide.
  for (let before = 0; before < 3; before += 1) {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret, "utf8")]);
    const from = [0, 2, 3][before] ?? 0;
    const whole = Math.floor((bytes.length * 8) / 6);
    const core = bytes.toString("base64").slice(from, whole);
    if (core.length >= 10) forms.push(core, core.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

/** `%2F` as some write it: `%2f`. */
function inSmallLetters(text: string): string {
  return text.replaceAll(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());
}

function escapeOf(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
