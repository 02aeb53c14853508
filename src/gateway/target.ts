import { Problem } from "../contract/problem.ts";
import { type Host, readHost } from "./host.ts";

/** Where a tool's request wants to go: `/api.example.com/boards/7?limit=3` at the gateway. */
export type Target = {
  host: Host;
  /** As it will be sent: raw, beginning with `/`. */
  path: string;
  /** Raw, without `?`; the grant may still stand in it. */
  query: string;
};

/**
 * Reads the request line's target. Whatever two servers could read in two ways is refused, so that what the gateway judges is
 * what the service does: dot segments in any spelling, empty segments, backslashes, control characters, absolute form.
 *
 * @throws Problem `path_refused`, `host_refused`
 */
export function readTarget(url: string): Target {
  if (url.length > 16_000)
    throw new Problem("request_refused", { detail: "its address is longer than 16,000 characters" });
  if (!/^\/[!-~]*$/.test(url) || url.includes("#")) throw new Problem("path_refused");
  const queryAt = url.indexOf("?");
  const whole = queryAt === -1 ? url : url.slice(0, queryAt);
  const pathAt = whole.indexOf("/", 1);
  const host = readHost(pathAt === -1 ? whole.slice(1) : whole.slice(1, pathAt));
  const path = pathAt === -1 ? "/" : whole.slice(pathAt);
  refuseTricks(path);
  return { host, path, query: queryAt === -1 ? "" : url.slice(queryAt + 1) };
}

/** Reads where a redirect leads, by the same rules; undefined when that is nowhere we go. */
export function readRedirect(location: string, base: string): { scheme: string; target: Target } | undefined {
  // A parser would tidy dot segments and backslashes away before they are seen.
  if (/\\|\/\.{1,2}(?:\/|$)|%2e|%2f|%5c/i.test(location.split("?", 1)[0] ?? "")) return undefined;
  const url = URL.parse(location, base);
  if (!url || url.username !== "" || url.password !== "") return undefined;
  try {
    return { scheme: url.protocol, target: readTarget(`/${url.host}${url.pathname}${url.search}`) };
  } catch {
    return undefined;
  }
}

function refuseTricks(path: string): void {
  if (path === "/") return;
  // Nothing unusual in it: the common case costs one look.
  if (/^(?:\/[\w:@~!$&'()*+,=-][\w:@~!$&'()*+,=.-]*)+\/?$/.test(path)) return;
  if (path.includes("\\") || path.includes("//")) throw new Problem("path_refused");
  let reading = path;
  for (let depth = 0; depth < 3; depth += 1) {
    if (hasTrick(reading)) throw new Problem("path_refused");
    const decoded = decode(reading);
    if (decoded === reading) return;
    reading = decoded;
  }
  // Encoded more than twice: nobody means that.
  throw new Problem("path_refused");
}

function hasTrick(reading: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\\ufffd]/.test(reading)) return true;
  return reading.split("/").some((segment) => {
    const name = segment.split(";", 1)[0] ?? "";
    return name === "." || name === "..";
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Problem("path_refused"); // half an escape, or not UTF-8
  }
}
