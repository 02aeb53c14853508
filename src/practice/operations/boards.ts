import { z } from "zod";
import { boardsOf, findBoard, newId, now, removeBoard } from "../kanban.ts";
import { Board } from "../nouns.ts";
import { created, gone, ok, operation } from "../operation.ts";
import { cutByPage, PageQuery } from "../pagination.ts";
import { Refusal } from "../refusal.ts";

const name = z.string().trim().min(1).max(120).meta({ example: "Kitchen renovation" });
const description = z.string().max(10_000);
const member_ids = z
  .array(z.string())
  .min(1)
  .describe("People who see the board. Who makes the board is always among them.");

export const boardOperations = [
  operation({
    id: "listBoards",
    method: "get",
    path: "/boards",
    tag: "Boards",
    summary: "List the boards you are a member of",
    description: "Numbered pages. The `Link` header holds the addresses of the previous, next, first and last page.",
    access: "read",
    query: PageQuery.extend({
      state: z.enum(["open", "archived", "all"]).default("open").describe("Which boards."),
    }),
    answers: {
      200: {
        description: "One page of boards, oldest first.",
        schema: z.array(Board),
        headers: {
          Link: "Neighbouring pages (RFC 8288), absent when there is one page only.",
          "X-Total-Count": "How many boards there are in all.",
        },
      },
    },
    run({ query, url, ...sight }) {
      const boards = boardsOf(sight).filter(
        ({ archived }) => query.state === "all" || archived === (query.state === "archived"),
      );
      const { items, total, links } = cutByPage(boards, query, url);
      return ok(items, { "x-total-count": String(total), ...(links && { link: links }) });
    },
  }),
  operation({
    id: "createBoard",
    method: "post",
    path: "/boards",
    tag: "Boards",
    summary: "Make a board",
    description: "The new board has no lists yet.",
    access: "write",
    body: {
      type: "application/json",
      schema: z.strictObject({ name, description: description.optional(), member_ids: member_ids.optional() }),
      example: { name: "Summer trip", description: "Where to, when, with whom." },
    },
    answers: {
      201: { description: "The new board.", schema: Board, headers: { Location: "Address of the new board." } },
    },
    run({ kanban, person, body }) {
      const members = new Set([person.id, ...(body.member_ids ?? [])]);
      for (const id of members) {
        if (kanban.people.some((known) => known.id === id)) continue;
        throw new Refusal(422, "invalid_fields", `There is no person ${id}.`, {
          details: [{ field: "member_ids", message: `There is no person ${id}.` }],
        });
      }
      const board: Board = {
        id: newId("brd"),
        name: body.name,
        description: body.description ?? "",
        archived: false,
        member_ids: [...members],
        created_at: now(),
        updated_at: now(),
      };
      kanban.boards.put(board);
      return created(board, `/v1/boards/${board.id}`);
    },
  }),
  operation({
    id: "getBoard",
    method: "get",
    path: "/boards/{board_id}",
    tag: "Boards",
    summary: "Get a board",
    access: "read",
    answers: { 200: { description: "The board.", schema: Board } },
    run: ({ path, ...sight }) => ok(findBoard(sight, path.board_id)),
  }),
  operation({
    id: "updateBoard",
    method: "patch",
    path: "/boards/{board_id}",
    tag: "Boards",
    summary: "Rename, describe, archive or reopen a board",
    description: "Fields left out stay as they are.",
    access: "write",
    body: {
      type: "application/json",
      schema: z.strictObject({ name, description, archived: z.boolean() }).partial(),
      example: { name: "Kitchen, at last" },
    },
    answers: { 200: { description: "The board as it is now.", schema: Board } },
    run({ path, body, ...sight }) {
      const board = { ...findBoard(sight, path.board_id), ...body, updated_at: now() };
      sight.kanban.boards.put(board);
      return ok(board);
    },
  }),
  operation({
    id: "deleteBoard",
    method: "delete",
    path: "/boards/{board_id}",
    tag: "Boards",
    summary: "Delete a board with everything on it",
    description: "There is no way back. To put a board away, archive it.",
    access: "write",
    answers: { 204: { description: "The board is gone." } },
    run({ path, ...sight }) {
      removeBoard(sight.kanban, findBoard(sight, path.board_id).id);
      return gone;
    },
  }),
];
