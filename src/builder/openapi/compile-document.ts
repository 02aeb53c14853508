import { isDeepStrictEqual } from "node:util";
import { type Operation, type ToolDefinition, type ToolDescription, describe, unmarked } from "@patchbay/kit";
import { shellWords } from "../../contract/shell-words.ts";
import type { AuthMethod, UrlVariable } from "../../contract/auth-method.ts";
import { Problem } from "../../contract/problem.ts";
import { mostOperations } from "../../contract/tool.ts";
import { judge } from "./access.ts";
import { type Auth, readAuth } from "./auth.ts";
import { inputsOf } from "./inputs.ts";
import { writeInstructions } from "./instructions.ts";
import type { Api, Endpoint, LeftOut } from "./model.ts";
import { nameOperations, requestKey } from "./names.ts";
import { pagesOf } from "./pagination.ts";
import { type Compiled, type CompileOptions, summaryOf } from "./compiled.ts";
import { readApi } from "./read-api.ts";
import { firstSentence, plainText } from "./reading.ts";
import { sayOnce } from "./say-once.ts";
import { Schemas } from "./schema.ts";
import { baseOf, operationServer } from "./servers.ts";
import { words } from "./words.ts";
import { writeCode } from "./write-code.ts";

/** The whole way from a document's text to a tool. Pure but for `fetchReference`; runs in a worker thread. */
export async function compileDocument(document: string | Uint8Array, options: CompileOptions): Promise<Compiled> {
  const { api, references, kind, place = options.fetchedFrom } = await readApi(document, options);
  options.onProgress?.({ step: "read the document", detail: `${api.endpoints.length} operations` });
  const leftOut: LeftOut[] = api.leftOut;
  const tooMany = api.endpoints.splice(mostOperations);
  if (tooMany.length > 0)
    leftOut.push({
      what: `${tooMany.length} operations, from ${tooMany[0]?.method} ${tooMany[0]?.path} on`,
      why: `a tool has at most ${mostOperations}`,
    });
  const schemas = new Schemas(references);
  const auth = readAuth(api, schemas);
  leftOut.push(...auth.leftOut);
  const name = (options.name ?? nameFrom(api)).slice(0, 120);
  const slug = options.slug ?? slugFrom(name, api);
  const base =
    options.baseUrl === undefined
      ? baseOf(api.servers, place)
      : baseOf([{ url: options.baseUrl, variables: {} }], undefined);

  const previous = new Map(
    Object.entries(options.previous?.operations ?? {}).map(([kept, operation]) => {
      const request = operation.requests[0] ?? "";
      const at = request.indexOf(" ");
      const path = request.slice(at + 1).replace(operation.server ?? "", "");
      return [requestKey({ method: request.slice(0, at), path, graphql: operation.graphql }), kept];
    }),
  );
  const names = nameOperations(api.endpoints, previous);
  const isToldByName = idsToldByNames(names);
  const operations: [string, Operation][] = [];
  const suggestedReads: Compiled["permissions"]["suggestedReads"] = {};
  for (const endpoint of api.endpoints) {
    const title = names.get(endpoint) ?? `${endpoint.method} ${endpoint.path}`;
    try {
      const { operation, suggestion } = operationOf(endpoint, title, {
        auth,
        schemas,
        base,
        fetchedFrom: place,
        isToldByName,
      });
      operations.push([title, operation]);
      if (suggestion) suggestedReads[title] = suggestion;
    } catch (error) {
      // One operation that cannot be read harms no other.
      leftOut.push({
        what: `${endpoint.method} ${endpoint.path}`,
        why: error instanceof Error ? error.message.slice(0, 200) : "it cannot be read",
      });
    }
  }
  if (operations.length === 0) throw new Problem("document_without_operations");
  operations.sort(([a], [b]) => compareNames(a, b));

  const about = aboutOf(api, 160);
  const definition: ToolDefinition = {
    slug,
    summary: about || name,
    ...(base ? { baseUrl: base.url } : {}),
    ...(base && base.variables.some((one) => one.default !== undefined)
      ? {
          variables: Object.fromEntries(
            base.variables.flatMap((one) => (one.default === undefined ? [] : [[one.name, one.default]])),
          ),
        }
      : {}),
    ...(Object.keys(auth.places).length > 0 ? { auth: auth.places } : {}),
    ...(auth.usual && !isPlainRule(auth.usual, auth.places) ? { security: auth.usual } : {}),
    operations: Object.fromEntries(operations),
  };
  const written = sayOnce(definition);
  const tool: ToolDescription = describe(written);
  options.onProgress?.({ step: "wrote the table", detail: `${operations.length} operations` });
  const byAccess = (access: string) => operations.filter(([, one]) => one.access === access).map(([title]) => title);
  const compiled: Omit<Compiled, "summary"> = {
    kind,
    slug,
    name,
    description: aboutOf(api, 600) || name,
    ...(api.category ? { category: api.category.slice(0, 60) } : {}),
    ...(api.docsUrl ? { docsUrl: api.docsUrl } : {}),
    // Only an address of the document's own: longer ones are pictures written out.
    ...(api.iconUrl && api.iconUrl.length <= 500 ? { iconUrl: api.iconUrl } : {}),
    ...(base ? { baseUrl: base.url } : {}),
    variables: base?.variables ?? ([] as UrlVariable[]),
    auth: auth.methods satisfies AuthMethod[],
    cliCode: writeCode(written),
    instructions: writeInstructions({ tool, methods: auth.methods, leftOut, name }),
    tool,
    permissions: { readOps: byAccess("read"), writeOps: byAccess("write"), suggestedReads },
    hosts: tool.hosts,
    leftOut,
    ...(options.previous ? { changes: changesSince(options.previous, tool) } : {}),
  };
  return { ...compiled, summary: summaryOf(compiled) };
}

type Needs = {
  auth: Auth;
  schemas: Schemas;
  base: ReturnType<typeof baseOf>;
  fetchedFrom?: string;
  isToldByName: (endpoint: Endpoint) => boolean;
};

function operationOf(
  endpoint: Endpoint,
  title: string,
  { auth, schemas, base, fetchedFrom, isToldByName }: Needs,
): { operation: Operation; suggestion?: string } {
  const own: Endpoint = {
    ...endpoint,
    parameters: endpoint.parameters
      .filter((one) => !auth.isCredential(endpoint, one.in, one.name))
      .map((one) => (auth.isSentAnyway(one) ? { ...one, required: false } : one)),
  };
  const judgement = judge(own);
  const server = operationServer(endpoint.servers, base, fetchedFrom);
  const pages = pagesOf(own, schemas);
  const summary = summaryFor(endpoint);
  const operation: Operation = {
    ...(endpoint.id && !isToldByName(endpoint) ? { id: endpoint.id.slice(0, 300) } : {}),
    access: judgement.access,
    request: `${endpoint.method} ${endpoint.path.split("#")[0]}`,
    ...(server ? { server } : {}),
    ...(endpoint.whole ? { whole: endpoint.whole } : {}),
    ...(endpoint.headers ? { headers: endpoint.headers } : {}),
    ...(summary ? { summary } : {}),
    ...(judgement.reason ? { reason: judgement.reason } : {}),
    ...inputsOf(own, schemas, (name) => auth.isCredential(endpoint, "body", name)),
    ...(pages ? { pages } : {}),
    ...auth.of(endpoint),
    ...(endpoint.graphql ? { graphql: endpoint.graphql } : {}),
    ...(endpoint.deprecated ? { deprecated: true } : {}),
  };
  return { operation, suggestion: judgement.suggestion };
}

/** Ids that `call` finds by the operation's name: `issues/create` of "issues create", when nothing else reads the same. */
function idsToldByNames(names: ReadonlyMap<Endpoint, string>): (endpoint: Endpoint) => boolean {
  const titles = new Map<string, number>();
  const ids = new Map<string, number>();
  const count = (counts: Map<string, number>, text: string) =>
    counts.set(unmarked(text), (counts.get(unmarked(text)) ?? 0) + 1);
  for (const [{ id }, title] of names) {
    count(titles, title);
    if (id) count(ids, id);
  }
  return (endpoint) => {
    const id = unmarked(endpoint.id ?? "");
    return id === unmarked(names.get(endpoint) ?? "") && id !== "" && titles.get(id) === 1 && ids.get(id) === 1;
  };
}

/** The document's own words, where they are more than the name of a function. */
function summaryFor(endpoint: Endpoint): string {
  const summary = plainText(endpoint.summary);
  const isCode =
    /^\w+\(\)$/.test(summary) ||
    (summary !== "" && words(summary).join() === words(endpoint.id ?? "").join() && !summary.includes(" "));
  const prose = isCode || summary === "" ? plainText(endpoint.description) : summary;
  return firstSentence(prose, 110);
}

/** One credential for everything needs no rule. */
function isPlainRule(rule: string[][], places: Auth["places"]): boolean {
  const [only] = rule;
  return rule.length === 1 && only !== undefined && only.length === Object.keys(places).length;
}

function compareNames(a: string, b: string): number {
  const [groupA = "", actionA = ""] = a.split(" ");
  const [groupB = "", actionB = ""] = b.split(" ");
  if (groupA !== groupB) return groupA < groupB ? -1 : 1;
  const rank = (action: string) =>
    ["list", "get", "create", "update", "delete"].indexOf(action.split("-")[0] ?? "") + (action.includes("-") ? 10 : 0);
  const byRank = ((rank(actionA) + 20) % 20) - ((rank(actionB) + 20) % 20);
  return byRank !== 0 ? byRank : actionA < actionB ? -1 : actionA > actionB ? 1 : 0;
}

/** What the service is for; a sentence about the document itself says nothing. */
function aboutOf(api: Api, room: number): string {
  const prose = plainText(api.description);
  const sentences = prose
    .split(/(?<=[.!?])\s+(?=\p{Lu})/u)
    .filter(
      (one) =>
        !/^(?:openapi|swagger)\b|^(?:this|the)\s+(?:document|specification|spec|file|page|api reference|openapi|swagger)\b|\bspecification\b.*\bgenerated\b/i.test(
          one,
        ),
    );
  return firstSentence(sentences.join(" "), room);
}

/** What people call the service: a short title, or the part of a long one that its host is called by. */
function nameFrom(api: Api): string {
  const host = URL.parse(api.servers[0]?.url ?? "")?.hostname ?? "";
  const label = serviceLabel(host);
  const plain = plainText(api.title);
  const title = plain
    .replace(/\b(?:(?:rest(?:ful)?|http|open|web|public|official|platform|json)\s+)*apis?\b(?:\s*v?\d[\w.]*)?/gi, " ")
    .replace(
      /\b(?:swagger|openapi|specification|spec|documentation|docs|reference|definition|interactive)\b|\bv\d+(?:\.\d+)*\b/gi,
      " ",
    )
    .replace(/^[\s\-–|:,.]+|[\s\-–|:,.]+$/g, "")
    .replace(/\s+/g, " ")
    .trim();
  const known =
    label === undefined ? undefined : plain.split(/[^\p{L}\p{N}]+/u).find((word) => word.toLowerCase() === label);
  if (title.split(" ").length > 3 && known) return known;
  if (title !== "") return title;
  return label ? label.charAt(0).toUpperCase() + label.slice(1) : "API";
}

/** `drchrono` of `app.drchrono.com`, `credas` of `pi-api.credas.co.uk`. */
function serviceLabel(host: string): string | undefined {
  const labels = host.toLowerCase().split(".").filter(Boolean);
  if (labels.length < 2 || /^\d+$/.test(labels.at(-1) ?? "")) return undefined;
  const ending =
    labels.length > 2 &&
    /^(?:co|com|net|org|gov|ac|edu)$/.test(labels.at(-2) ?? "") &&
    (labels.at(-1)?.length ?? 0) === 2
      ? 2
      : 1;
  return labels.at(-1 - ending);
}

function slugFrom(name: string, api: Api): string {
  const slug = (text: string) =>
    words(text.replace(/[a-z][A-Z]/g, (pair) => (text.includes(" ") ? pair : pair.toLowerCase())))
      .join("-")
      .replace(/^[^a-z]+/, "")
      .slice(0, 40)
      .replace(/-+$/, "");
  const made = [
    slug(name),
    slug(api.title),
    slug(serviceLabel(URL.parse(api.servers[0]?.url ?? "")?.hostname ?? "") ?? ""),
  ].find((one) => one.length >= 2);
  // Its command must not stand in front of one the shell has: a document called "Sort" becomes `sort-api`.
  return made === undefined ? "service" : shellWords.has(made) ? `${made}-api` : made;
}

/** As it is once it was stored: without what is undefined, and without its other name. */
const plain = (operation: ToolDescription["operations"][string] | undefined): unknown =>
  JSON.parse(JSON.stringify({ ...operation, id: undefined }));

function changesSince(previous: ToolDescription, tool: ToolDescription): NonNullable<Compiled["changes"]> {
  const before = new Set(Object.keys(previous.operations));
  const now = Object.keys(tool.operations);
  return {
    added: now.filter((name) => !before.has(name)),
    removed: [...before].filter((name) => !Object.hasOwn(tool.operations, name)),
    changed: now.filter(
      (name) => before.has(name) && !isDeepStrictEqual(plain(previous.operations[name]), plain(tool.operations[name])),
    ),
  };
}
