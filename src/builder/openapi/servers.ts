import type { UrlVariable } from "../../contract/auth-method.ts";
import type { Server } from "./model.ts";

export type Base = { url: string; variables: UrlVariable[] };

/**
 * The address an API lives at: the first public https server, else the first that can be used; relative ones are taken
 * from where the document was fetched. Undefined when the document does not tell.
 */
export function baseOf(servers: Server[], fetchedFrom: string | undefined): Base | undefined {
  const usable = servers.flatMap((server) => {
    const absolute = absoluteUrl(server, fetchedFrom);
    return absolute === undefined ? [] : [{ ...server, url: absolute }];
  });
  const chosen =
    usable.find((one) => one.url.startsWith("https:") && !isLocal(one.url)) ??
    usable.find((one) => !isLocal(one.url)) ??
    usable[0];
  if (chosen) return finish(chosen);
  // Without any server the standard means "/" of the place the document came from.
  if (servers.length === 0 && fetchedFrom !== undefined) {
    const origin = URL.parse(fetchedFrom)?.origin;
    return origin && origin !== "null" ? { url: origin, variables: [] } : undefined;
  }
  return undefined;
}

/** A server of one operation as an address without blanks; undefined when it is the tool's own or cannot be used. */
export function operationServer(
  servers: Server[] | undefined,
  base: Base | undefined,
  fetchedFrom: string | undefined,
): string | undefined {
  if (!servers || servers.length === 0) return undefined;
  const own = baseOf(servers, fetchedFrom);
  if (!own || own.url === base?.url) return undefined;
  const url = own.url.replace(
    /\{([^{}]+)\}/g,
    (blank, name: string) => own.variables.find((one) => one.name === name)?.default ?? blank,
  );
  return url.includes("{") ? undefined : url;
}

/** The path of a base URL, for documents that say only that: `/api/v1`. */
export function basePath(servers: Server[]): string {
  const [first] = servers;
  return first && !/^[a-z]+:/i.test(first.url) ? first.url.replace(/\/+$/, "") : "";
}

function absoluteUrl(server: Server, fetchedFrom: string | undefined): string | undefined {
  const url = server.url.replace(/\$\{/g, "{");
  if (/^https?:\/\/[^/?#]/i.test(url)) return url;
  if (/^\/\/[^/]/.test(url)) return `https:${url}`;
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return undefined;
  if (/^\{[^{}]+\}/.test(url)) {
    // "{protocol}://{host}/v1", or a blank that is the whole address.
    const name = /^\{([^{}]+)\}/.exec(url)?.[1] ?? "";
    const known = server.variables[name]?.default ?? "";
    const filled = url.replace(`{${name}}`, () => known);
    return /^https?:\/\/./i.test(filled)
      ? filled
      : /^\{[^{}]+\}:\/\//.test(url)
        ? url.replace(/^\{[^{}]+\}/, "https")
        : `https://${url}`;
  }
  if (/^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[:/]|$)/i.test(url)) return `https://${url}`;
  if (fetchedFrom === undefined) return undefined;
  const holes: string[] = [];
  const resolved = URL.parse(
    url.replace(/\{[^{}]+\}/g, (hole) => `patchbay-hole-${holes.push(hole) - 1}-`),
    fetchedFrom,
  );
  if (!resolved || resolved.origin === "null") return undefined;
  return (resolved.origin + resolved.pathname).replace(
    /patchbay-hole-(\d+)-/g,
    (_, index: string) => holes[Number(index)] ?? "",
  );
}

function finish(server: Server): Base {
  // A public host is reached over https only.
  const secure = isLocal(server.url) ? server.url : server.url.replace(/^http:/i, "https:");
  const url = (secure.split(/[?#]/)[0] ?? secure).replace(/\/+$/, "");
  const names = [...new Set([...url.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? ""))];
  const variables: UrlVariable[] = [];
  let named = url;
  for (const name of names) {
    const said = server.variables[name];
    const safe =
      name
        .replace(/[^A-Za-z0-9_.]/g, "_")
        .replace(/^[^A-Za-z]+/, "")
        .slice(0, 60) || "value";
    named = named.replaceAll(`{${name}}`, () => `{${safe}}`);
    variables.push({
      name: safe,
      ...(said?.help ? { help: said.help.slice(0, 500) } : {}),
      ...(said?.options ? { options: said.options.filter((one) => one.length <= 200).slice(0, 100) } : {}),
      ...(said?.default !== undefined && said.default !== "" && said.default.length <= 200
        ? { default: said.default }
        : {}),
    });
  }
  return { url: named, variables };
}

function isLocal(url: string): boolean {
  const host = /^https?:\/\/(\[[^\]]+\]|[^/:?#]+)/i.exec(url)?.[1]?.toLowerCase() ?? "";
  return (
    /^(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0|\[::1\])/.test(host) ||
    /\.(?:local|localhost|internal|test|invalid)$/.test(host)
  );
}
