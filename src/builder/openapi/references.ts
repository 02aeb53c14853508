import { type Document, isRecord, readDocument } from "./read-document.ts";
import type { LeftOut, Schema } from "./model.ts";

/** Follows `$ref`s of a document, into other documents as well when those were fetched before. */
export class References {
  readonly #root: Document;
  readonly #others: Map<string, Document>;
  readonly #found = new Map<string, unknown>();

  constructor(root: Document, others: Map<string, Document> = new Map()) {
    this.#root = root;
    this.#others = others;
  }

  /** What a value stands for: itself, or what its `$ref` names. Undefined when that is nowhere. Siblings of a `$ref` win. */
  resolve(value: unknown): unknown {
    let current = value;
    let siblings: Record<string, unknown> | undefined;
    for (let hops = 0; hops < 50; hops += 1) {
      if (!isRecord(current) || typeof current.$ref !== "string") {
        return siblings && isRecord(current) ? { ...current, ...siblings } : current;
      }
      const { $ref, ...rest } = current;
      if (Object.keys(rest).length > 0) siblings = { ...rest, ...siblings };
      current = this.#lookUp($ref as string);
    }
    return undefined;
  }

  record(value: unknown): Record<string, unknown> | undefined {
    const resolved = this.resolve(value);
    return isRecord(resolved) ? resolved : undefined;
  }

  schema(value: unknown): Schema {
    return this.record(value) ?? {};
  }

  #lookUp(reference: string): unknown {
    if (this.#found.has(reference)) return this.#found.get(reference);
    const hash = reference.indexOf("#");
    const place = hash < 0 ? reference : reference.slice(0, hash);
    const pointer = hash < 0 ? "" : reference.slice(hash + 1);
    const document = place === "" ? this.#root : this.#others.get(place);
    const target = document === undefined ? undefined : pointed(document, pointer);
    this.#found.set(reference, target);
    return target;
  }
}

/**
 * Fetches what a document refers to elsewhere, and what those refer to, and makes every reference absolute in place.
 * What cannot be had is named, not fatal.
 */
export async function fetchReferences(
  root: Document,
  base: string | undefined,
  fetchReference: ((url: string) => Promise<string>) | undefined,
  leftOut: LeftOut[],
): Promise<Map<string, Document>> {
  const others = new Map<string, Document>();
  const waiting = new Set<string>();
  const failed = new Set<string>();
  let isRoot = true;
  const makeAbsolute = (document: Document, from: string | undefined) => {
    const inRoot = isRoot;
    eachReference(document, (holder, reference) => {
      if (reference.startsWith("#")) {
        if (!inRoot) holder.$ref = `${from}${reference}`;
        return;
      }
      const [place = "", pointer = ""] = reference.split("#");
      const url = from === undefined ? URL.parse(place) : URL.parse(place, from);
      if (!url || !/^https?:$/.test(url.protocol)) {
        failed.add(place);
        return;
      }
      if (base !== undefined && url.href === base) holder.$ref = `#${pointer}`;
      else {
        holder.$ref = `${url.href}#${pointer}`;
        waiting.add(url.href);
      }
    });
  };
  makeAbsolute(root, base);
  isRoot = false;
  let bytes = 0;
  let tries = 0;
  for (const url of waiting) {
    // What cannot be had counts as well: a document must not make us knock at thousands of doors.
    if (tries >= mostDocuments || bytes > mostBytes || !fetchReference) {
      failed.add(url);
      continue;
    }
    tries += 1;
    try {
      const text = await fetchReference(url);
      bytes += text.length;
      const document = readDocument(text);
      others.set(url, document);
      makeAbsolute(document, url);
    } catch {
      failed.add(url);
    }
  }
  for (const place of failed)
    leftOut.push({
      what: place.slice(0, 200),
      why: "a part of the document that lies elsewhere and could not be read",
    });
  return others;
}

const mostDocuments = 60;
const mostBytes = 30_000_000;

function eachReference(document: Document, found: (holder: Record<string, unknown>, reference: string) => void): void {
  const waiting: unknown[] = [document];
  const seen = new Set<unknown>();
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one !== "object" || one === null || seen.has(one)) continue;
    seen.add(one);
    if (isRecord(one) && typeof one.$ref === "string") found(one, one.$ref);
    for (const [key, value] of Object.entries(one)) {
      // What stands in examples and extensions is never needed.
      if (typeof value === "object" && value !== null && !/^(?:x-|examples?$)/.test(key)) waiting.push(value);
    }
  }
}

function pointed(document: Document, pointer: string): unknown {
  if (pointer === "") return document;
  if (!pointer.startsWith("/")) return anchored(document, pointer);
  let current: unknown = document;
  for (const part of pointer.slice(1).split("/")) {
    const key = unescaped(part);
    if (Array.isArray(current)) current = current[Number(key)];
    else if (isRecord(current) && Object.hasOwn(current, key)) current = current[key];
    else return undefined;
  }
  return current;
}

function unescaped(part: string): string {
  let plain = part;
  try {
    plain = decodeURIComponent(part);
  } catch {
    // A bare percent sign stands for itself.
  }
  return plain.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** `#name`: the schema that calls itself so (`$anchor`); some documents mean a definition by its bare name. */
function anchored(document: Document, name: string): unknown {
  const components = isRecord(document.components) ? document.components.schemas : document.definitions;
  if (isRecord(components)) {
    if (Object.hasOwn(components, name)) return components[name];
    return Object.values(components).find((one) => isRecord(one) && one.$anchor === name);
  }
  return undefined;
}
