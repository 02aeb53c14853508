import { z } from "zod";
import { isStopWord, stem, verbsOf, wordsOf } from "./words.ts";

/** What a search says of an operation. */
export const Candidate = z.object({
  slug: z.string(),
  name: z.string(),
  access: z.enum(["read", "write"]),
  summary: z.string(),
  /** What its path asks for. */
  needs: z.array(z.string()),
});
export type Candidate = z.infer<typeof Candidate>;

const Input = z.object({
  in: z.string().optional(),
  type: z.string().default("string"),
  items: z.string().optional(),
  enum: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
  required: z.boolean().default(false),
  default: z.unknown().optional(),
  help: z.string().optional(),
});
export type Input = z.infer<typeof Input>;

/** What is needed to fill in an operation and run it: the tool's own description, cut to size. */
export const Described = z.object({
  access: z.enum(["read", "write"]),
  requests: z.array(z.string()).default([]),
  // jq writes null where a tool says nothing.
  summary: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  paged: z.boolean().default(false),
  input: z.record(z.string(), Input).default({}),
});
export type Described = z.infer<typeof Described>;

/** What to call an operation before people: its summary, unless that only repeats the request. */
export function labelOf({ name, summary }: Pick<Candidate, "name" | "summary">): string {
  return summary === "" || /^[A-Z]+ \//.test(summary) ? name.replaceAll("-", " ") : summary;
}

/** Asks a tool for the description of one operation; the filter keeps it short. */
export function describeCommand(slug: string, operation: string): string {
  const filter = [
    `.operations[${JSON.stringify(operation)}]`,
    "{access, requests, summary, paged: (.pages != null), input: ((.input // {}) | to_entries | sort_by(.value.required != true) | .[0:24]",
    "map({key, value: (.value | {in, type, items, required, default, enum: (if .enum then .enum[0:(if .required then 40 else 12 end)] else null end), help: (if .help then .help[0:(if .required then 160 else 60 end)] else null end)}",
    "with_entries(select(.value != null)))}) | from_entries)}",
  ].join(" | ");
  return `${slug} --describe | jq -c ${quoted(filter)}`;
}

/** The inputs of an operation in the order they are asked: what the path holds first. */
export function inputsOf(described: Described): { name: string; input: Input }[] {
  const path = described.requests[0] ?? "";
  const inPath = [...path.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? "");
  const known = Object.entries(described.input).map(([name, input]) => ({ name, input }));
  const missing = inPath
    .filter((name) => !known.some((one) => one.name === name || plain(one.name) === plain(name)))
    .map((name) => ({ name, input: Input.parse({ in: "path", required: true }) }));
  const place = (name: string) => inPath.findIndex((one) => plain(one) === plain(name));
  return [...known, ...missing]
    .map((one) =>
      place(one.name) >= 0 ? { name: one.name, input: { ...one.input, in: "path", required: true } } : one,
    )
    .toSorted((one, other) => order(one) - order(other) || place(one.name) - place(other.name));
}

const order = ({ input }: { input: Input }) => (input.in === "path" ? 0 : input.required ? 1 : 2);
const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Nouns an operation deals with: the words of its name but the verb. */
export function nounsOf(name: string): string[] {
  const nouns: string[] = [];
  let seenVerb = false;
  for (const [index, word] of wordsOf(name).entries()) {
    // A plural is a thing ("lists", "posts"), and so is what stands behind a verb ("add-label").
    const isVerb = index > 0 && !seenVerb && verbsOf(word).length > 0 && stem(word) === word;
    if (isVerb) seenVerb = true;
    else if (!isStopWord(word)) nouns.push(stem(word));
  }
  return nouns;
}

/** The thing an id-like input points at: `list` for `idList`, `list_id` and `listId`; for a bare `id` what the path says. */
export function thingOf(input: string, described: Described, operation: string): string | undefined {
  const words = wordsOf(input);
  if (words.length > 1 && (words[0] === "id" || /^ids?$/.test(words.at(-1) ?? ""))) {
    const rest = words.filter((word) => !/^ids?$/.test(word));
    return rest.length > 0 ? stem(rest.join(" ")) : undefined;
  }
  const path = described.requests[0] ?? "";
  const before = new RegExp(`/([\\w-]+)/\\{${input.replace(/[^\w]/g, ".")}\\}`).exec(path)?.[1];
  if (before) return stem(wordsOf(before).join(" "));
  if (words.length === 1 && words[0] === "id") return nounsOf(operation)[0];
  const single = words.length === 1 ? /^(.{3,})id$/.exec(words[0] ?? "")?.[1] : undefined;
  return single ? stem(single) : undefined;
}

/** The command line that runs an operation. */
export function commandLine(
  slug: string,
  operation: string,
  values: Record<string, unknown>,
  options: { account?: string | undefined; flags?: string[] } = {},
): string {
  const given = Object.entries(values).flatMap(([name, value]) => [flagOf(name), quoted(textOf(value))]);
  const account = options.account ? ["--account", quoted(options.account)] : [];
  return [slug, operation, ...given, ...(options.flags ?? []), ...account].join(" ");
}

// The kit keeps these names for itself; an input of the same name is reached by its place.
const kitNames = new Set([
  "input",
  "body",
  "content-type",
  "fields",
  "all",
  "output",
  "help",
  "describe",
  "select",
  "account",
]);
const flagOf = (name: string) => (kitNames.has(name) ? `--query.${name}` : `--${quotedIfNeeded(name)}`);

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return value.join(",");
  return JSON.stringify(value);
}

/** One word for the shell, whatever it holds. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const quotedIfNeeded = (text: string) => (/^[\w.-]+$/.test(text) ? text : quoted(text));

/** Reads what a tool's `search` printed: `cards move <card_id>  w  Move a card to another list`. */
export function readSearch(slug: string, output: string): Candidate[] {
  const seen = new Set<string>();
  return output.split("\n").flatMap((line) => {
    const found = /^([a-z0-9][^\s<]*(?: [^\s<]+)*)((?: <[^<>]*>)*)( {2}w)?(?: {2}(.*))?$/i.exec(line.trimEnd());
    if (!found?.[1] || line.startsWith('Nothing fits "') || seen.has(found[1])) return [];
    seen.add(found[1]);
    const needs = [...(found[2] ?? "").matchAll(/<([^<>]+)>/g)].map((one) => one[1] ?? "");
    return [
      {
        slug,
        name: found[1],
        access: found[3] ? ("write" as const) : ("read" as const),
        summary: found[4] ?? "",
        needs,
      },
    ];
  });
}

/** The JSON a command printed, with or without lines of talk after it. */
export function firstJson(output: string): unknown {
  for (const text of [output.trim(), ...output.split("\n").filter((line) => /^\s*[[{"]/.test(line))]) {
    try {
      return JSON.parse(text);
    } catch {
      continue;
    }
  }
  return undefined;
}
