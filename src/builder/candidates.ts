/**
 * Addresses where a page says, or habit has it, that a machine-readable description lies. Only guesses: whoever uses them
 * fetches each and looks with `describesApi`.
 */
export function candidatesIn(text: string, base: string, linkHeader = ""): string[] {
  const found: string[] = [];
  const add = (address: string | undefined) => {
    if (!address) return;
    const url = URL.parse(address.replaceAll("&amp;", "&").replaceAll("\\/", "/"), base);
    if (url && /^https?:$/.test(url.protocol)) {
      url.hash = "";
      if (url.href !== base && !found.includes(url.href)) found.push(url.href);
    }
  };

  // RFC 8631: `service-desc` is the relation for machine-readable descriptions, in a header, a <link> or a linkset.
  for (const [, href] of linkHeader.matchAll(/<([^<>]+)>\s*;[^,<]*rel="?[^",<]*service-desc/gi)) add(href);
  const head = text.slice(0, scanLimit);
  for (const [tag] of head.matchAll(/<(?:link|a)\b[^<>]{0,600}>/gi)) {
    if (
      /\brel\s*=\s*["']?[^"'>]*service-desc/i.test(tag) ||
      /\btype\s*=\s*["']application\/(openapi|vnd\.oai)/i.test(tag)
    )
      add(hrefOf(tag));
  }
  for (const [, links] of head.matchAll(/"service-desc"\s*:\s*\[([^\]]{0,2000})\]/g)) {
    for (const [, href] of (links ?? "").matchAll(/"href"\s*:\s*"([^"]+)"/g)) add(href);
  }
  // Redoc: <redoc spec-url>; Scalar: data-url; Swagger UI, Stoplight, RapiDoc: url, apiDescriptionUrl, spec-url.
  for (const [, href] of head.matchAll(
    /\b(?:spec-url|data-url|data-spec-url|apiDescriptionUrl)\s*=\s*["']([^"']{1,500})["']/gi,
  ))
    add(href);
  for (const [, href] of head.matchAll(/\bRedoc\.init\(\s*["']([^"']{1,500})["']/g)) add(href);
  for (const [, href] of head.matchAll(
    /["']?\b(?:url|specUrl|spec_url|specUri|openapi)["']?\s*:\s*["']([^"'\s]{1,500})["']/g,
  )) {
    if (href && looksLikeDocument(href)) add(href);
  }
  // Swagger UI keeps its settings in a script of its own.
  for (const [, src] of head.matchAll(
    /<script\b[^<>]{0,300}\bsrc\s*=\s*["']([^"']*swagger-initializer\.js[^"']*)["']/gi,
  ))
    add(src);
  for (const [, href] of head.matchAll(/\b(?:href|src)\s*=\s*["']([^"'\s]{1,500})["']/gi)) {
    if (href && looksLikeDocument(href)) add(href);
  }
  for (const [, href] of head.matchAll(/\]\(([^()\s]{1,500})\)/g)) if (href && looksLikeDocument(href)) add(href);
  for (const place of postmanCollections(head)) add(place);
  return found.slice(0, 12);
}

/** Places that many servers use, beside the page and at the root of its host. */
export function usualPlaces(base: string): string[] {
  const root = new URL("/", base);
  const beside = new URL(".", base);
  const places = ["/.well-known/api-catalog", "/llms.txt"].map((name) => new URL(name, root).href);
  for (const folder of beside.href === root.href ? [root] : [beside, root]) {
    for (const name of usualNames) places.push(new URL(name, folder).href);
  }
  for (const name of ["api/openapi.json", ".well-known/openapi.json"]) places.push(new URL(name, root).href);
  return places;
}

const usualNames = [
  "openapi.json",
  "openapi.yaml",
  "swagger.json",
  "api-docs",
  "v3/api-docs",
  "swagger/v1/swagger.json",
  "openapi.yml",
];

/** True when a text is an OpenAPI, Swagger, Google Discovery or Postman document, as far as a glance can tell. */
export function describesApi(text: string): boolean {
  return (
    // Blanks, but no line ends: each of those begins anew, and a page of nothing else would take hours.
    /(?:^|[\n{,])[^\S\n]*["']?(?:openapi|swagger)["']?\s*:\s*["']?[123]\.\d/.test(text) ||
    /"kind"\s*:\s*"discovery#restDescription"/.test(text) ||
    /schema\.getpostman\.com\/json\/collection/.test(text)
  );
}

/** Pages are strangers' text: a bound keeps the patterns above from taking long. */
const scanLimit = 2_000_000;

function looksLikeDocument(href: string): boolean {
  return (
    /(openapi|swagger|api-docs|api[-_]?spec|postman[-_]collection)[^?#]*(\.(json|ya?ml)|api-docs)?([?#]|$)/i.test(
      href,
    ) && !/\.(js|mjs|css|png|svg|ico|html?|md)([?#]|$)/i.test(href)
  );
}

/** A page of Postman's documenter loads its collection by these two ids. */
function postmanCollections(html: string): string[] {
  const meta = (name: string) =>
    html
      .match(new RegExp(`<meta\\b[^>]{0,200}\\bname\\s*=\\s*["']${name}["'][^>]{0,200}>`, "i"))?.[0]
      .match(/\bcontent\s*=\s*["']([\w-]{1,100})["']/i)?.[1];
  const [owner, published] = [meta("ownerId"), meta("publishedId")];
  if (!owner || !published) return [];
  const path = `/api/collections/${owner}/${published}?segregateAuth=true&versionTag=latest`;
  return [path, `https://documenter.gw.postman.com${path}`];
}

function hrefOf(tag: string): string | undefined {
  return /\bhref\s*=\s*["']([^"']+)["']/i.exec(tag)?.[1];
}
