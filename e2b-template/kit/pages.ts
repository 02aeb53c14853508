import { at, type Content, listIn } from "./answer.ts";
import type { AnyOperation, Pages } from "./definition.ts";
import { exit, Failure } from "./failure.ts";
import { slots } from "./inputs.ts";
import type { Parts } from "./request.ts";
import type { Answer } from "./send.ts";
import { isObject } from "./serialize.ts";

/** The next request after a page: other parts, or a whole address. */
export type Next = { parts: Parts } | { url: string };

/** Where the page after this one is; undefined when this was the last. */
export function nextPage(
  operation: AnyOperation,
  pages: Pages,
  parts: Parts,
  answer: Answer,
  content: Content,
): Next | undefined {
  const value = content.kind === "json" ? content.value : undefined;
  const count = listIn(value, pages.items)?.list.length ?? 0;
  const withParameter = (name: string, next: unknown): Next => {
    const inBody = slots(operation).some((slot) => slot.in === "body" && slot.name === name);
    if (!inBody) return { parts: { ...parts, query: { ...parts.query, [name]: next } } };
    return { parts: { ...parts, body: { ...(isObject(parts.body) ? parts.body : {}), [name]: next } } };
  };
  const known = (name: string): unknown => parts.query[name] ?? (isObject(parts.body) ? parts.body[name] : undefined);
  const full = (size: string | undefined): boolean => {
    const asked = size === undefined ? undefined : Number(known(size));
    return count > 0 && (asked === undefined || Number.isNaN(asked) || count >= asked);
  };
  switch (pages.by) {
    case "cursor": {
      if (pages.more !== undefined && at(value, pages.more.split(".")) !== true) return undefined;
      const cursor = at(value, pages.next.split("."));
      return (typeof cursor === "string" && cursor !== "") || (typeof cursor === "number" && count > 0)
        ? withParameter(pages.parameter, cursor)
        : undefined;
    }
    case "page":
      return full(pages.size)
        ? withParameter(pages.parameter, Number(known(pages.parameter) ?? pages.start ?? 1) + 1)
        : undefined;
    case "offset":
      return full(pages.size) ? withParameter(pages.parameter, Number(known(pages.parameter) ?? 0) + count) : undefined;
    case "link":
      return linked(answer.headers.get("link"));
    case "url": {
      const url = at(value, pages.next.split("."));
      return typeof url === "string" && url !== "" ? { url } : undefined;
    }
  }
}

/**
 * The address of a next page in the terms of the request before it. Only its path and query count: the service may name
 * itself by its public address while we reach it through the gateway. Another host is refused.
 *
 * @param base  The address the operation's path was put behind.
 * @param own  Hosts that are the service's own.
 */
export function nextAddress(url: string, before: string, base: string, own: string[]): string {
  const from = new URL(before);
  const target = URL.parse(url, before);
  if (target && (target.origin === from.origin || /^[?/]/.test(url))) return target.href;
  if (target && own.some((host) => host === target.host)) {
    // Through the gateway `http://gateway/<host><path>`; by hand another installation has its own host and base path.
    const direct = new URL(base);
    const through = direct.pathname.split("/")[1] === target.host;
    return `${direct.origin}${through ? `/${target.host}` : ""}${target.pathname}${target.search}`;
  }
  throw new Failure(
    "redirect_refused",
    `The next page lies at ${target?.host ?? "an address we cannot read"}, which is not this service.`,
    exit.service,
  );
}

function linked(header: string | null): Next | undefined {
  for (const match of (header ?? "").matchAll(/<([^>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*"?(?:[^";]*\s)?next(?:\s[^";]*)?"?/i.test(match[2] ?? "") && match[1]) return { url: match[1] };
  }
  return undefined;
}
