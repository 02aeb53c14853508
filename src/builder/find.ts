import type { BuildStep } from "../contract/chat.ts";
import { Problem, isProblem } from "../contract/problem.ts";
import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import { candidatesIn, describesApi, usualPlaces } from "./candidates.ts";
import { documentIn } from "./document-in-page.ts";
import { fetchPage, type Fetched, isPage } from "./fetch-page.ts";
import { answersLikeGraphQl, introspect, isCalledGraphQl } from "./graphql-endpoint.ts";
import { protectedResource } from "./protected-resource.ts";

/**
 * What a person asked for: a name, an address, or a document they pasted or dropped. One that a model can have written
 * (`isByModel`) has nothing fetched that it refers to: the addresses in it could carry something out.
 */
export type Wish = { wish?: string; url?: string; document?: string; isByModel?: boolean };

export type Found =
  | { kind: "catalogue"; slug: string }
  | { kind: "document"; text: string; url?: string; slug?: string; isByModel?: boolean }
  /** Pages for people; `asked` are the addresses where no description was. */
  | { kind: "docs"; page: Fetched; asked: Set<string> };

type Needs = {
  fetch: GuardedFetch;
  /** What the catalogue knows by this name: a ready entry, or the address of a description (the practice service). */
  inCatalogue(wish: string): CatalogueHit | undefined;
};

export type CatalogueHit = { slug: string } | { documentUrl: string; slug: string };

type Options = { onStep: (step: BuildStep) => void; signal?: AbortSignal };

/**
 * Finds what a tool can be made of: the catalogue's entry, a machine-readable description (given, in the page, linked from it,
 * or in one of the usual places of its host), else the page itself for a reader.
 *
 * @throws Problem `nothing_found`, `document_missing`, `document_empty`, and those of the guarded fetch.
 */
export async function find(needs: Needs, wish: Wish, options: Options): Promise<Found> {
  if (wish.document !== undefined) {
    if (wish.document.trim() === "") throw new Problem("document_empty");
    return { kind: "document", text: wish.document, ...(wish.isByModel ? { isByModel: true } : {}) };
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

async function atAddress(
  fetch: GuardedFetch,
  url: string,
  { onStep, signal, namedBy }: Options & { namedBy?: string },
): Promise<Found> {
  const started = performance.now();
  onStep({ step: "reading the address", detail: url, state: "running" });
  const done = (step: string, detail: string) =>
    onStep({ step, detail, ms: Math.round(performance.now() - started), state: "done" });
  const schemaAt = async (address: string): Promise<Found | undefined> => {
    const answer = await introspect(fetch, address, { signal, namedBy });
    if (answer) done("asked the GraphQL endpoint for its schema", answer.url);
    return answer && { kind: "document", ...answer };
  };

  const schema = isCalledGraphQl(url) ? await schemaAt(url) : undefined;
  if (schema) return schema;
  const page = await fetchPage(fetch, url, { signal, ...(namedBy === undefined ? {} : { namedBy }) });
  if (answersLikeGraphQl(page.text)) {
    const found = await schemaAt(page.url);
    if (found) return found;
  }
  if (!page.ok) {
    // The base of an API often answers with 401 or 404; what describes it may lie beside it all the same.
    const places = /\.(json|ya?ml)$/i.test(new URL(page.url).pathname) ? [] : usualPlaces(page.url);
    const found = await firstDescription(fetch, places, {
      asked: new Set(),
      namedBy: page.url,
      signal,
      most: requestBudget,
    });
    if (found) {
      done("found the document", found.url);
      return { kind: "document", text: found.text, url: found.url };
    }
    const documentation =
      places.length > 0 ? (await protectedResource(fetch, page.url, { signal }))?.documentation : undefined;
    if (documentation && documentation !== url)
      return atAddress(fetch, documentation, { onStep, namedBy: page.url, ...(signal ? { signal } : {}) });
    throw new Problem("document_missing", { status: page.status });
  }
  if (page.text.trim() === "") throw new Problem("document_empty");

  if (!isPage(page) && !isText(page)) {
    done("found the document", page.url);
    return { kind: "document", text: page.text, url: page.url };
  }
  const within = documentIn(page.text);
  if (within) {
    done("found the document in the page", page.url);
    return { kind: "document", text: within, url: page.url };
  }
  const places = [...candidatesIn(page.text, page.url, page.link), ...usualPlaces(page.url)];
  const asked = new Set<string>();
  const found = await firstDescription(fetch, places, { asked, namedBy: page.url, signal, most: requestBudget });
  if (found) {
    done("found the document", found.url);
    return { kind: "document", text: found.text, url: found.url };
  }
  done("found pages for people, no machine-readable description", page.url);
  return { kind: "docs", page, asked };
}

/**
 * The first of these places that describes an API. They are hints of a stranger: each goes through the guarded fetch and has to
 * turn out to be a description; those that name others (an API catalogue, an llms.txt) are followed.
 */
export async function firstDescription(
  fetch: GuardedFetch,
  given: string[],
  o: { asked: Set<string>; namedBy: string; signal?: AbortSignal | undefined; most: number },
): Promise<{ text: string; url: string } | undefined> {
  const { asked, signal, most } = o;
  const places = given.filter((place) => !asked.has(place));
  const namers = new Map<string, string>();
  for (let at = 0; at < Math.min(places.length, most); at += together) {
    const wave = [...new Set(places.slice(at, Math.min(at + together, most)))];
    for (const place of wave) asked.add(place);
    const answers = await Promise.all(
      wave.map((place) =>
        fetchPage(fetch, place, { signal, namedBy: namers.get(place) ?? o.namedBy, timeoutMs: 15_000 }).catch(
          (error: unknown) => {
            if (isProblem(error) && !signal?.aborted) return undefined;
            throw error;
          },
        ),
      ),
    );
    for (const answer of answers) {
      if (!answer?.ok) continue;
      if (isPage(answer)) continue;
      if (describesApi(answer.text)) return answer;
      // RFC 9727: a linkset names the description; a list for language models (llms.txt) links it.
      for (const one of candidatesIn(answer.text, answer.url, answer.link)) {
        if (asked.has(one)) continue;
        places.push(one);
        namers.set(one, answer.url);
      }
    }
  }
  return undefined;
}

const requestBudget = 30;
const together = 5;

/** Plain text or markdown that describes no API: a page for people without its dress. */
const isText = ({ contentType, text }: Fetched) => /^text\/(plain|markdown)/i.test(contentType) && isProse(text);
const isProse = (text: string) => !describesApi(text) && /^#{1,3} \S/m.test(text);
