import { z } from "zod";
import { findBoard, findLabel, newId, now } from "../kanban.ts";
import { Label, LabelColor } from "../nouns.ts";
import { created, gone, ok, operation } from "../operation.ts";
import { Refusal } from "../refusal.ts";

export const labelOperations = [
  operation({
    id: "listLabels",
    method: "get",
    path: "/boards/{board_id}/labels",
    tag: "Labels",
    summary: "List the labels of a board",
    access: "read",
    answers: { 200: { description: "The labels.", schema: z.object({ items: z.array(Label) }) } },
    run({ path, ...sight }) {
      const board = findBoard(sight, path.board_id);
      return ok({ items: sight.kanban.labels.all().filter((label) => label.board_id === board.id) });
    },
  }),
  operation({
    id: "createLabel",
    method: "post",
    path: "/boards/{board_id}/labels",
    tag: "Labels",
    summary: "Add a label to a board",
    description: "Names of labels are unique on their board.",
    access: "write",
    body: {
      type: "application/json",
      schema: z.strictObject({
        name: z.string().trim().min(1).max(40).meta({ example: "Urgent" }),
        color: LabelColor.default("grey"),
      }),
      example: { name: "Waiting for parts", color: "amber" },
    },
    answers: {
      201: {
        description: "The new label.",
        schema: Label,
        headers: { Location: "Address of the labels of the board." },
      },
    },
    errors: [409],
    run({ path, body, ...sight }) {
      const board = findBoard(sight, path.board_id);
      if (sight.kanban.labels.all().some((label) => label.board_id === board.id && label.name === body.name))
        throw new Refusal(409, "label_exists", `${board.name} already has a label ${body.name}.`);
      const label: Label = { id: newId("lbl"), board_id: board.id, ...body };
      sight.kanban.labels.put(label);
      return created(label, `/v1/boards/${board.id}/labels`);
    },
  }),
  operation({
    id: "deleteLabel",
    method: "delete",
    path: "/labels/{label_id}",
    tag: "Labels",
    summary: "Delete a label",
    description: "It is taken off every card that carries it.",
    access: "write",
    answers: { 204: { description: "The label is gone." } },
    run({ path, ...sight }) {
      const label = findLabel(sight, path.label_id);
      for (const card of sight.kanban.cards.all())
        if (card.label_ids.includes(label.id))
          sight.kanban.cards.put({
            ...card,
            label_ids: card.label_ids.filter((id) => id !== label.id),
            updated_at: now(),
          });
      sight.kanban.labels.drop(label.id);
      return gone;
    },
  }),
];
