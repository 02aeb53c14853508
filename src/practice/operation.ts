import { z } from "zod";
import type { Kanban } from "./kanban.ts";
import type { Person } from "./nouns.ts";

/**
 * One operation of the API as data. The same entry is served, checks what comes in, and is written into the OpenAPI
 * document, so the three cannot disagree.
 */
export type Operation = {
  id: string;
  method: "get" | "post" | "patch" | "delete";
  /** Below `/v1`, with `{names}`; each name is explained in `pathParameters`. */
  path: `/${string}`;
  tag: Tag;
  summary: string;
  description?: string;
  access: "read" | "write";
  query?: z.ZodObject;
  body?: { type: "application/json" | "multipart/form-data"; schema: z.ZodType; example?: unknown };
  answers: Record<number, Answer>;
  /** Errors in the usual form beside those that follow from the rest of the entry. */
  errors?: 409[];
  run(call: { path: Record<string, string>; query: unknown; body: unknown } & Place): Reply | Promise<Reply>;
};

export type Tag =
  | "People"
  | "Boards"
  | "Lists"
  | "Labels"
  | "Cards"
  | "Comments"
  | "Attachments"
  | "Search"
  | "Awkward corner";

/** Where an operation runs: who asks, the data, and the request for the few that need it. */
export type Place = { person: Person; kanban: Kanban; request: Request; url: URL };

/** What the document says of one answer. */
export type Answer = {
  description: string;
  type?: string;
  schema?: z.ZodType;
  example?: unknown;
  headers?: Record<string, string>;
};

export type Reply = {
  status: number;
  body?: unknown;
  bytes?: Uint8Array<ArrayBuffer>;
  text?: string;
  headers?: Record<string, string>;
};

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type NoQuery = z.ZodObject<Record<never, never>>;

/** Writes an operation down with the types its own schemas give to `run`. */
export function operation<
  Path extends `/${string}`,
  Query extends z.ZodObject = NoQuery,
  Body extends z.ZodType = z.ZodUndefined,
>(
  entry: Omit<Operation, "path" | "query" | "body" | "run"> & {
    path: Path;
    query?: Query;
    body?: { type: "application/json" | "multipart/form-data"; schema: Body; example?: unknown };
    run(
      call: { path: Record<NamesIn<Path>, string>; query: z.output<Query>; body: z.output<Body> } & Place,
    ): Reply | Promise<Reply>;
  },
): Operation {
  // `serve-operations.ts` parses query and body with these very schemas before it calls `run`.
  return entry as unknown as Operation;
}

export const ok = (body: unknown, headers?: Record<string, string>): Reply => ({ status: 200, body, headers });
export const created = (body: { id: string }, location: string): Reply => ({
  status: 201,
  body,
  headers: { location },
});
export const gone: Reply = { status: 204 };

/** What the names in paths mean. */
export const pathParameters: Record<string, { description: string; example: string }> = {
  board_id: { description: "Id of a board.", example: "brd_kitchen" },
  list_id: { description: "Id of a list.", example: "lst_kitchen_doing" },
  label_id: { description: "Id of a label.", example: "lbl_kitchen_urgent" },
  card_id: { description: "Id of a card.", example: "crd_kitchen_tiles" },
  comment_id: { description: "Id of a comment.", example: "cmt_kitchen_tiles_1" },
  attachment_id: { description: "Id of an attachment.", example: "att_kitchen_plan" },
};
