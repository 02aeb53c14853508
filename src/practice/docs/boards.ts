import { example, request, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const boards: ManualPage = {
  slug: "boards",
  title: "Boards",
  body: (url) => `
<p>You see the boards you are a member of, and no others. A board looks like this:</p>
${example(
  "json",
  `{
  "id": "brd_kitchen",
  "name": "Kitchen renovation",
  "description": "New tiles, new sink, same kettle.",
  "archived": false,
  "member_ids": ["ana"],
  "created_at": "2026-03-02T09:30:00.000Z",
  "updated_at": "2026-03-02T09:30:00.000Z"
}`,
)}

${request("GET /boards", "List your boards")}
<p>Answers with an array of boards, oldest first, on <a href="/docs/pagination#numbered-pages">numbered pages</a>.</p>
${table(
  ["Query parameter", "Type", "Meaning"],
  [
    ["state", "string", "<code>open</code> (default), <code>archived</code> or <code>all</code>"],
    ["page", "integer", "Which page, from 1. Default 1"],
    ["per_page", "integer", "1 to 50. Default 10"],
  ],
)}
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" "${url}/v1/boards?state=all&per_page=50"`)}

${request("POST /boards", "Make a board")}
<p>Answers <code>201</code> with the new board. It has no lists yet.</p>
${table(
  ["Field", "Type", "Meaning"],
  [
    ["name", "string, required", "1 to 120 characters"],
    ["description", "string", "What the board is for"],
    ["member_ids", "array of strings", "Who sees it. You are always among them"],
  ],
)}
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" -H "Content-Type: application/json" \\\n  -d '{"name": "Summer trip"}' ${url}/v1/boards`)}

${request("GET /boards/{board_id}", "Get a board")}
<p>Answers with the board, or <code>404</code> if there is none you may see.</p>

${request("PATCH /boards/{board_id}", "Change a board")}
<p>Send the fields you want to change: <code>name</code>, <code>description</code>, <code>archived</code> (true puts the board away, false brings it back).
Answers with the board as it is now.</p>

${request("DELETE /boards/{board_id}", "Delete a board")}
<p>Deletes the board with its lists, cards, comments and attachments. There is no way back. Answers <code>204</code> without a body.</p>
`,
};
