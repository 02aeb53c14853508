import { z } from "zod";
import { findAttachment, findCard, newId, now, removeAttachment } from "../kanban.ts";
import { digest } from "../keys.ts";
import { Attachment } from "../nouns.ts";
import { created, gone, ok, operation } from "../operation.ts";
import { Refusal } from "../refusal.ts";

const largest = 5 * 1024 * 1024;

export const attachmentOperations = [
  operation({
    id: "listAttachments",
    method: "get",
    path: "/cards/{card_id}/attachments",
    tag: "Attachments",
    summary: "List the attachments of a card",
    access: "read",
    answers: { 200: { description: "The attachments.", schema: z.object({ items: z.array(Attachment) }) } },
    run({ path, ...sight }) {
      const card = findCard(sight, path.card_id);
      return ok({ items: sight.kanban.attachments.all().filter((attachment) => attachment.card_id === card.id) });
    },
  }),
  operation({
    id: "createAttachment",
    method: "post",
    path: "/cards/{card_id}/attachments",
    tag: "Attachments",
    summary: "Attach a file to a card",
    description: "A multipart form with the file in the field `file`. At most 5 MB.",
    access: "write",
    body: {
      type: "multipart/form-data",
      schema: z.strictObject({
        file: z.file().describe("The file itself."),
        name: z.string().trim().min(1).max(200).optional().describe("Another name than the file's own."),
      }),
    },
    answers: {
      201: {
        description: "The new attachment.",
        schema: Attachment,
        headers: { Location: "Address of the new attachment." },
      },
    },
    async run({ path, body, ...sight }) {
      const card = findCard(sight, path.card_id);
      if (body.file.size > largest) throw new Refusal(413, "too_large", "An attachment may have 5 MB at most.");
      const bytes = new Uint8Array(await body.file.arrayBuffer());
      const attachment: Attachment = {
        id: newId("att"),
        card_id: card.id,
        name: body.name ?? (body.file.name || "file"),
        content_type: body.file.type || "application/octet-stream",
        size: bytes.length,
        sha256: digest(bytes),
        uploaded_by: sight.person.id,
        created_at: now(),
      };
      sight.kanban.files.put(attachment.id, bytes);
      sight.kanban.attachments.put(attachment);
      return created(attachment, `/v1/attachments/${attachment.id}`);
    },
  }),
  operation({
    id: "getAttachment",
    method: "get",
    path: "/attachments/{attachment_id}",
    tag: "Attachments",
    summary: "Get what is known of an attachment",
    description: "Name, type, size and digest. The file itself is at `downloadAttachment`.",
    access: "read",
    answers: { 200: { description: "The attachment.", schema: Attachment } },
    run: ({ path, ...sight }) => ok(findAttachment(sight, path.attachment_id)),
  }),
  operation({
    id: "downloadAttachment",
    method: "get",
    path: "/attachments/{attachment_id}/content",
    tag: "Attachments",
    summary: "Download the file of an attachment",
    access: "read",
    answers: {
      200: {
        description: "The bytes of the file, with the content type they were uploaded with.",
        type: "application/octet-stream",
        headers: { "Content-Disposition": "Names the file." },
      },
    },
    run({ path, ...sight }) {
      const { id, name, content_type } = findAttachment(sight, path.attachment_id);
      const bytes = sight.kanban.files.get(id);
      if (!bytes) throw new Refusal(404, "not_found", `The file of attachment ${id} is missing.`);
      return {
        status: 200,
        bytes: new Uint8Array(bytes),
        headers: {
          "content-type": content_type,
          "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
          // What somebody uploaded must not become a page of ours.
          "content-security-policy": "sandbox",
          "x-content-type-options": "nosniff",
        },
      };
    },
  }),
  operation({
    id: "deleteAttachment",
    method: "delete",
    path: "/attachments/{attachment_id}",
    tag: "Attachments",
    summary: "Delete an attachment",
    access: "write",
    answers: { 204: { description: "The attachment is gone." } },
    run({ path, ...sight }) {
      removeAttachment(sight.kanban, findAttachment(sight, path.attachment_id).id);
      return gone;
    },
  }),
];
