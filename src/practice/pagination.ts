import { z } from "zod";
import { Refusal } from "./refusal.ts";

/** Query parameters of cursor pagination: cards and comments. */
export const CursorQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25).describe("How many at most."),
  cursor: z.string().optional().describe("`next_cursor` of the page before; left out for the first page."),
});

/** A page with a cursor: `next_cursor` is null on the last one. */
export const cursorPage = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next_cursor: z
      .string()
      .nullable()
      .describe("Hand it back as `cursor` for the next page; null when this is the last."),
  });

/** Query parameters of numbered pages: boards and search. */
export const PageQuery = z.object({
  page: z.coerce.number().int().min(1).max(100_000).default(1).describe("Which page, counting from 1."),
  per_page: z.coerce.number().int().min(1).max(50).default(10).describe("How many on one page."),
});

/**
 * Cuts one page out of `items`, which are sorted by (position, id). The cursor says where the last page ended, not
 * which item ended it: so a page goes on rightly when that item has been deleted meanwhile.
 */
export function cutByCursor<Item extends { id: string; position: number }>(
  items: Item[],
  query: z.output<typeof CursorQuery>,
) {
  const start = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const rest = start
    ? items.filter(({ position, id }) => position > start.position || (position === start.position && id > start.id))
    : items;
  const page = rest.slice(0, query.limit);
  const last = page.at(-1);
  return { items: page, next_cursor: last && rest.length > page.length ? writeCursor(last) : null };
}

const Cursor = z.tuple([z.number(), z.string()]);

const writeCursor = ({ position, id }: { position: number; id: string }) =>
  Buffer.from(JSON.stringify([position, id])).toString("base64url");

function readCursor(text: string) {
  try {
    const [position, id] = Cursor.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
    return { position, id };
  } catch {
    throw new Refusal(
      400,
      "invalid_cursor",
      "This cursor is not one of ours. Ask for the first page again, without a cursor.",
    );
  }
}

/** Cuts a numbered page; `links` is the value of the Link header (RFC 8288), empty when there is one page only. */
export function cutByPage<Item>(items: Item[], query: z.output<typeof PageQuery>, url: URL) {
  const { page, per_page } = query;
  const last = Math.max(1, Math.ceil(items.length / per_page));
  const link = (relation: string, target: number) => {
    const address = new URL(url);
    // Who asks signs in anew on the next page: a link is no place for secrets.
    for (const secret of ["key", "token"]) address.searchParams.delete(secret);
    address.searchParams.set("page", String(target));
    return `<${address}>; rel="${relation}"`;
  };
  const links = [
    page > 1 && link("prev", Math.min(page - 1, last)),
    page < last && link("next", page + 1),
    last > 1 && link("first", 1),
    last > 1 && link("last", last),
  ].filter((entry) => entry !== false);
  return {
    items: items.slice((page - 1) * per_page, page * per_page),
    total: items.length,
    page,
    per_page,
    links: links.join(", "),
  };
}
