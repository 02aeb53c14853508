import type { BuildStep } from "../contract/chat.ts";
import { Problem, isProblem } from "../contract/problem.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import { candidatesIn, describesApi, usualPlaces } from "./candidates.ts";
import { answersLikeGraphQl, introspect, isCalledGraphQl } from "./graphql-endpoint.ts";
import { pageAsMarkdown } from "./page-as-markdown.ts";

/** What a person asked for: a name, an address, or a document they pasted or dropped. */
export type Wish = { wish?: string; url?: string; document?: string };

export type Found =
  | { kind: "catalogue"; slug: string }
  | { kind: "document"; text: string; url?: string; slug?: string }
  | { kind: "docs"; url: string; markdown: string };

type Needs = {
  fetch: GuardedFetch;
  /** What the catalogue knows by this name: a ready entry, or the address of a description (the practice service). */
  inCatalogue(wish: string): CatalogueHit | undefined;
};

export type CatalogueHit = { slug: string } | { documentUrl: string; slug: string };

type Options = { onStep: (step: BuildStep) => void; signal?: AbortSignal };

/**
 * Finds what a tool can be made of: the catalogue's entry, a machine-readable description (given, linked from the page, or
 * in one of the usual places of its host), else the page itself for a reader.
 *
 * @throws Problem `nothing_found`, `document_missing`, `document_empty`, and those of the guarded fetch.
 */
export async function find(needs: Needs, wish: Wish, options: Options): Promise<Found> {
  if (wish.document !== undefined) {
    if (wish.document.trim() === "") throw new Problem("document_empty");
    return { kind: "document", text: wish.document };
  }
  const url = wish.url ?? addressIn(wish.wish ?? "");
  if (url) return atAddress(needs.fetch, url, options);
  const hit = needs.inCatalogue(wish.wish ?? "");
  if (!hit) throw new Problem("nothing_found", { wish: (wish.wish ?? "").slice(0, 80) });
  if ("documentUrl" in hit) {
    const found = await atAddress(needs.fetch, hit.documentUrl, options);
    return found.kind === "document" ? { ...found, slug: hit.slug } : found;
  }
  options.onStep({ step: "found it in the catalogue", state: "done" });
  return { kind: "catalogue", slug: hit.slug };
}

/** The first web address in a sentence, without the punctuation that ends the sentence. */
export function addressIn(text: string): string | undefined {
  return /\bhttps?:\/\/[^\s<>"'`]+/i.exec(text)?.[0].replace(/[.,;:!?)\]}]+$/, "");
}

async function atAddress(fetch: GuardedFetch, url: string, { onStep, signal }: Options): Promise<Found> {
  const started = performance.now();
  onStep({ step: "reading the address", detail: url, state: "running" });
  const done = (step: string, detail: string) =>
    onStep({ step, detail, ms: Math.round(performance.now() - started), state: "done" });
  const schemaAt = async (address: string): Promise<Found | undefined> => {
    const answer = await introspect(fetch, address, signal);
    if (answer) done("asked the GraphQL endpoint for its schema", answer.url);
    return answer && { kind: "document", ...answer };
  };

  const schema = isCalledGraphQl(url) ? await schemaAt(url) : undefined;
  if (schema) return schema;
  const page = await read(fetch, url, signal);
  if (answersLikeGraphQl(page.text)) {
    const found = await schemaAt(page.url);
    if (found) return found;
  }
  if (!page.ok) throw new Problem("document_missing", { status: page.status });
  if (page.text.trim() === "") throw new Problem("document_empty");

  if (!isPage(page)) {
    done("found the document", page.url);
    return { kind: "document", text: page.text, url: page.url };
  }
  // Links are hints of a stranger: each goes through the guarded fetch and must turn out to describe an API.
  const places = [...new Set([...candidatesIn(page.text, page.url, page.link), ...usualPlaces(page.url)])];
  for (let asked = 0; asked < Math.min(places.length, requestBudget); asked += 1) {
    const place = places[asked] ?? "";
    const answer = await read(fetch, place, signal).catch((error: unknown) => {
      if (isProblem(error) && !signal?.aborted) return undefined;
      throw error;
    });
    if (!answer?.ok || isPage(answer)) continue;
    if (describesApi(answer.text)) {
      done("found the document", answer.url);
      return { kind: "document", text: answer.text, url: answer.url };
    }
    const catalogue = candidatesIn(answer.text, answer.url, answer.link); // RFC 9727: a linkset names the description
    places.push(...catalogue.filter((one) => !places.includes(one)));
  }
  done("found pages for people, no machine-readable description", page.url);
  return { kind: "docs", url: page.url, markdown: pageAsMarkdown(page.text, page.url) };
}

const requestBudget = 24;
const accept = "application/openapi+json, application/json, application/yaml;q=0.9, text/html;q=0.8, */*;q=0.5";

type Answer = { ok: boolean; status: number; url: string; text: string; contentType: string; link: string };

async function read(fetch: GuardedFetch, url: string, signal: AbortSignal | undefined): Promise<Answer> {
  const response = await fetch(url, {
    headers: { accept },
    redirects: "follow",
    maxBytes: 40_000_000,
    timeoutMs: 30_000,
    ...(signal ? { signal } : {}),
  });
  return {
    ok: response.ok,
    status: response.status,
    url: response.url || url,
    text: await response.text(),
    contentType: response.headers.get("content-type") ?? "",
    link: response.headers.get("link") ?? "",
  };
}

function isPage({ contentType, text }: Answer): boolean {
  if (describesApi(text.slice(0, 4000))) return false;
  return /html/i.test(contentType) || /^\s*(<!doctype html|<html|<head|<!--)/i.test(text);
}
