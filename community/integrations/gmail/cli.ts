import { tool } from "@patchbay/kit";

export default tool({
  slug: "gmail",
  summary: "Mail: search, read, label, draft, send",
  baseUrl: "https://gmail.googleapis.com/gmail/v1",
  auth: { access_token: { in: "header", name: "Authorization", template: "Bearer {secret}" } },
  operations: {
    "me get": { access: "read", request: "GET /users/me/profile", summary: "The address and size of this mailbox" },
    "messages search": {
      access: "read",
      request: "GET /users/me/messages",
      summary: "Find messages (ids only)",
      input: {
        q: { help: "As in Gmail's search box: from:ana newer_than:7d is:unread" },
        labelIds: { type: "array" },
        maxResults: { type: "integer", max: 500 },
        includeSpamTrash: { type: "boolean" },
        pageToken: {},
      },
      pages: { by: "cursor", parameter: "pageToken", next: "nextPageToken", items: "messages" },
    },
    "messages get": {
      access: "read",
      request: "GET /users/me/messages/{id}",
      summary: "One message",
      input: {
        format: { enum: ["full", "metadata", "minimal", "raw"] },
        metadataHeaders: { type: "array", help: "With format metadata, e.g. From,Subject,Date" },
      },
    },
    "messages send": {
      access: "write",
      request: "POST /users/me/messages/send",
      summary: "Send a message",
      input: {
        raw: { required: true, help: "The whole message (RFC 5322) in base64url" },
        threadId: { help: "To answer in a thread" },
      },
    },
    "messages label": {
      access: "write",
      request: "POST /users/me/messages/{id}/modify",
      summary: "Add or take labels: archive, mark read, star",
      input: {
        addLabelIds: { type: "array" },
        removeLabelIds: { type: "array", help: "INBOX archives, UNREAD marks as read" },
      },
    },
    "messages label-many": {
      access: "write",
      request: "POST /users/me/messages/batchModify",
      summary: "Add or take labels of many messages",
      input: {
        ids: { type: "array", required: true },
        addLabelIds: { type: "array" },
        removeLabelIds: { type: "array" },
      },
    },
    "messages trash": {
      access: "write",
      request: "POST /users/me/messages/{id}/trash",
      summary: "Move a message to the trash",
    },
    "messages untrash": {
      access: "write",
      request: "POST /users/me/messages/{id}/untrash",
      summary: "Take a message out of the trash",
    },
    "messages attachment": {
      access: "read",
      request: "GET /users/me/messages/{messageId}/attachments/{id}",
      summary: "An attachment, in base64url",
    },
    "threads search": {
      access: "read",
      request: "GET /users/me/threads",
      summary: "Find conversations",
      input: {
        q: {},
        labelIds: { type: "array" },
        maxResults: { type: "integer", max: 500 },
        includeSpamTrash: { type: "boolean" },
        pageToken: {},
      },
      pages: { by: "cursor", parameter: "pageToken", next: "nextPageToken", items: "threads" },
    },
    "threads get": {
      access: "read",
      request: "GET /users/me/threads/{id}",
      summary: "All messages of a conversation",
      input: { format: { enum: ["full", "metadata", "minimal"] }, metadataHeaders: { type: "array" } },
    },
    "threads label": {
      access: "write",
      request: "POST /users/me/threads/{id}/modify",
      summary: "Add or take labels of a conversation",
      input: { addLabelIds: { type: "array" }, removeLabelIds: { type: "array" } },
    },
    "threads trash": {
      access: "write",
      request: "POST /users/me/threads/{id}/trash",
      summary: "Move a conversation to the trash",
    },
    "labels list": { access: "read", request: "GET /users/me/labels", summary: "Labels" },
    "labels get": { access: "read", request: "GET /users/me/labels/{id}", summary: "One label with its counts" },
    "labels create": {
      access: "write",
      request: "POST /users/me/labels",
      summary: "Create a label",
      input: {
        name: { required: true },
        labelListVisibility: { enum: ["labelShow", "labelShowIfUnread", "labelHide"] },
        messageListVisibility: { enum: ["show", "hide"] },
      },
    },
    "labels delete": { access: "write", request: "DELETE /users/me/labels/{id}", summary: "Delete a label" },
    "drafts list": {
      access: "read",
      request: "GET /users/me/drafts",
      summary: "Drafts",
      input: { q: {}, maxResults: { type: "integer", max: 500 }, pageToken: {} },
      pages: { by: "cursor", parameter: "pageToken", next: "nextPageToken", items: "drafts" },
    },
    "drafts get": {
      access: "read",
      request: "GET /users/me/drafts/{id}",
      summary: "One draft",
      input: { format: { enum: ["full", "metadata", "minimal", "raw"] } },
    },
    "drafts create": {
      access: "write",
      request: "POST /users/me/drafts",
      summary: "Write a draft",
      input: {
        raw: { at: ["message", "raw"], required: true, help: "The whole message (RFC 5322) in base64url" },
        threadId: { at: ["message", "threadId"] },
      },
    },
    "drafts send": {
      access: "write",
      request: "POST /users/me/drafts/send",
      summary: "Send a draft",
      input: { id: { required: true, help: "Draft id" } },
    },
    "drafts delete": { access: "write", request: "DELETE /users/me/drafts/{id}", summary: "Delete a draft" },
    "history list": {
      access: "read",
      request: "GET /users/me/history",
      summary: "What changed since a point",
      input: {
        startHistoryId: { required: true },
        historyTypes: { type: "array" },
        labelId: {},
        maxResults: { type: "integer", max: 500 },
        pageToken: {},
      },
      pages: { by: "cursor", parameter: "pageToken", next: "nextPageToken", items: "history" },
    },
    "settings vacation": {
      access: "read",
      request: "GET /users/me/settings/vacation",
      summary: "The out-of-office answer",
    },
    "settings set-vacation": {
      access: "write",
      request: "PUT /users/me/settings/vacation",
      summary: "Set the out-of-office answer",
      input: {
        enableAutoReply: { type: "boolean", required: true },
        responseSubject: {},
        responseBodyPlainText: {},
        startTime: { help: "Milliseconds since 1970" },
        endTime: {},
        restrictToContacts: { type: "boolean" },
      },
    },
  },
});
