import type { GuardedFetch } from "../gateway/guarded-fetch.ts";
import { describesApi } from "./candidates.ts";

/** What an address gave. */
export type Fetched = {
  ok: boolean;
  status: number;
  /** Where it came from in the end. */
  url: string;
  text: string;
  contentType: string;
  link: string;
};

type Limits = {
  signal?: AbortSignal | undefined;
  maxBytes?: number;
  timeoutMs?: number;
  accept?: string;
  /** Where this address was found, if a person did not give it. */
  namedBy?: string;
};

/** Asks for an address as a reader of documents and pages does. */
export async function fetchPage(fetch: GuardedFetch, url: string, limits: Limits = {}): Promise<Fetched> {
  const { signal, namedBy, maxBytes = 40_000_000, timeoutMs = 30_000, accept = documentsFirst } = limits;
  const response = await fetch(url, {
    headers: { accept },
    redirects: "follow",
    maxBytes,
    timeoutMs,
    ...(signal ? { signal } : {}),
    ...(namedBy === undefined ? {} : { namedBy }),
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

const documentsFirst = "application/openapi+json, application/json, application/yaml;q=0.9, text/html;q=0.8, */*;q=0.5";
export const pagesFirst = "text/markdown, text/html;q=0.9, text/plain;q=0.8, */*;q=0.5";

/** True for a page for people; a document served as a page is none. */
export function isPage({ contentType, text }: Pick<Fetched, "contentType" | "text">): boolean {
  if (describesApi(text.slice(0, 4000)) && !isHtml(text)) return false;
  return /html/i.test(contentType) || isHtml(text);
}

const isHtml = (text: string) => /^\s*(<!doctype html|<html|<head|<!--)/i.test(text);
