import { example, request, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const lists: ManualPage = {
  slug: "lists",
  title: "Lists and labels",
  body: (url) => `
<p>Lists are the columns of a <a href="/docs/boards">board</a>. They stand in the order of their <code>position</code>.</p>
${example("json", `{ "id": "lst_kitchen_doing", "board_id": "brd_kitchen", "name": "Doing", "position": 2000, "created_at": "2026-03-02T09:30:00.000Z" }`)}

${request("GET /boards/{board_id}/lists", "Lists of a board")}
<p>Answers with <code>{ "items": […] }</code>: all lists at once, from left to right.</p>

${request("POST /boards/{board_id}/lists", "Add a list")}
${table(
  ["Field", "Type", "Meaning"],
  [
    ["name", "string, required", "1 to 120 characters"],
    ["position", "string", "<code>top</code> (first) or <code>bottom</code> (last, the default)"],
  ],
)}
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" -H "Content-Type: application/json" \\\n  -d '{"name": "Waiting"}' ${url}/v1/boards/brd_kitchen/lists`)}

${request("GET /lists/{list_id}", "Get a list")}
<p>Answers with the list. Its cards are at <a href="/docs/cards"><code>/lists/{list_id}/cards</code></a>.</p>

${request("PATCH /lists/{list_id}", "Rename or move a list")}
<p>Takes <code>name</code> and <code>position</code> as above, both optional. Answers with the list as it is now.</p>

${request("DELETE /lists/{list_id}", "Delete a list")}
<p>Deletes the list with its cards. Answers <code>204</code>.</p>

<h2>Labels</h2>
<p>A label is a coloured word that cards of one board may carry. Colours are <code>amber</code>, <code>blue</code>, <code>green</code>,
<code>grey</code>, <code>red</code> and <code>violet</code>.</p>
${example("json", `{ "id": "lbl_kitchen_urgent", "board_id": "brd_kitchen", "name": "Urgent", "color": "red" }`)}

${request("GET /boards/{board_id}/labels", "Labels of a board")}
<p>Answers with <code>{ "items": […] }</code>.</p>

${request("POST /boards/{board_id}/labels", "Add a label")}
<p>Takes <code>name</code> (required, 1 to 40 characters) and <code>color</code> (default <code>grey</code>). A second label of the same name is refused
with <code>409</code>, code <code>label_exists</code>.</p>

${request("DELETE /labels/{label_id}", "Delete a label")}
<p>Takes it off all cards as well. Answers <code>204</code>.</p>
`,
};
