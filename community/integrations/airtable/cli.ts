import { tool } from "@patchbay/kit";

export default tool({
  slug: "airtable",
  summary: "Bases, tables and records",
  baseUrl: "https://api.airtable.com/v0",
  auth: { access_token: { in: "header", name: "Authorization", template: "Bearer {secret}" } },
  operations: {
    "me get": { access: "read", request: "GET /meta/whoami", summary: "Who is signed in, and with what rights" },
    "bases list": {
      access: "read",
      request: "GET /meta/bases",
      summary: "Bases",
      input: { offset: {} },
      pages: { by: "cursor", parameter: "offset", next: "offset", items: "bases" },
    },
    "bases tables": {
      access: "read",
      request: "GET /meta/bases/{baseId}/tables",
      summary: "Tables and fields of a base",
    },
    "tables create": {
      access: "write",
      request: "POST /meta/bases/{baseId}/tables",
      summary: "Create a table",
      input: {
        name: { required: true },
        description: {},
        fields: { type: "array", items: "object", required: true, shape: "{name, type, options?}" },
      },
    },
    "tables update": {
      access: "write",
      request: "PATCH /meta/bases/{baseId}/tables/{tableIdOrName}",
      summary: "Rename or describe a table",
      input: { name: {}, description: {} },
    },
    "fields create": {
      access: "write",
      request: "POST /meta/bases/{baseId}/tables/{tableId}/fields",
      summary: "Add a field to a table",
      input: {
        name: { required: true },
        type: { required: true, help: "e.g. singleLineText, number, checkbox, singleSelect" },
        description: {},
        options: { type: "object" },
      },
    },
    "records list": {
      access: "read",
      request: "GET /{baseId}/{tableIdOrName}",
      summary: "Records of a table",
      input: {
        filterByFormula: { help: "e.g. {Status} = 'Done'" },
        view: {},
        wanted: { name: "fields[]", type: "array", help: "Names of fields" },
        pageSize: { type: "integer", max: 100 },
        maxRecords: { type: "integer" },
        sortField: { name: "sort[0][field]" },
        sortDirection: { name: "sort[0][direction]", enum: ["asc", "desc"] },
        cellFormat: { enum: ["json", "string"] },
        offset: {},
      },
      pages: { by: "cursor", parameter: "offset", next: "offset", items: "records" },
    },
    "records get": { access: "read", request: "GET /{baseId}/{tableIdOrName}/{recordId}", summary: "One record" },
    "records create": {
      access: "write",
      request: "POST /{baseId}/{tableIdOrName}",
      summary: "Create up to ten records",
      input: {
        records: { type: "array", items: "object", required: true, shape: "{fields: {Name: value}}" },
        typecast: { type: "boolean", help: "true: turn text into what the field wants" },
      },
    },
    "records update": {
      access: "write",
      request: "PATCH /{baseId}/{tableIdOrName}",
      summary: "Change up to ten records",
      input: {
        records: { type: "array", items: "object", required: true, shape: "{id, fields}" },
        typecast: { type: "boolean" },
        performUpsert: { type: "object", shape: "{fieldsToMergeOn: [names]}" },
      },
    },
    "records update-one": {
      access: "write",
      request: "PATCH /{baseId}/{tableIdOrName}/{recordId}",
      summary: "Change one record",
      input: { fields: { type: "object", required: true, help: "By name" }, typecast: { type: "boolean" } },
    },
    "records delete": {
      access: "write",
      request: "DELETE /{baseId}/{tableIdOrName}/{recordId}",
      summary: "Delete a record",
    },
    "comments list": {
      access: "read",
      request: "GET /{baseId}/{tableIdOrName}/{recordId}/comments",
      summary: "Comments on a record",
      input: { pageSize: { type: "integer", max: 100 }, offset: {} },
      pages: { by: "cursor", parameter: "offset", next: "offset", items: "comments" },
    },
    "comments create": {
      access: "write",
      request: "POST /{baseId}/{tableIdOrName}/{recordId}/comments",
      summary: "Comment on a record",
      input: { text: { required: true } },
    },
  },
});
