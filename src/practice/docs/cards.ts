import { example, request, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const cards: ManualPage = {
  slug: "cards",
  title: "Cards",
  body: (url) => `
<p>A card is one thing to do. It lies in a <a href="/docs/lists">list</a>, in the order of its <code>position</code>.</p>
${example(
  "json",
  `{
  "id": "crd_kitchen_tiles",
  "board_id": "brd_kitchen",
  "list_id": "lst_kitchen_doing",
  "name": "Choose the tiles",
  "description": "About 8 square metres. Grey or green.",
  "due_at": "2026-03-02T09:30:00.000Z",
  "label_ids": ["lbl_kitchen_urgent"],
  "position": 1000,
  "archived": false,
  "created_by": "ana",
  "created_at": "2026-02-01T08:00:00.000Z",
  "updated_at": "2026-02-01T08:00:00.000Z"
}`,
)}
<p><code>due_at</code> is <code>null</code> for a card without a date.</p>

${request("GET /lists/{list_id}/cards", "Cards of a list")}
<p>From top to bottom, with a <a href="/docs/pagination#cursors">cursor</a>.</p>
${table(
  ["Query parameter", "Type", "Meaning"],
  [
    ["state", "string", "<code>open</code> (default), <code>archived</code> or <code>all</code>"],
    ["label_id", "string, repeatable", "Only cards with this label; repeat it for cards that carry all of several"],
    ["due_before", "time", "Only cards due before this moment"],
    ["limit", "integer", "1 to 100. Default 25"],
    ["cursor", "string", 'Where to go on; see <a href="/docs/pagination#cursors">Pagination</a>'],
  ],
)}

${request("GET /boards/{board_id}/cards", "Cards of a board")}
<p>The same for all lists of a board together, with the same parameters.</p>
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" "${url}/v1/boards/brd_kitchen/cards?due_before=2027-01-01T00:00:00Z"`)}

${request("POST /lists/{list_id}/cards", "Add a card")}
<p>Answers <code>201</code> with the new card.</p>
${table(
  ["Field", "Type", "Meaning"],
  [
    ["name", "string, required", "1 to 500 characters"],
    ["description", "string", "Plain text"],
    ["due_at", "time or null", "When it is due"],
    ["label_ids", "array of strings", "Labels of the same board"],
    ["position", "string", "<code>top</code> or <code>bottom</code> (default) of the list"],
  ],
)}
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" -H "Content-Type: application/json" \\\n  -d '{"name": "Buy milk"}' ${url}/v1/lists/lst_kitchen_todo/cards`)}

${request("GET /cards/{card_id}", "Get a card")}
<p>Answers with the card.</p>

${request("PATCH /cards/{card_id}", "Change a card")}
<p>Send the fields you want to change: <code>name</code>, <code>description</code>, <code>due_at</code>, <code>label_ids</code> (the whole set),
<code>archived</code>. Answers with the card as it is now. The list of a card is not changed here but by moving it.</p>

${request("POST /cards/{card_id}/move", "Move a card")}
<p>Takes <code>list_id</code> (required) and <code>position</code> (<code>top</code> or <code>bottom</code>, default <code>bottom</code>).
The list may be the one it lies in, or one of another board; then the card loses its labels.</p>
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" -H "Content-Type: application/json" \\\n  -d '{"list_id": "lst_kitchen_done"}' ${url}/v1/cards/crd_kitchen_tiles/move`)}

${request("POST /cards/{card_id}/archive", "Archive a card")}
<p>Takes no body. Archived cards are left out of lists and search until they are brought back with <code>"archived": false</code>.</p>

${request("DELETE /cards/{card_id}", "Delete a card")}
<p>Deletes the card with its comments and attachments. Answers <code>204</code>.</p>
`,
};
