import { createHash } from "node:crypto";
import type { Access } from "../contract/access.ts";
import { type Draft, headerOf } from "./draft.ts";
import type { Judgement } from "./match.ts";

/** A request as it will be sent, before the credential is added: what is judged, shown and remembered. */
export type AskedRequest = {
  operation: string;
  /** All operations the request may be: a policy against any of them holds. */
  operations: string[];
  access: Access;
  /** False when no operation of the integration is surely meant. */
  listed: boolean;
  method: string;
  host: string;
  path: string;
  query: string;
  contentType: string | null;
  bodyBytes: number;
  /** The tool's own headers, but those that say nothing of what is done. */
  headers: { name: string; value: string }[];
  /** Text as sent, cut at 20,000 characters; for other bytes a note of their size. */
  shownBody(): string | null;
  /** The same for the same method, host, path, query, content type, such headers and body. */
  hash(): string;
};

const shownCharacters = 20_000;

/** Who asks, for which form of answer, and marks of this one sending. */
const saysNothing =
  /^(accept|accept-.*|user-agent|content-type|cache-control|pragma|origin|referer|(x-)?(idempotency|request|correlation)-?(key|id)|traceparent|tracestate|date)$/i;

export function askedRequest(draft: Draft, host: string, judgement: Judgement): AskedRequest {
  const contentType = headerOf(draft.headers, "content-type") ?? null;
  const body = draft.body;
  const headers = draft.headers
    .filter(([name]) => !saysNothing.test(name))
    .map(([name, value]) => ({ name: name.toLowerCase(), value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return {
    ...judgement,
    method: draft.method,
    host,
    path: draft.path,
    query: draft.query,
    contentType,
    bodyBytes: body?.length ?? 0,
    headers,
    shownBody: () => (body && body.length > 0 ? shownBody(body) : null),
    hash: () => {
      const { type, content } = withoutBoundary(body, contentType);
      const hash = createHash("sha256");
      hash.update(JSON.stringify([draft.method, host, draft.path, draft.query, type, headers]));
      if (content) hash.update("\0").update(content);
      return hash.digest("base64url");
    },
  };
}

function shownBody(body: Buffer): string {
  const text = decodeText(body);
  if (text === undefined) return `[${body.length} bytes that are not text]`;
  if (text.length <= shownCharacters) return text;
  return `${text.slice(0, shownCharacters)}\n[${text.length - shownCharacters} more characters]`;
}

function decodeText(body: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    // oxlint-disable-next-line no-control-regex -- these tell bytes from text
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * A form's boundary is drawn anew for each request; the request is the same. Only where it parts the form: elsewhere it would
 * be the tool's choice which letters do not count.
 */
function withoutBoundary(
  body: Buffer | undefined,
  contentType: string | null,
): { type: string | null; content: Buffer | string | undefined } {
  const boundary = /^multipart\/.*;\s*boundary="?([^";]+)"?/i.exec(contentType ?? "")?.[1];
  if (body === undefined || contentType === null || boundary === undefined) return { type: contentType, content: body };
  const delimiter = new RegExp(
    `(?:^|\\r?\\n)--${boundary.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")}(--)?[ \\t]*(?=\\r?\\n|$)`,
  );
  return {
    type: contentType.replace(/;\s*boundary="?[^";]+"?/i, ""),
    content: JSON.stringify(body.toString("latin1").split(delimiter)),
  };
}
