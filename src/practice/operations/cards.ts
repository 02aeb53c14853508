import { z } from "zod";
import { byPosition, findBoard, findCard, findList, newId, now, positionAt, removeCard } from "../kanban.ts";
import type { Kanban } from "../kanban.ts";
import { Card } from "../nouns.ts";
import { created, gone, ok, operation } from "../operation.ts";
import { cursorPage, CursorQuery, cutByCursor } from "../pagination.ts";
import { Refusal } from "../refusal.ts";

const name = z.string().trim().min(1).max(500).meta({ example: "Choose the tiles" });
const description = z.string().max(50_000).describe("Plain text.");
const due_at = z.iso
  .datetime()
  .nullable()
  .describe("When it is due, UTC; null for no date.")
  .meta({ example: "2026-03-02T09:30:00.000Z" });
const label_ids = z
  .array(z.string())
  .max(20)
  .describe("Labels of the board.")
  .meta({ example: ["lbl_kitchen_urgent"] });
const end = z.enum(["top", "bottom"]).describe("Which end of the list.");

const CardQuery = CursorQuery.extend({
  state: z.enum(["open", "archived", "all"]).default("open").describe("Which cards."),
  label_id: z
    .array(z.string())
    .optional()
    .describe("Only cards that carry all of these labels. Repeat the parameter for several."),
  due_before: z.iso
    .datetime()
    .optional()
    .describe("Only cards that are due before this moment, UTC.")
    .meta({ example: "2026-12-31T00:00:00.000Z" }),
});

function matching(cards: Card[], { state, label_id = [], due_before }: z.output<typeof CardQuery>) {
  return cards.filter(
    (card) =>
      (state === "all" || card.archived === (state === "archived")) &&
      label_id.every((id) => card.label_ids.includes(id)) &&
      (due_before === undefined || (card.due_at !== null && Date.parse(card.due_at) < Date.parse(due_before))),
  );
}

function checkLabels(kanban: Kanban, boardId: string, ids: string[]) {
  for (const id of ids) {
    if (kanban.labels.get(id)?.board_id === boardId) continue;
    const message = `There is no label ${id} on this board.`;
    throw new Refusal(422, "invalid_fields", message, { details: [{ field: "label_ids", message }] });
  }
}

const inList = (kanban: Kanban, listId: string, except?: string) =>
  kanban.cards.all().filter(({ list_id, id }) => list_id === listId && id !== except);

export const cardOperations = [
  operation({
    id: "listBoardCards",
    method: "get",
    path: "/boards/{board_id}/cards",
    tag: "Cards",
    summary: "List the cards of a board",
    description: "Cards of all lists of the board, page by page with a cursor.",
    access: "read",
    query: CardQuery,
    answers: { 200: { description: "One page of cards.", schema: cursorPage(Card) } },
    run({ path, query, ...sight }) {
      const board = findBoard(sight, path.board_id);
      const cards = sight.kanban.cards.all().filter((card) => card.board_id === board.id);
      return ok(cutByCursor(matching(cards, query).toSorted(byPosition), query));
    },
  }),
  operation({
    id: "listCards",
    method: "get",
    path: "/lists/{list_id}/cards",
    tag: "Cards",
    summary: "List the cards of a list",
    description: "From top to bottom, page by page with a cursor.",
    access: "read",
    query: CardQuery,
    answers: { 200: { description: "One page of cards.", schema: cursorPage(Card) } },
    run({ path, query, ...sight }) {
      const list = findList(sight, path.list_id);
      return ok(cutByCursor(matching(inList(sight.kanban, list.id), query).toSorted(byPosition), query));
    },
  }),
  operation({
    id: "createCard",
    method: "post",
    path: "/lists/{list_id}/cards",
    tag: "Cards",
    summary: "Add a card to a list",
    access: "write",
    body: {
      type: "application/json",
      schema: z.strictObject({
        name,
        description: description.optional(),
        due_at: due_at.optional(),
        label_ids: label_ids.optional(),
        position: end.default("bottom"),
      }),
      example: { name: "Order the sink", due_at: "2026-03-02T09:30:00.000Z" },
    },
    answers: { 201: { description: "The new card.", schema: Card, headers: { Location: "Address of the new card." } } },
    run({ path, body, ...sight }) {
      const list = findList(sight, path.list_id);
      checkLabels(sight.kanban, list.board_id, body.label_ids ?? []);
      const card: Card = {
        id: newId("crd"),
        board_id: list.board_id,
        list_id: list.id,
        name: body.name,
        description: body.description ?? "",
        due_at: body.due_at ?? null,
        label_ids: body.label_ids ?? [],
        position: positionAt(body.position, inList(sight.kanban, list.id)),
        archived: false,
        created_by: sight.person.id,
        created_at: now(),
        updated_at: now(),
      };
      sight.kanban.cards.put(card);
      return created(card, `/v1/cards/${card.id}`);
    },
  }),
  operation({
    id: "getCard",
    method: "get",
    path: "/cards/{card_id}",
    tag: "Cards",
    summary: "Get a card",
    access: "read",
    answers: { 200: { description: "The card.", schema: Card } },
    run: ({ path, ...sight }) => ok(findCard(sight, path.card_id)),
  }),
  operation({
    id: "updateCard",
    method: "patch",
    path: "/cards/{card_id}",
    tag: "Cards",
    summary: "Change a card",
    description: "Fields left out stay as they are. To move a card to another list, use `moveCard`.",
    access: "write",
    body: {
      type: "application/json",
      schema: z.strictObject({ name, description, due_at, label_ids, archived: z.boolean() }).partial(),
      example: { due_at: null },
    },
    answers: { 200: { description: "The card as it is now.", schema: Card } },
    run({ path, body, ...sight }) {
      const card = findCard(sight, path.card_id);
      checkLabels(sight.kanban, card.board_id, body.label_ids ?? []);
      const changed: Card = { ...card, ...body, updated_at: now() };
      sight.kanban.cards.put(changed);
      return ok(changed);
    },
  }),
  operation({
    id: "moveCard",
    method: "post",
    path: "/cards/{card_id}/move",
    tag: "Cards",
    summary: "Move a card to another list",
    description:
      "Also within its own list, from one end to the other. A card that moves to another board loses its labels.",
    access: "write",
    body: {
      type: "application/json",
      schema: z.strictObject({
        list_id: z.string().describe("Where it goes.").meta({ example: "lst_kitchen_done" }),
        position: end.default("bottom"),
      }),
      example: { list_id: "lst_kitchen_done", position: "top" },
    },
    answers: { 200: { description: "The card in its new place.", schema: Card } },
    run({ path, body, ...sight }) {
      const card = findCard(sight, path.card_id);
      const list = findList(sight, body.list_id);
      const moved: Card = {
        ...card,
        board_id: list.board_id,
        list_id: list.id,
        label_ids: list.board_id === card.board_id ? card.label_ids : [],
        position: positionAt(body.position, inList(sight.kanban, list.id, card.id)),
        updated_at: now(),
      };
      sight.kanban.cards.put(moved);
      return ok(moved);
    },
  }),
  operation({
    id: "archiveCard",
    method: "post",
    path: "/cards/{card_id}/archive",
    tag: "Cards",
    summary: "Archive a card",
    description: "Takes no body. To bring the card back, set `archived` to false with `updateCard`.",
    access: "write",
    answers: { 200: { description: "The archived card.", schema: Card } },
    run({ path, ...sight }) {
      const card: Card = { ...findCard(sight, path.card_id), archived: true, updated_at: now() };
      sight.kanban.cards.put(card);
      return ok(card);
    },
  }),
  operation({
    id: "deleteCard",
    method: "delete",
    path: "/cards/{card_id}",
    tag: "Cards",
    summary: "Delete a card with its comments and attachments",
    access: "write",
    answers: { 204: { description: "The card is gone." } },
    run({ path, ...sight }) {
      removeCard(sight.kanban, findCard(sight, path.card_id).id);
      return gone;
    },
  }),
];
