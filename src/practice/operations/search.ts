import { z } from "zod";
import { boardsOf } from "../kanban.ts";
import { SearchHit } from "../nouns.ts";
import { ok, operation } from "../operation.ts";
import { cutByPage, PageQuery } from "../pagination.ts";

export const searchOperations = [
  operation({
    id: "search",
    method: "get",
    path: "/search",
    tag: "Search",
    summary: "Search boards, cards and comments",
    description: "Finds texts that hold all words of the query, in any case and order. Archived things are left out.",
    access: "read",
    query: PageQuery.extend({
      query: z.string().trim().min(1).max(200).describe("Words to look for.").meta({ example: "tiles" }),
      type: z.enum(["board", "card", "comment"]).optional().describe("Only things of this kind."),
    }),
    answers: {
      200: {
        description: "One page of finds: boards, then cards, then comments.",
        schema: z.object({
          items: z.array(SearchHit),
          page: z.int().describe("The page you asked for."),
          per_page: z.int().describe("How many are on one page."),
          total: z.int().describe("How many finds there are in all."),
        }),
      },
    },
    run({ query, url, kanban, person }) {
      const words = query.query.toLowerCase().split(/\s+/);
      const holds = (text: string) => words.every((word) => text.toLowerCase().includes(word));
      const boards = boardsOf({ kanban, person }).filter(({ archived }) => !archived);
      const boardIds = new Set(boards.map(({ id }) => id));
      const cards = kanban.cards.all().filter((card) => boardIds.has(card.board_id) && !card.archived);
      const cardById = new Map(cards.map((card) => [card.id, card]));

      const hits: SearchHit[] = [
        ...boards
          .filter((board) => holds(`${board.name} ${board.description}`))
          .map((board) => ({
            type: "board" as const,
            id: board.id,
            title: board.name,
            excerpt: excerpt(board.description, words),
            board_id: board.id,
            card_id: null,
          })),
        ...cards
          .filter((card) => holds(`${card.name} ${card.description}`))
          .map((card) => ({
            type: "card" as const,
            id: card.id,
            title: card.name,
            excerpt: excerpt(card.description, words),
            board_id: card.board_id,
            card_id: card.id,
          })),
        ...kanban.comments.all().flatMap((comment) => {
          const card = cardById.get(comment.card_id);
          if (!card || !holds(comment.text)) return [];
          return [
            {
              type: "comment" as const,
              id: comment.id,
              title: card.name,
              excerpt: excerpt(comment.text, words),
              board_id: card.board_id,
              card_id: card.id,
            },
          ];
        }),
      ];
      const { items, page, per_page, total } = cutByPage(
        hits.filter(({ type }) => query.type === undefined || type === query.type),
        query,
        url,
      );
      return ok({ items, page, per_page, total });
    },
  }),
];

function excerpt(text: string, words: string[]): string {
  const found = Math.max(0, text.toLowerCase().indexOf(words[0] ?? ""));
  const start = Math.max(0, found - 60);
  return `${start > 0 ? "…" : ""}${text.slice(start, start + 160)}${text.length > start + 160 ? "…" : ""}`;
}
