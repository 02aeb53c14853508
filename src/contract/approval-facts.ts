import type { Approval } from "./approval.ts";
import { showHidden } from "./marked-data.ts";

export type Fact = { label: string; value: string };

/** What a request will do, in words: what it is about ("Buy milk"), and the other things it says. */
export type ApprovalFacts = { title: string; subject: string | undefined; facts: Fact[] };

/**
 * Reads a request as a person would tell it. `names` are the names the same service gave its ids in this conversation: an id
 * that has one is shown with it. Everything here also stands in the request itself, which is shown underneath.
 */
export function approvalFacts(approval: Approval, names: ReadonlyMap<string, string> = new Map()): ApprovalFacts {
  const { request, operation, summary } = approval;
  const title = (summary || operation).replace(/\.$/, "");
  const said = [...fieldsOf(request.body, request.contentType), ...fieldsOf(request.query, "form-urlencoded")];
  const subjectAt = said.findIndex(({ label, value }) => subjects.has(plain(label)) && value.trim() !== "");
  const things = thingsIn(request.path, names);
  const subject = said[subjectAt]?.value ?? things.at(-1)?.value;
  const rest = said
    .filter((_, index) => index !== subjectAt)
    .map(({ label, value }) => ({ label: readable(label), value: named(value, names) }));
  return {
    title,
    subject: subject?.slice(0, 120),
    facts: [...(subjectAt >= 0 ? things : things.slice(0, -1)), ...rest].slice(0, 8),
  };
}

const subjects = new Set(["name", "title", "subject", "summary", "text", "message", "content", "body", "email", "to"]);
const plain = (label: string) => label.toLowerCase().replace(/[^a-z]/g, "");

/** `list_id` and `idList` are both the list. */
function readable(label: string): string {
  const words = label
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[_.-]+/g, " ")
    .trim()
    .toLowerCase();
  return words.replace(/^id (?=\S)|(?<=\S) ids?$/g, "") || label;
}

const named = (value: string, names: ReadonlyMap<string, string>) => {
  const name = names.get(value);
  return name === undefined ? value : `${name} (${value})`;
};

/** The ids in a path whose names are known: `/cards/crd_1` is the card "Buy milk". */
function thingsIn(path: string, names: ReadonlyMap<string, string>): Fact[] {
  const parts = path.split("/").map(decoded);
  return parts.flatMap((part, index) => {
    const name = names.get(part);
    return name === undefined ? [] : [{ label: (parts[index - 1] ?? "of").replace(/s$/, ""), value: name }];
  });
}

function fieldsOf(text: string | null, contentType: string | null): Fact[] {
  if (!text) return [];
  if (contentType?.includes("json")) return fieldsOfJson(text);
  if (!contentType?.includes("form-urlencoded")) return [];
  return [...new URLSearchParams(text.replace(/^\?/, ""))].map(([label, value]) => ({ label, value: short(value) }));
}

function fieldsOfJson(text: string): Fact[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return [];
  }
  // A field that stands there twice has no one value that could be told; the request itself shows both.
  if (!isRecord(body) || namesTwice(text)) return [];
  // Some services want everything inside one envelope: `{"card": {…}}`.
  const [[key, inner] = [], ...others] = Object.entries(body);
  const fields = others.length === 0 && isRecord(inner) && key !== undefined ? inner : body;
  return Object.entries(fields).flatMap(([label, value]) =>
    value === null || value === undefined ? [] : [{ label, value: short(textOf(value)) }],
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function textOf(value: unknown): string {
  if (typeof value === "object") return JSON.stringify(value);
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

/** Whether any object in this JSON names a field twice. */
function namesTwice(json: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const name = String(JSON.parse(last));
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
    last = token;
  }
  return false;
}

const short = (said: string) => {
  const text = showHidden(said);
  return text.length > 200 ? `${text.slice(0, 199).toWellFormed()}…` : text;
};

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
