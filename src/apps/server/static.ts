import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { MiddlewareHandler } from "hono";

type Options = { files: string[] } | { page: string };

/**
 * Serves a folder of built files. With `files`, only those; with `page`, that one also answers every address without a file,
 * since the page draws its own addresses. Files whose names carry their hash are kept by browsers for a year.
 */
export function serveFolder(folder: string, options: Options): MiddlewareHandler {
  const kept = new Map<string, { modified: number; plain: Buffer; small: Buffer; tag: string }>();

  async function load(name: string) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (!facts?.isFile()) return undefined;
    const before = kept.get(name);
    if (before?.modified === facts.mtimeMs) return before;
    const plain = await readFile(path);
    const tag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
    const loaded = { modified: facts.mtimeMs, plain, small: await promisify(gzip)(plain), tag };
    kept.set(name, loaded);
    return loaded;
  }

  return async (c, next) => {
    if (c.req.method !== "GET" && c.req.method !== "HEAD") return next();
    const asked = normalize(decodePath(c.req.path)).replace(/^[/\\]+/, "");
    if (asked.startsWith("..") || asked.includes("\0")) return next();
    let name = asked;
    if ("files" in options) {
      if (!options.files.includes(name)) return next();
    } else if (name === "" || (extname(name) === "" && (c.req.header("accept") ?? "").includes("text/html"))) {
      name = options.page;
    }
    const file = await load(name);
    if (!file) return next();
    const headers = {
      "content-type": contentTypes[extname(name)] ?? "application/octet-stream",
      "cache-control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      vary: "accept-encoding",
      etag: file.tag,
    };
    if (c.req.header("if-none-match") === file.tag) return c.body(null, 304, headers);
    const isSmall = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "") && file.small.length < file.plain.length;
    const body = isSmall ? file.small : file.plain;
    return c.body(new Uint8Array(body), 200, isSmall ? { ...headers, "content-encoding": "gzip" } : headers);
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "\0";
  }
}

const contentTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};
