import { Problem } from "../../contract/problem.ts";
import type { CompileOptions, SourceKind } from "./compiled.ts";
import { readDiscovery } from "./discovery.ts";
import { introspection, readGraphQl } from "./graphql.ts";
import type { Api, LeftOut } from "./model.ts";
import { readOpenApi2 } from "./openapi-2.ts";
import { readOpenApi3 } from "./openapi-3.ts";
import { readPostman } from "./postman.ts";
import { isRecord, readDocument } from "./read-document.ts";
import { References, fetchReferences } from "./references.ts";
import { text } from "./reading.ts";
import { sdlOf } from "./sdl.ts";

type Read = {
  api: Api;
  references: References;
  kind: SourceKind;
  /** Where the document lies by its own word (`$self`) or where it was fetched: what relative addresses start from. */
  place?: string;
};

/** Reads a document of any kind we know into one form. @throws Problem `document_…` */
export async function readApi(document: string | Uint8Array, options: CompileOptions): Promise<Read> {
  const read = await readAnyKind(document, options);
  return { ...read, api: withinReason(read.api) };
}

/** No service has addresses or names of thousands of letters; they would only keep us busy. */
function withinReason(api: Api): Api {
  const endpoints = api.endpoints.filter(({ method, path }) => {
    const isUsable = path.length <= longestPath;
    if (!isUsable) api.leftOut.push({ what: `${method} ${path.slice(0, 80)}…`, why: "its path is too long" });
    return isUsable;
  });
  return {
    ...api,
    title: api.title.slice(0, longestName),
    endpoints: endpoints.map((one) => ({
      ...one,
      id: one.id !== undefined && one.id.length <= longestName ? one.id : undefined,
      tags: one.tags.map((tag) => tag.slice(0, longestName)),
    })),
  };
}

const longestPath = 2000;
const longestName = 500;

async function readAnyKind(document: string | Uint8Array, options: CompileOptions): Promise<Read> {
  const schema = sdlOf(document);
  if (schema) {
    const api = readGraphQl(schema, options.fetchedFrom ?? options.baseUrl);
    return { api, references: new References({}), kind: "graphql" };
  }
  const root = readDocument(document);
  const leftOut: LeftOut[] = [];
  const version = text(root.openapi) || text(root.swagger);
  if (/^[23](?:\.|$)/.test(version) || (version === "" && isRecord(root.paths) && isRecord(root.info))) {
    const self = URL.parse(text(root.$self), options.fetchedFrom)?.href;
    const place = self !== undefined && /^https?:/.test(self) ? self : options.fetchedFrom;
    const others = await fetchReferences(root, place, options.fetchReference, leftOut);
    const references = new References(root, others);
    const isOld =
      version.startsWith("2") || (version === "" && !isRecord(root.components) && isRecord(root.definitions));
    const api = isOld ? readOpenApi2(root, references, leftOut) : readOpenApi3(root, references, leftOut);
    return { api, references, kind: "openapi", ...(place === undefined ? {} : { place }) };
  }
  const references = new References(root);
  if (root.kind === "discovery#restDescription")
    return { api: readDiscovery(root, leftOut), references, kind: "discovery" };
  if (isRecord(root.info) && Array.isArray(root.item))
    return { api: readPostman(root, leftOut), references, kind: "postman" };
  const introspected = introspection(root);
  if (introspected)
    return {
      api: readGraphQl(introspected, options.fetchedFrom ?? options.baseUrl, isRecord(root.data)),
      references,
      kind: "graphql",
    };
  throw new Problem("document_unknown");
}
