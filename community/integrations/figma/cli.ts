import { tool } from "@patchbay/kit";

export default tool({
  slug: "figma",
  summary: "Files, components, comments and images",
  baseUrl: "https://api.figma.com",
  auth: {
    token: { in: "header", name: "X-Figma-Token" },
    access_token: { in: "header", name: "Authorization", template: "Bearer {secret}" },
  },
  security: [["token"], ["access_token"]],
  operations: {
    "me get": { access: "read", request: "GET /v1/me", summary: "Who is signed in" },
    "files get": {
      access: "read",
      request: "GET /v1/files/{file_key}",
      summary: "A file as a tree",
      input: {
        depth: { type: "integer", help: "How deep, 1 gives the pages" },
        ids: { help: "Comma-separated nodes" },
        version: {},
        geometry: { enum: ["paths"] },
      },
    },
    "files nodes": {
      access: "read",
      request: "GET /v1/files/{file_key}/nodes",
      summary: "Some nodes of a file",
      input: {
        ids: { required: true, help: "Comma-separated, e.g. 1:2,3:4" },
        depth: { type: "integer" },
        version: {},
      },
    },
    "files meta": {
      access: "read",
      request: "GET /v1/files/{file_key}/meta",
      summary: "Name, owner and times of a file",
    },
    "files versions": {
      access: "read",
      request: "GET /v1/files/{file_key}/versions",
      summary: "Versions of a file",
      input: { page_size: { type: "integer", max: 50 }, before: { type: "integer" }, after: { type: "integer" } },
    },
    "images render": {
      access: "read",
      request: "GET /v1/images/{file_key}",
      summary: "Links to pictures of nodes",
      input: {
        ids: { required: true },
        format: { enum: ["jpg", "png", "svg", "pdf"] },
        scale: { type: "number", max: 4 },
        version: {},
      },
    },
    "images fills": {
      access: "read",
      request: "GET /v1/files/{file_key}/images",
      summary: "Links to pictures used in a file",
    },
    "comments list": {
      access: "read",
      request: "GET /v1/files/{file_key}/comments",
      summary: "Comments on a file",
      input: { as_md: { type: "boolean" } },
    },
    "comments create": {
      access: "write",
      request: "POST /v1/files/{file_key}/comments",
      summary: "Comment on a file, or answer",
      input: {
        message: { required: true },
        comment_id: { help: "Answers this one" },
        client_meta: { type: "object", shape: "{node_id, node_offset: {x, y}}" },
      },
    },
    "comments delete": {
      access: "write",
      request: "DELETE /v1/files/{file_key}/comments/{comment_id}",
      summary: "Delete my comment",
    },
    "comments react": {
      access: "write",
      request: "POST /v1/files/{file_key}/comments/{comment_id}/reactions",
      summary: "React to a comment",
      input: { emoji: { required: true, help: "e.g. :heart:" } },
    },
    "comments reactions": {
      access: "read",
      request: "GET /v1/files/{file_key}/comments/{comment_id}/reactions",
      summary: "Reactions to a comment",
      input: { cursor: {} },
    },
    "teams folders": { access: "read", request: "GET /v2/teams/{team_id}/folders", summary: "Top folders of a team" },
    "folders list": {
      access: "read",
      request: "GET /v2/folders/{folder_id}/folders",
      summary: "Folders in a folder",
    },
    "folders files": {
      access: "read",
      request: "GET /v2/folders/{folder_id}/files",
      summary: "Files in a folder",
      input: { branch_data: { type: "boolean" } },
    },
    "components of-team": {
      access: "read",
      request: "GET /v1/teams/{team_id}/components",
      summary: "Published components of a team",
      input: { page_size: { type: "integer", max: 1000 }, after: { type: "integer" } },
    },
    "components of-file": {
      access: "read",
      request: "GET /v1/files/{file_key}/components",
      summary: "Published components of a file",
    },
    "components get": { access: "read", request: "GET /v1/components/{key}", summary: "One component" },
    "component-sets of-file": {
      access: "read",
      request: "GET /v1/files/{file_key}/component_sets",
      summary: "Published sets of a file",
    },
    "styles of-team": {
      access: "read",
      request: "GET /v1/teams/{team_id}/styles",
      summary: "Published styles of a team",
      input: { page_size: { type: "integer", max: 1000 }, after: { type: "integer" } },
    },
    "styles of-file": {
      access: "read",
      request: "GET /v1/files/{file_key}/styles",
      summary: "Published styles of a file",
    },
    "variables list": {
      access: "read",
      request: "GET /v1/files/{file_key}/variables/local",
      summary: "Variables of a file (Enterprise)",
    },
  },
});
