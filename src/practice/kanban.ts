import { randomBytes } from "node:crypto";
import type { Journal, Shelf } from "./journal.ts";
import { Attachment, Board, Card, Comment, Label, List } from "./nouns.ts";
import type { Person } from "./nouns.ts";
import { notFound } from "./refusal.ts";

/** The boards and what is on them, with the one rule of sight: a person sees the boards they are a member of. */
export type Kanban = {
  boards: Shelf<Board>;
  lists: Shelf<List>;
  labels: Shelf<Label>;
  cards: Shelf<Card>;
  comments: Shelf<Comment>;
  attachments: Shelf<Attachment>;
  files: Journal["files"];
  people: readonly Person[];
};

export function openKanban(journal: Journal, people: readonly Person[]): Kanban {
  return {
    boards: journal.shelf("board", Board),
    lists: journal.shelf("list", List),
    labels: journal.shelf("label", Label),
    cards: journal.shelf("card", Card),
    comments: journal.shelf("comment", Comment),
    attachments: journal.shelf("attachment", Attachment),
    files: journal.files,
    people,
  };
}

type Sight = { kanban: Kanban; person: Person };

export const boardsOf = ({ kanban, person }: Sight) =>
  kanban.boards.all().filter((board) => board.member_ids.includes(person.id));

export function findBoard({ kanban, person }: Sight, id: string): Board {
  const board = kanban.boards.get(id);
  if (!board?.member_ids.includes(person.id)) throw notFound("board", id);
  return board;
}

/** Finds a list, label or card through the board it belongs to. */
function onBoard<Thing extends { board_id: string }>(
  noun: string,
  shelf: (kanban: Kanban) => Shelf<Thing & { id: string }>,
) {
  return ({ kanban, person }: Sight, id: string) => {
    const thing = shelf(kanban).get(id);
    if (!thing || !kanban.boards.get(thing.board_id)?.member_ids.includes(person.id)) throw notFound(noun, id);
    return thing;
  };
}

export const findList = onBoard<List>("list", (kanban) => kanban.lists);
export const findLabel = onBoard<Label>("label", (kanban) => kanban.labels);
export const findCard = onBoard<Card>("card", (kanban) => kanban.cards);

/** Finds a comment or attachment through its card. */
function onCard<Thing extends { card_id: string }>(
  noun: string,
  shelf: (kanban: Kanban) => Shelf<Thing & { id: string }>,
) {
  return ({ kanban, person }: Sight, id: string) => {
    const thing = shelf(kanban).get(id);
    const board = thing && kanban.boards.get(kanban.cards.get(thing.card_id)?.board_id ?? "");
    if (!thing || !board?.member_ids.includes(person.id)) throw notFound(noun, id);
    return thing;
  };
}

export const findComment = onCard<Comment>("comment", (kanban) => kanban.comments);
export const findAttachment = onCard<Attachment>("attachment", (kanban) => kanban.attachments);

export function removeAttachment(kanban: Kanban, id: string) {
  kanban.attachments.drop(id);
  kanban.files.drop(id);
}

export function removeCard(kanban: Kanban, id: string) {
  for (const comment of kanban.comments.all()) if (comment.card_id === id) kanban.comments.drop(comment.id);
  for (const attachment of kanban.attachments.all())
    if (attachment.card_id === id) removeAttachment(kanban, attachment.id);
  kanban.cards.drop(id);
}

export function removeList(kanban: Kanban, id: string) {
  for (const card of kanban.cards.all()) if (card.list_id === id) removeCard(kanban, card.id);
  kanban.lists.drop(id);
}

export function removeBoard(kanban: Kanban, id: string) {
  for (const list of kanban.lists.all()) if (list.board_id === id) removeList(kanban, list.id);
  for (const label of kanban.labels.all()) if (label.board_id === id) kanban.labels.drop(label.id);
  kanban.boards.drop(id);
}

/** The position above or below everything in `neighbours`. */
export function positionAt(end: "top" | "bottom", neighbours: { position: number }[]): number {
  const positions = neighbours.map(({ position }) => position);
  if (positions.length === 0) return 1_000;
  return end === "top" ? Math.min(...positions) - 1_000 : Math.max(...positions) + 1_000;
}

export const byPosition = (one: { position: number; id: string }, other: { position: number; id: string }) =>
  one.position - other.position || (one.id < other.id ? -1 : 1);

export const newId = (prefix: string) => `${prefix}_${randomBytes(9).toString("base64url").replaceAll(/[-_]/g, "x")}`;
export const now = () => new Date().toISOString();
