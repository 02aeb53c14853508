import { example, request } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const comments: ManualPage = {
  slug: "comments",
  title: "Comments",
  body: (url) => `
<p>A comment is what somebody said about a <a href="/docs/cards">card</a>.</p>
${example(
  "json",
  `{
  "id": "cmt_kitchen_tiles_1",
  "card_id": "crd_kitchen_tiles",
  "author_id": "ana",
  "text": "The grey ones, please.",
  "created_at": "2026-03-02T09:30:00.000Z",
  "updated_at": "2026-03-02T09:30:00.000Z"
}`,
)}

${request("GET /cards/{card_id}/comments", "Comments on a card")}
<p>Oldest first, with <code>limit</code> and <code>cursor</code> as under <a href="/docs/pagination#cursors">Pagination</a>.</p>

${request("POST /cards/{card_id}/comments", "Write a comment")}
<p>Takes one field, <code>text</code> (required). Answers <code>201</code> with the comment, in your name.</p>
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" -H "Content-Type: application/json" \\\n  -d '{"text": "Done, at last."}' ${url}/v1/cards/crd_kitchen_tiles/comments`)}

${request("PATCH /comments/{comment_id}", "Change a comment")}
<p>Takes <code>text</code>. Only who wrote a comment may change it; others get <code>403</code> with code <code>not_yours</code>.</p>

${request("DELETE /comments/{comment_id}", "Delete a comment")}
<p>Only who wrote it may. Answers <code>204</code>.</p>
`,
};
