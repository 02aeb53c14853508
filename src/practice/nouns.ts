import { z } from "zod";

/** The nouns of the API: what is stored, what is answered, and what the OpenAPI document says of them. */

const at = (what: string) => z.iso.datetime().describe(what).meta({ example: "2026-03-02T09:30:00.000Z" });
const id = (what: string, example: string) => z.string().describe(what).meta({ example });

export const Person = z
  .object({
    id: id("Short name, unique.", "ana"),
    name: z.string().meta({ example: "Ana Alves" }),
    email: z.email().meta({ example: "ana@practice.example" }),
  })
  .describe("Somebody who has boards.");
export type Person = z.infer<typeof Person>;

export const Board = z
  .object({
    id: id("Id of the board.", "brd_kitchen"),
    name: z.string().meta({ example: "Kitchen renovation" }),
    description: z.string().describe("What the board is for; may be empty."),
    archived: z.boolean().describe("Archived boards are read-only in the app; the API still changes them."),
    member_ids: z
      .array(z.string())
      .describe("People who see the board.")
      .meta({ example: ["ana"] }),
    created_at: at("When the board was made, UTC."),
    updated_at: at("When its name, description or state last changed, UTC."),
  })
  .describe("A board holds lists, lists hold cards.");
export type Board = z.infer<typeof Board>;

export const List = z
  .object({
    id: id("Id of the list.", "lst_kitchen_doing"),
    board_id: id("The board it stands on.", "brd_kitchen"),
    name: z.string().meta({ example: "Doing" }),
    position: z.number().describe("Lists stand on their board in ascending order of this number."),
    created_at: at("When the list was made, UTC."),
  })
  .describe("A column of cards.");
export type List = z.infer<typeof List>;

export const LabelColor = z.enum(["amber", "blue", "green", "grey", "red", "violet"]);

export const Label = z
  .object({
    id: id("Id of the label.", "lbl_kitchen_urgent"),
    board_id: id("The board whose cards may carry it.", "brd_kitchen"),
    name: z.string().meta({ example: "Urgent" }),
    color: LabelColor,
  })
  .describe("A coloured word on cards of one board.");
export type Label = z.infer<typeof Label>;

export const Card = z
  .object({
    id: id("Id of the card.", "crd_kitchen_tiles"),
    board_id: id("The board of its list.", "brd_kitchen"),
    list_id: id("The list it lies in.", "lst_kitchen_doing"),
    name: z.string().meta({ example: "Choose the tiles" }),
    description: z.string().describe("Plain text; may be empty."),
    due_at: at("When it is due, UTC; null when it has no date.").nullable(),
    label_ids: z
      .array(z.string())
      .describe("Labels of the board on this card.")
      .meta({ example: ["lbl_kitchen_urgent"] }),
    position: z.number().describe("Cards lie in their list in ascending order of this number."),
    archived: z.boolean(),
    created_by: id("Who made it.", "ana"),
    created_at: at("When it was made, UTC."),
    updated_at: at("When it was last changed or moved, UTC."),
  })
  .describe("One thing to do.");
export type Card = z.infer<typeof Card>;

export const Comment = z
  .object({
    id: id("Id of the comment.", "cmt_kitchen_tiles_1"),
    card_id: id("The card it is about.", "crd_kitchen_tiles"),
    author_id: id("Who wrote it.", "ana"),
    text: z.string().meta({ example: "The grey ones, please." }),
    created_at: at("When it was written, UTC."),
    updated_at: at("When it was last changed, UTC."),
  })
  .describe("What somebody said about a card.");
export type Comment = z.infer<typeof Comment>;

export const Attachment = z
  .object({
    id: id("Id of the attachment.", "att_kitchen_plan"),
    card_id: id("The card it hangs on.", "crd_kitchen_tiles"),
    name: z.string().describe("File name.").meta({ example: "plan.txt" }),
    content_type: z.string().meta({ example: "text/plain" }),
    size: z.int().min(0).describe("Bytes.").meta({ example: 181 }),
    sha256: z.string().describe("Digest of the content, hexadecimal."),
    uploaded_by: id("Who attached it.", "ana"),
    created_at: at("When it was attached, UTC."),
  })
  .describe("A file on a card.");
export type Attachment = z.infer<typeof Attachment>;

export const SearchHit = z
  .object({
    type: z.enum(["board", "card", "comment"]),
    id: id("Id of what was found.", "crd_kitchen_tiles"),
    title: z.string().describe("Name of the board or card; for a comment, of its card."),
    excerpt: z.string().describe("The text around the find."),
    board_id: z.string(),
    card_id: z.string().nullable().describe("The card, for cards and comments."),
  })
  .describe("One thing that was found.");
export type SearchHit = z.infer<typeof SearchHit>;

export const ErrorAnswer = z
  .object({
    error: z.object({
      code: z.string().describe("Stable word for programs.").meta({ example: "not_found" }),
      message: z.string().describe("Sentence for people.").meta({ example: "There is no card crd_404." }),
      details: z
        .array(z.object({ field: z.string(), message: z.string() }))
        .describe("Which fields are wrong, for code invalid_fields.")
        .optional(),
    }),
  })
  .describe("How errors look, save those of the awkward corner.");
