import { and, asc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Scope } from "../contract/scope.ts";
import type { Transaction } from "../database/database.ts";
import { build, docsSection, event, message } from "../database/tables.ts";
import { ModelMessage } from "../llm/model.ts";

/**
 * Whether the server may ask for an address that a model gives. The address itself can carry something out, and a text that was
 * read may order that; so it has to be one the model did not make up out of what it read:
 *
 * - at a host the person has named, anything; at one of the server's own network, nothing else;
 * - else an address that stands, letter by letter, in docs that were read here or in what a web search found, and of those
 *   `mostFound` until the person speaks again: choosing among many is a way to tell something too;
 * - else, while nothing of anybody else's was read in this conversation, an address out of the model's memory, path only.
 */
export async function mayRead(
  tx: Transaction,
  scope: Scope,
  { conversationId, address, isInside }: Asked,
): Promise<boolean> {
  const url = URL.parse(address);
  if (!url || url.username || url.password) return false;
  const words = await personsWords(tx, conversationId);
  if (names(words.texts, url)) return true;
  if (isInside(url.host)) return false;
  const past = await history(tx, conversationId);
  const isFound = wasSearched(past, url) || (await standsInDocs(tx, scope, conversationId, url));
  if (isFound) return (await askedUnnamed(tx, conversationId, words)) <= mostFound;
  return url.search === "" && isUntouched(past);
}

type Asked = {
  conversationId: string;
  address: string;
  /** Whether a host lies in the server's own network: only the person can send us there. */
  isInside(host: string): boolean;
};

const mostFound = 20;

/** The person's words here, and where the last of them stand. */
async function personsWords(tx: Transaction, conversationId: string): Promise<{ texts: string[]; last: number }> {
  const rows = await tx
    .select({ text: sql<string>`${event.body} ->> 'text'`, seq: event.seq })
    .from(event)
    .where(and(eq(event.conversationId, conversationId), sql`${event.body} ->> 'type' = 'user_message'`))
    .orderBy(asc(event.seq));
  return { texts: rows.map(({ text }) => text), last: rows.at(-1)?.seq ?? 0 };
}

function names(texts: string[], { host }: URL): boolean {
  return texts.some((text) => namesHost(text, host));
}

/** True when a host stands in a text as it is, not as the end or the beginning of another's. */
export function namesHost(text: string, host: string): boolean {
  const escaped = host.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.@-])${escaped}(?![\\w@:-]|\\.\\w)`, "i").test(text);
}

/** Links and addresses of the pages that were read here. */
async function standsInDocs(tx: Transaction, scope: Scope, conversationId: string, url: URL): Promise<boolean> {
  const rows = await tx
    .select({ page: docsSection.url, text: docsSection.text })
    .from(docsSection)
    .innerJoin(build, eq(docsSection.buildId, build.id))
    .where(
      and(
        eq(build.conversationId, conversationId),
        eq(build.personId, scope.personId),
        sql`position(${url.host} in lower(${docsSection.url} || ' ' || ${docsSection.text})) > 0`,
      ),
    );
  return rows.some(({ page, text }) => isSame(page, url) || addressesIn(text).some((found) => isSame(found, url)));
}

function wasSearched(past: ModelMessage[], url: URL): boolean {
  return past.some(({ content }) =>
    content.some((block) => {
      const found = block.type === "opaque" ? SearchResult.safeParse(block.block) : undefined;
      return found?.success && found.data.content.some((one) => isSame(one.url, url));
    }),
  );
}

const SearchResult = z.object({
  type: z.literal("web_search_tool_result"),
  content: z.array(z.object({ url: z.string() })),
});

/** How many addresses at hosts nobody named were asked for since the person spoke, with the one at hand. */
async function askedUnnamed(
  tx: Transaction,
  conversationId: string,
  { texts, last }: { texts: string[]; last: number },
): Promise<number> {
  const rows = await tx
    .select({
      asked: sql<string | null>`coalesce(${event.body} -> 'input' ->> 'url', ${event.body} -> 'input' ->> 'page')`,
    })
    .from(event)
    .where(
      and(
        eq(event.conversationId, conversationId),
        sql`${event.seq} > ${last}`,
        sql`${event.body} ->> 'type' = 'tool_started'`,
      ),
    );
  return rows.filter(({ asked }) => {
    const url = asked === null ? null : URL.parse(asked);
    return url && !names(texts, url);
  }).length;
}

/** True while the model has seen nothing here but the person's words and the server's own. */
function isUntouched(past: ModelMessage[]): boolean {
  return past.every(({ content }) =>
    content.every((block) => {
      if (block.type === "tool_result") return block.is_error === true && isOwnRefusal(block.content);
      if (block.type === "opaque") return block.block.type !== "web_search_tool_result";
      return block.type !== "text" || !block.text.startsWith("[Patchbay]");
    }),
  );
}

/** Failures whose sentences hold nothing a stranger wrote. */
function isOwnRefusal(content: string): boolean {
  const code = /^\{"ok":false,"code":"([a-z_]+)"/.exec(content)?.[1];
  return content === addressRefused || (code !== undefined && ownCodes.has(code));
}

const ownCodes = new Set([
  "nothing_found",
  "document_missing",
  "document_empty",
  "address_refused",
  "scheme_refused",
  "host_refused",
  "answer_too_large",
  "answer_too_slow",
]);

/** What a model is told instead of a page it may not ask for. */
export const addressRefused =
  "Not asked for: the person has not named this host, and the address stands, letter by letter, in nothing that was read here. Offer it to them with `choices`, the address in full as the label, or ask them for one.";

async function history(tx: Transaction, conversationId: string): Promise<ModelMessage[]> {
  const rows = await tx
    .select({ role: message.role, content: message.content })
    .from(message)
    .where(eq(message.conversationId, conversationId));
  return rows.map((row) => ModelMessage.parse(row));
}

const addressesIn = (text: string) => text.match(/https?:\/\/[^\s<>"'`)\]|\\]+/gi) ?? [];

/** One address, whatever punctuation ends its sentence, with or without fragment. */
function isSame(found: string, url: URL): boolean {
  const read = URL.parse(found.replace(/[.,;:!?]+$/, ""));
  if (!read) return false;
  return bare(read) === bare(url);
}

function bare(url: URL): string {
  const copy = new URL(url);
  copy.hash = "";
  return copy.href;
}
