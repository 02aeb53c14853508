import { z } from "zod";
import { byPosition, findBoard, findList, newId, now, positionAt, removeList } from "../kanban.ts";
import { List } from "../nouns.ts";
import { created, gone, ok, operation } from "../operation.ts";

const name = z.string().trim().min(1).max(120).meta({ example: "Doing" });
const end = z.enum(["top", "bottom"]).describe("Which end of the board: `top` is the first list, `bottom` the last.");

export const listOperations = [
  operation({
    id: "listLists",
    method: "get",
    path: "/boards/{board_id}/lists",
    tag: "Lists",
    summary: "List the lists of a board",
    description: "All of them at once, from left to right.",
    access: "read",
    answers: { 200: { description: "The lists.", schema: z.object({ items: z.array(List) }) } },
    run({ path, ...sight }) {
      const board = findBoard(sight, path.board_id);
      return ok({
        items: sight.kanban.lists
          .all()
          .filter((list) => list.board_id === board.id)
          .toSorted(byPosition),
      });
    },
  }),
  operation({
    id: "createList",
    method: "post",
    path: "/boards/{board_id}/lists",
    tag: "Lists",
    summary: "Add a list to a board",
    access: "write",
    body: {
      type: "application/json",
      schema: z.strictObject({ name, position: end.default("bottom") }),
      example: { name: "Waiting" },
    },
    answers: { 201: { description: "The new list.", schema: List, headers: { Location: "Address of the new list." } } },
    run({ path, body, ...sight }) {
      const board = findBoard(sight, path.board_id);
      const neighbours = sight.kanban.lists.all().filter((list) => list.board_id === board.id);
      const list: List = {
        id: newId("lst"),
        board_id: board.id,
        name: body.name,
        position: positionAt(body.position, neighbours),
        created_at: now(),
      };
      sight.kanban.lists.put(list);
      return created(list, `/v1/lists/${list.id}`);
    },
  }),
  operation({
    id: "getList",
    method: "get",
    path: "/lists/{list_id}",
    tag: "Lists",
    summary: "Get a list",
    access: "read",
    answers: { 200: { description: "The list.", schema: List } },
    run: ({ path, ...sight }) => ok(findList(sight, path.list_id)),
  }),
  operation({
    id: "updateList",
    method: "patch",
    path: "/lists/{list_id}",
    tag: "Lists",
    summary: "Rename a list or move it to an end of its board",
    description: "Fields left out stay as they are.",
    access: "write",
    body: {
      type: "application/json",
      schema: z.strictObject({ name, position: end }).partial(),
      example: { name: "In progress" },
    },
    answers: { 200: { description: "The list as it is now.", schema: List } },
    run({ path, body, ...sight }) {
      const list = findList(sight, path.list_id);
      const neighbours = sight.kanban.lists
        .all()
        .filter(({ board_id, id }) => board_id === list.board_id && id !== list.id);
      const changed: List = {
        ...list,
        name: body.name ?? list.name,
        position: body.position ? positionAt(body.position, neighbours) : list.position,
      };
      sight.kanban.lists.put(changed);
      return ok(changed);
    },
  }),
  operation({
    id: "deleteList",
    method: "delete",
    path: "/lists/{list_id}",
    tag: "Lists",
    summary: "Delete a list with its cards",
    access: "write",
    answers: { 204: { description: "The list is gone." } },
    run({ path, ...sight }) {
      removeList(sight.kanban, findList(sight, path.list_id).id);
      return gone;
    },
  }),
];
