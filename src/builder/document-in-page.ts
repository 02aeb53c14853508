import { describesApi } from "./candidates.ts";

/**
 * The description a page carries in itself: Redoc, Scalar, Swagger UI and ReadMe write it into their HTML or the state their
 * script begins with. Undefined when it carries none.
 */
export function documentIn(html: string): string | undefined {
  const page = html.slice(0, scanLimit);
  for (const state of jsonIn(page)) {
    const document = describedIn(state, 0);
    if (document) return JSON.stringify(document);
  }
  return undefined;
}

/** The JSON values a page holds for its scripts: script elements of a JSON type, and what is set to a variable. */
export function* jsonIn(html: string): Generator<unknown> {
  for (const { attributes, body } of scriptsIn(html)) {
    if (/\bsrc\s*=/i.test(attributes)) continue;
    if (
      /\btype\s*=\s*["']?application\/(?:[\w.+-]*\+)?json/i.test(attributes) ||
      /\bid\s*=\s*["']?api-reference/i.test(attributes)
    ) {
      const value = parsed(body);
      if (value !== undefined) yield value;
    }
    // `__redoc_state = {…}`, `window.__INITIAL_STATE__ = {…}`, `options = {"swaggerDoc": {…}}`
    let tried = 0;
    for (const start of body.matchAll(/(?:[\w$.\]]|\)|")\s*[:=]\s*(?=\{)/g)) {
      if (start.index > 400_000 || (tried += 1) > 20) break;
      const at = start.index + start[0].length;
      const text = balanced(body, at);
      if (text === undefined || text.length < 40) continue;
      const value = parsed(text);
      if (value !== undefined) {
        yield value;
        break; // what follows is inside it, or another script's business
      }
    }
  }
  for (const [, attribute = ""] of html.matchAll(
    /\b(?:data-initial-props|data-state|data-props)\s*=\s*"([^"]{20,5000000})"/gi,
  )) {
    const value = parsed(unescaped(attribute));
    if (value !== undefined) yield value;
  }
}

/** Script elements that are closed: behind one that is not, no other can be. */
function* scriptsIn(html: string): Generator<{ attributes: string; body: string }> {
  const opening = /<script\b([^<>]{0,1000})>/gi;
  const closing = /<\/script>/gi;
  for (let open = opening.exec(html); open; open = opening.exec(html)) {
    closing.lastIndex = opening.lastIndex;
    const end = closing.exec(html);
    if (!end) return;
    yield { attributes: open[1] ?? "", body: html.slice(opening.lastIndex, end.index) };
    opening.lastIndex = closing.lastIndex;
  }
}

const scanLimit = 20_000_000;

function describedIn(value: unknown, depth: number): object | undefined {
  if (typeof value !== "object" || value === null || depth > 6) return undefined;
  if (
    ("openapi" in value || "swagger" in value) &&
    "paths" in value &&
    describesApi(JSON.stringify({ ...value, paths: {}, components: undefined, definitions: undefined }))
  )
    return value;
  for (const inner of Object.values(value).slice(0, 200)) {
    if (typeof inner === "string" && inner.length > 100 && /^\s*\{/.test(inner) && describesApi(inner.slice(0, 4000))) {
      const read = describedIn(parsed(inner), depth + 1);
      if (read) return read;
    }
    const found = describedIn(inner, depth + 1);
    if (found) return found;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The object that begins at `from`, by its braces; strings are skipped. */
function balanced(text: string, from: number): string | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const one = text[at];
    if (one === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === "\\") at += 1;
    } else if (one === "{") depth += 1;
    else if (one === "}" && --depth === 0) return text.slice(from, at + 1);
  }
  return undefined;
}

const unescaped = (text: string) =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#34;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
