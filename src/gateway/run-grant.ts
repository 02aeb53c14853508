import { grantPattern } from "../contract/opaque-token.ts";
import { Problem } from "../contract/problem.ts";
import { type Draft, headerOf } from "./draft.ts";

const mark = "pbg_";

/**
 * Takes the run grant out of a request, wherever the tool put it: header, Basic user or password, cookie, query, body. Changes
 * the draft; what remains holds none. Undefined when there is none.
 *
 * @throws Problem `grant_invalid` when there are two different ones, `request_refused` when it stands in the path.
 */
export function takeGrant(draft: Draft): string | undefined {
  const found = new Set<string>();
  const kept: Draft["headers"] = [];
  for (const header of draft.headers) {
    const [name, value] = header;
    const inside = grantsIn(basicPlain(value) ?? value);
    for (const grant of inside) found.add(grant);
    if (inside.length === 0) kept.push(header);
    else if (name.toLowerCase() === "cookie") {
      const rest = withoutGrants(value, /;\s*/, "; ");
      if (rest !== "") kept.push([name, rest]);
    }
  }
  draft.headers = kept;
  if (draft.query !== "") {
    const readable = unescaped(draft.query);
    if (readable.includes(mark)) {
      grantsIn(readable).forEach((grant) => found.add(grant));
      draft.query = withoutGrants(draft.query, "&", "&");
    }
  }
  if (unescaped(draft.path).includes(mark)) {
    throw new Problem("request_refused", { detail: "its path holds the run's grant" });
  }
  if (draft.body) takeFromBody(draft, draft.body, found);
  if (found.size > 1) throw new Problem("grant_invalid");
  return found.values().next().value;
}

function takeFromBody(draft: Draft, body: Buffer, found: Set<string>): void {
  const isForm = /^application\/x-www-form-urlencoded/i.test(headerOf(draft.headers, "content-type") ?? "");
  if (!body.includes(mark) && !(isForm && body.includes("%"))) return;
  const text = body.toString("latin1"); // byte for byte
  const readable = isForm ? unescaped(text) : text;
  const inside = grantsIn(readable);
  if (inside.length === 0) return;
  inside.forEach((grant) => found.add(grant));
  draft.body = Buffer.from(isForm ? withoutGrants(text, "&", "&") : text.replaceAll(grantPattern, ""), "latin1");
}

function grantsIn(text: string): string[] {
  return text.includes(mark) ? (text.match(grantPattern) ?? []) : [];
}

function withoutGrants(text: string, separator: string | RegExp, joint: string): string {
  return text
    .split(separator)
    .filter((part) => grantsIn(unescaped(part)).length === 0)
    .join(joint);
}

function basicPlain(value: string): string | undefined {
  const encoded = /^basic\s+([A-Za-z0-9+/_=-]+)\s*$/i.exec(value)?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("latin1");
}

function unescaped(text: string): string {
  return text.includes("%")
    ? text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
}
