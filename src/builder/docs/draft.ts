import { z } from "zod";
import { Access } from "../../contract/access.ts";
import { secretFields } from "../../contract/auth-method.ts";
import { type BuildFacts } from "../../contract/build.ts";
import { type ToolDescription, ToolInput, ToolOperation } from "../../contract/tool.ts";
import { isSamePath, pathOf, requestsIn } from "./requests-in.ts";
import { requestsWithHeading, type Section } from "./sections.ts";

const RequestLine = z
  .string()
  .max(500)
  .regex(/^(GET|POST|PUT|PATCH|DELETE|HEAD) (\/|https?:\/\/)\S*$/, 'must be "METHOD /path"')
  .refine((one) => !/[*<>[\]]|\/:[a-z]/i.test(one.replace(/^\w+ (?:https?:\/\/\[[^\]]*\])?/, "")), {
    message: "write each blank of the path as {name}, whatever the docs write",
  });

/** One operation as somebody who read the docs writes it, with the sections it stands in. */
export const DraftOperation = ToolOperation.pick({
  summary: true,
  body: true,
  pages: true,
  headers: true,
  graphql: true,
  scopes: true,
  deprecated: true,
})
  .extend({
    access: Access,
    request: RequestLine.optional(),
    requests: z.array(RequestLine).min(1).max(20).optional(),
    input: z.record(z.string().regex(/^[\w.-]{1,100}$/), z.strictObject(ToolInput.shape)).optional(),
    /** TypeScript: `async (input, api) => …`; with `requests`. */
    run: z.string().max(20_000).optional(),
    source: z.union([z.int(), z.array(z.int()).min(1).max(10)]),
  })
  .strict()
  .superRefine((one, context) => {
    const paths = [one.request ?? "", ...(one.requests ?? [])].join(" ");
    for (const [typed, { in: place, name }] of Object.entries(one.input ?? {}))
      if (place === "path" && !paths.includes(`{${name ?? typed}}`))
        context.addIssue({ code: "custom", message: `"${typed}" is in the path, but no blank {${name ?? typed}} is` });
  })
  .refine((one) => (one.run === undefined ? one.request !== undefined : one.requests !== undefined), {
    message: "give `request`, or `run` with `requests`",
  });
export type DraftOperation = z.infer<typeof DraftOperation>;

export const operationName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*( [a-z][a-z0-9-]*){0,3}$/, 'lower case words, like "cards list"');

/** The tool's file: facts that a person has confirmed, and one line for each operation. */
export function codeOf(facts: BuildFacts, operations: Record<string, DraftOperation>): string {
  const [method] = facts.auth;
  const auth = method && Object.fromEntries(secretFields(method).map(({ name, places }) => [name, places]));
  const variables = Object.fromEntries(
    facts.variables.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
  );
  const head = {
    slug: facts.slug,
    ...(facts.description ? { summary: facts.description } : {}),
    baseUrl: facts.base_url,
    ...(Object.keys(variables).length > 0 ? { variables } : {}),
    ...(auth && Object.keys(auth).length > 0 ? { auth } : {}),
  };
  const lines = Object.entries(head).map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`);
  const table = Object.entries(operations).map(([name, operation]) => {
    const { run } = operation;
    const data = JSON.stringify({ ...operation, run: undefined, source: undefined });
    return `    ${JSON.stringify(name)}: ${run === undefined ? data : `${data.slice(0, -1)}, "run": ${run}}`},`;
  });
  return [
    `import { tool } from "@patchbay/kit";`,
    "",
    "export default tool({",
    ...lines,
    "  operations: {",
    ...table,
    "  },",
    "});",
    "",
  ].join("\n");
}

/** Faults of the type checker name a line; a reader of operations wants their name. */
export function withOperationNames(reasons: string[], code: string): string[] {
  const lines = code.split("\n");
  return reasons.map((reason) => {
    const line = Number(/^line (\d+): /.exec(reason)?.[1]);
    if (Number.isNaN(line)) return reason;
    const above = lines.slice(0, line).findLast((one) => begins.test(one));
    const name = above && begins.exec(above)?.[1];
    return name ? reason.replace(/^line \d+:/, `"${name}":`) : reason;
  });
}

const begins = /^ {4}"([^"]+)": ?\{/;

export type Source = { url: string; heading: string };

/**
 * Holds every request of a tool against the sections it is said to stand in: method and path have to be there. What comes
 * back as reasons is refused; nobody's word stands in for the docs.
 */
export function sourcesOf(
  tool: Pick<ToolDescription, "operations">,
  named: Record<string, DraftOperation>,
  sections: Section[],
  baseUrl: string,
): { sources: Record<string, Source>; reasons: string[] } {
  const byNumber = new Map(sections.map((one) => [one.number, one]));
  const base = baseUrl.replace(/^https?:\/\/[^/]*/i, "");
  const sources: Record<string, Source> = {};
  const reasons: string[] = [];
  for (const [name, operation] of Object.entries(tool.operations)) {
    const draft = named[name];
    if (!draft) {
      reasons.push(`"${name}" is in the tool, but was not among the operations given`);
      continue;
    }
    const cited = [draft.source].flat().flatMap((number) => byNumber.get(number) ?? []);
    if (cited.length === 0) {
      reasons.push(`"${name}": there is no section ${[draft.source].flat().join(", ")}`);
      continue;
    }
    for (const request of operation.requests) {
      const found = sourceOf(request, operation.graphql?.field, cited, base);
      if (found) {
        sources[name] ??= found;
        continue;
      }
      reasons.push(`"${name}": ${notThere(request, cited, sections, base)}`);
    }
  }
  return { sources, reasons };
}

/**
 * Operations written from an earlier reading of docs, each with the sections it stands in now; where it stood before goes first.
 * What stands nowhere any more is named, and left out.
 */
export function withSourcesAnew(
  given: Record<string, unknown>,
  earlier: Section[],
  now: Section[],
  baseUrl: string,
): { operations: Record<string, DraftOperation>; lost: string[] } {
  const base = baseUrl.replace(/^https?:\/\/[^/]*/i, "");
  const operations: Record<string, DraftOperation> = {};
  const lost: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const operation = DraftOperation.parse(value);
    const cited = earlier.filter(({ number }) => [operation.source].flat().includes(number));
    const isSamePlace = ({ url, heading }: Section) => cited.some((one) => one.url === url && one.heading === heading);
    const ordered = [...now.filter(isSamePlace), ...now.filter((one) => !isSamePlace(one))];
    const requests = operation.requests ?? [operation.request ?? ""];
    const places = requests.map((request) =>
      ordered.find((section) => sourceOf(request, operation.graphql?.field, [section], base)),
    );
    const source = [...new Set(places.flatMap((section) => section?.number ?? []))];
    if (places.includes(undefined)) lost.push(name);
    else operations[name] = { ...operation, source };
  }
  return { operations, lost };
}

function sourceOf(request: string, field: string | undefined, cited: Section[], base: string): Source | undefined {
  const [method = "", target = ""] = request.split(" ");
  const wanted = { base, path: target };
  for (const section of cited) {
    if (field !== undefined) {
      if (new RegExp(`\\b${field.replace(/\W/g, "")}\\b`).test(section.text))
        return { url: section.url, heading: section.heading };
      continue;
    }
    const named = requestsWithHeading(section).find((one) => one.method === method && isSamePath(one.path, wanted));
    if (named) return { url: section.url, heading: named.heading };
    if (standsApart(section.text, method, wanted)) return { url: section.url, heading: section.heading };
  }
  return undefined;
}

/** Docs that tell method and path in different places of one section: "Method: PUT" below "https://a.example/cards/{id}". */
function standsApart(text: string, method: string, wanted: { base: string; path: string }): boolean {
  const others = requestsIn(text);
  // Where the section does name requests in full, a path and a method from different ones make no request.
  if (others.length > 0) return false;
  if (!new RegExp(`\\b${method}\\b`).test(text)) return false;
  return [...text.matchAll(/(?:https?:\/\/[^\s`"'<>|)\]]+|(?<![\w/])\/[^\s`"'|)\],;]+)/g)].some(([target]) =>
    requestsIn(`${method} ${target}`).some((one) => isSamePath(one.path, wanted)),
  );
}

function notThere(request: string, cited: Section[], all: Section[], base: string): string {
  const [method = "", target = ""] = request.split(" ");
  const wanted = { base, path: target };
  const numbers = cited.map((one) => one.number).join(", ");
  const here = cited.flatMap((section) => requestsIn(section.text)).filter((one) => isSamePath(one.path, wanted));
  if (here.length > 0)
    return `section ${numbers} has this path with ${[...new Set(here.map((one) => one.method))].join(", ")}, not with ${method}`;
  const elsewhere = all.find((section) =>
    requestsIn(section.text).some((one) => one.method === method && isSamePath(one.path, wanted)),
  );
  if (elsewhere) return `${request} is not in section ${numbers} but in ${elsewhere.number}`;
  const near = nearest(target, all);
  return `${request} is in no section that was read: leave it out, or read the page that documents it${near ? `. The nearest there: ${near}` : ""}`;
}

/** The documented request whose path has most parts in common with this one. */
function nearest(target: string, all: Section[]): string | undefined {
  const parts = (path: string) => path.split("/").filter((part) => part !== "" && part !== "{}");
  const own = new Set(parts(pathOf(target) ?? target));
  let best: { points: number; told: string } | undefined;
  for (const { number, text } of all) {
    for (const { method, path } of requestsIn(text)) {
      const there = parts(path);
      const shared = there.filter((part) => own.has(part)).length;
      const points = shared - Math.abs(there.length - own.size) / 10;
      if (shared > 0 && points > (best?.points ?? 0)) best = { points, told: `${method} ${path} (section ${number})` };
    }
  }
  return best?.told;
}

/** What the docs name and no operation sends yet, each with its section. Deprecated sections are left out. */
export function notCovered(operations: Record<string, DraftOperation>, sections: Section[], baseUrl: string): string[] {
  const base = baseUrl.replace(/^https?:\/\/[^/]*/i, "");
  const sent = Object.values(operations).flatMap((one) => one.requests ?? [one.request ?? ""]);
  const found = new Map<string, string>();
  for (const section of sections) {
    for (const { method, path, heading } of requestsWithHeading(section)) {
      if (/deprecated/i.test(`${heading} ${section.heading}`)) continue;
      const isSent = sent.some((request) => {
        const [own = "", target = ""] = request.split(" ");
        return own === method && isSamePath(path, { base, path: target });
      });
      if (!isSent && !found.has(`${method} ${path}`))
        found.set(`${method} ${path}`, `${method} ${path} (${section.number})`);
    }
  }
  return [...found.values()];
}
