import type { Pages } from "@patchbay/kit";
import type { Endpoint, Schema } from "./model.ts";
import type { Schemas } from "./schema.ts";

/** How the pages of an operation follow each other: by cursor, next address, Link header, page number or offset. */
export function pagesOf(endpoint: Endpoint, schemas: Schemas): Pages | undefined {
  if (endpoint.graphql) return endpoint.pages;
  if (endpoint.method !== "GET" && endpoint.method !== "POST") return undefined;
  const query = endpoint.parameters.filter((one) => one.in === "query").map((one) => one.name);
  const body =
    endpoint.method === "POST" ? [...schemas.shape(endpoint.body?.contents[0]?.schema).properties.keys()] : [];
  const names = [...query, ...body];
  const find = (pattern: RegExp) => names.find((name) => pattern.test(name));
  const answer = answerFields(endpoint.answer, schemas);
  const items = listPlace(endpoint.answer, schemas);
  const place = items === undefined || items === "" ? {} : { items };
  if (items === undefined && answer.length > 0 && !endpoint.linkHeader) return undefined;

  const next = answer.find((field) => nextCursor.test(field.path));
  const cursor = find(cursorParameter);
  if (cursor && next && field(next.path) !== "next")
    return { by: "cursor", parameter: cursor, next: next.path, ...place };
  const offsetToken = find(/^offset$/i);
  const tokenInAnswer = answer.find((one) => /(?:^|\.)next_page\.offset$/i.test(one.path));
  if (offsetToken && tokenInAnswer) return { by: "cursor", parameter: offsetToken, next: tokenInAnswer.path, ...place };
  if (cursor && next) return { by: "cursor", parameter: cursor, next: next.path, ...place };

  const address = answer.find((one) => nextAddress.test(one.path) && one.type !== "object" && one.type !== "array");
  if (address && !cursor) return { by: "url", next: address.path, ...place };
  if (endpoint.method === "POST") return undefined;
  const after = find(/^starting_after$/i);
  if (after && items)
    return {
      by: "cursor",
      parameter: after,
      next: `${items}.-1.id`,
      ...(answer.some((one) => one.path === "has_more") ? { more: "has_more" } : {}),
      items,
    };
  if (endpoint.linkHeader) return { by: "link", ...place };

  const size = find(
    /^(?:per_?page|page_?size|pagesize|page\[size\]|limit|count|max_?results|max|size|num|page_?limit|items_?per_?page|\$top|top|take|rows|results_?per_?page)$/i,
  );
  const page = find(/^(?:page|page_?(?:number|num|no|index)|page\[number\]|p|pg)$/i);
  const isList = items !== undefined || endpoint.answer === undefined;
  if (page && isList) {
    const parameter = endpoint.parameters.find((one) => one.name === page);
    const shape = schemas.shape(parameter?.schema);
    if (shape.type !== "integer" && shape.type !== "number" && shape.type !== "any" && shape.type !== "string")
      return undefined;
    const start =
      shape.default === 0 ||
      shape.default === "0" ||
      parameter?.schema.minimum === 0 ||
      /\b(?:zero|0)[- ](?:based|indexed)|starts? (?:at|from|with) 0\b/i.test(parameter?.help ?? "")
        ? { start: 0 }
        : {};
    return { by: "page", parameter: page, ...(size ? { size } : {}), ...start, ...place };
  }
  const offset = find(
    /^(?:offset|skip|start|start_?at|start_?index|page\[offset\]|\$skip|from_?index|first_?result)$/i,
  );
  if (offset && isList && size && isNumber(endpoint, offset, schemas))
    return { by: "offset", parameter: offset, size, ...place };
  return undefined;
}

const cursorParameter =
  /^(?:cursor|page_?token|next_?token|next_?page_?token|continuation_?token|continuation|continue|page_?cursor|start_?cursor|after|marker|next_?cursor|start_?after|scroll_?id|page_?key|exclusive_?start_?key|nextRecordKey|bookmark|page\[(?:after|cursor)\]|next)$/i;
const nextCursor =
  /(?:^|\.)(?:next_?cursor|next_?page_?token|next_?token|next_?page_?cursor|continuation_?token|continuation|next_?marker|end_?cursor|scroll_?id|next_?page_?key|cursors?\.(?:after|next)|paging\.next\.after|next|next_?start|bookmark|cursor)$/i;
const nextAddress =
  /(?:^|\.)(?:next|next_?(?:page|link|url|uri|page_?(?:url|uri|link)|href)|@odata\.nextLink|odata\.nextLink|links?\.next(?:\.href)?|_links\.next(?:\.href)?|paging\.next(?:\.link)?)$/i;

type Field = { path: string; type: string };

/** Fields of an answer down to the third level, without those inside of lists. */
function answerFields(answer: Schema | undefined, schemas: Schemas, way = "", depth = 0): Field[] {
  if (!answer || depth > 2) return [];
  const shape = schemas.shape(answer);
  if (shape.type !== "object") return [];
  const found: Field[] = [];
  for (const [name, one] of shape.properties) {
    const path = way === "" ? name : `${way}.${name}`;
    const inner = schemas.shape(one);
    found.push({ path, type: inner.type });
    if (
      inner.type === "object" &&
      (depth === 0 ? /meta|page|pag|link|cursor|next|response|data|result/i.test(name) : true)
    ) {
      found.push(...answerFields(one, schemas, path, depth + 1));
    }
  }
  return found.sort((a, b) => a.path.length - b.path.length);
}

/** The dotted way to the list in an answer; "" when the answer is the list; undefined when there is none. */
function listPlace(answer: Schema | undefined, schemas: Schemas): string | undefined {
  if (!answer) return undefined;
  const shape = schemas.shape(answer);
  if (shape.type === "array") return "";
  const lists = [...shape.properties].filter(([, one]) => schemas.shape(one).type === "array");
  const usual = lists.find(([name]) =>
    /^(?:data|items|results?|records|values?|entries|list|rows|objects|elements|content|hits)$/i.test(name),
  );
  if (usual) return usual[0];
  const ofObjects = lists.filter(([, one]) => schemas.shape(schemas.shape(one).items).type === "object");
  const [only] = ofObjects.length > 0 ? ofObjects : lists;
  if (only && (ofObjects.length === 1 || lists.length === 1)) return only[0];
  for (const [name, one] of shape.properties) {
    const inner = schemas.shape(one);
    if (inner.type !== "object" || !/^(?:data|results?|response|_embedded)$/i.test(name)) continue;
    const deeper = [...inner.properties].filter(([, each]) => schemas.shape(each).type === "array");
    if (deeper.length === 1 && deeper[0]) return `${name}.${deeper[0][0]}`;
  }
  return undefined;
}

function field(path: string): string {
  return path.split(".").pop() ?? path;
}

function isNumber(endpoint: Endpoint, name: string, schemas: Schemas): boolean {
  const type = schemas.shape(endpoint.parameters.find((one) => one.name === name)?.schema).type;
  return type === "integer" || type === "number" || type === "any";
}
