import { z } from "zod";
import { findCard, findComment, newId, now } from "../kanban.ts";
import { Comment } from "../nouns.ts";
import { created, gone, ok, operation } from "../operation.ts";
import { cursorPage, CursorQuery, cutByCursor } from "../pagination.ts";
import { Refusal } from "../refusal.ts";

const body = {
  type: "application/json" as const,
  schema: z.strictObject({ text: z.string().trim().min(1).max(10_000).meta({ example: "The grey ones, please." }) }),
  example: { text: "The grey ones, please." },
};

export const commentOperations = [
  operation({
    id: "listComments",
    method: "get",
    path: "/cards/{card_id}/comments",
    tag: "Comments",
    summary: "List the comments on a card",
    description: "Oldest first, page by page with a cursor.",
    access: "read",
    query: CursorQuery,
    answers: { 200: { description: "One page of comments.", schema: cursorPage(Comment) } },
    run({ path, query, ...sight }) {
      const card = findCard(sight, path.card_id);
      const comments = sight.kanban.comments.all().filter((comment) => comment.card_id === card.id);
      const sorted = comments
        .map((comment) => ({ comment, id: comment.id, position: Date.parse(comment.created_at) }))
        .toSorted((one, other) => one.position - other.position || (one.id < other.id ? -1 : 1));
      const page = cutByCursor(sorted, query);
      return ok({ ...page, items: page.items.map(({ comment }) => comment) });
    },
  }),
  operation({
    id: "createComment",
    method: "post",
    path: "/cards/{card_id}/comments",
    tag: "Comments",
    summary: "Comment on a card",
    access: "write",
    body,
    answers: {
      201: {
        description: "The new comment.",
        schema: Comment,
        headers: { Location: "Address of the comments on the card." },
      },
    },
    run({ path, body: { text }, ...sight }) {
      const card = findCard(sight, path.card_id);
      const comment: Comment = {
        id: newId("cmt"),
        card_id: card.id,
        author_id: sight.person.id,
        text,
        created_at: now(),
        updated_at: now(),
      };
      sight.kanban.comments.put(comment);
      return created(comment, `/v1/cards/${card.id}/comments`);
    },
  }),
  operation({
    id: "updateComment",
    method: "patch",
    path: "/comments/{comment_id}",
    tag: "Comments",
    summary: "Change your comment",
    description: "Only who wrote a comment may change it: others get 403 with code `not_yours`.",
    access: "write",
    body,
    answers: { 200: { description: "The comment as it is now.", schema: Comment } },
    run({ path, body: { text }, ...sight }) {
      const comment: Comment = {
        ...own(findComment(sight, path.comment_id), sight.person.id),
        text,
        updated_at: now(),
      };
      sight.kanban.comments.put(comment);
      return ok(comment);
    },
  }),
  operation({
    id: "deleteComment",
    method: "delete",
    path: "/comments/{comment_id}",
    tag: "Comments",
    summary: "Delete your comment",
    description: "Only who wrote a comment may delete it: others get 403 with code `not_yours`.",
    access: "write",
    answers: { 204: { description: "The comment is gone." } },
    run({ path, ...sight }) {
      sight.kanban.comments.drop(own(findComment(sight, path.comment_id), sight.person.id).id);
      return gone;
    },
  }),
];

function own(comment: Comment, personId: string): Comment {
  if (comment.author_id !== personId)
    throw new Refusal(403, "not_yours", "Only who wrote a comment may change or delete it.");
  return comment;
}
