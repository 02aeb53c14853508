import { example, request, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const attachments: ManualPage = {
  slug: "attachments",
  title: "Attachments",
  body: (url) => `
<p>An attachment is a file on a <a href="/docs/cards">card</a>, of 5 MB at most.</p>
${example(
  "json",
  `{
  "id": "att_kitchen_plan",
  "card_id": "crd_kitchen_tiles",
  "name": "plan.txt",
  "content_type": "text/plain",
  "size": 112,
  "sha256": "9f2c…",
  "uploaded_by": "ana",
  "created_at": "2026-03-02T09:30:00.000Z"
}`,
)}

${request("GET /cards/{card_id}/attachments", "Attachments of a card")}
<p>Answers with <code>{ "items": […] }</code>.</p>

${request("POST /cards/{card_id}/attachments", "Attach a file")}
<p>Send a form of type <code>multipart/form-data</code>. Answers <code>201</code> with what is known of the attachment.</p>
${table(
  ["Form field", "Type", "Meaning"],
  [
    ["file", "file, required", "The file"],
    ["name", "string", "Another name than the file's own"],
  ],
)}
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" -F file=@plan.txt ${url}/v1/cards/crd_kitchen_tiles/attachments`)}

${request("GET /attachments/{attachment_id}", "Get an attachment")}
<p>Answers with what is known of it, not with the file.</p>

${request("GET /attachments/{attachment_id}/content", "Download the file")}
<p>Answers with the bytes, in the content type they came with.</p>

${request("DELETE /attachments/{attachment_id}", "Delete an attachment")}
<p>Answers <code>204</code>.</p>
`,
};
