import type { IntegrationDraft } from "../contract/integration.ts";

/** A draft as the builder would hand it over, small but complete. */
export function exampleDraft(change: Partial<IntegrationDraft> = {}): IntegrationDraft {
  return {
    slug: "kanban",
    name: "Kanban",
    description: "Boards, lists and cards",
    baseUrl: "https://kanban.example.com/v1",
    hosts: ["kanban.example.com"],
    variables: [],
    auth: [{ id: "token", type: "bearer_token", variables: [] }],
    origin: "private",
    permissions: { readOps: ["boards list"], writeOps: ["cards create"] },
    cliCode: 'import { tool } from "@patchbay/kit";\nexport default tool({ slug: "kanban", operations: {} });\n',
    instructions: "Start with `kanban boards list`.",
    tool: { slug: "kanban", hosts: [], operations: {} },
    rules: [
      { operation: "boards list", access: "read", method: "GET", url: "https://kanban.example.com/v1/boards" },
      { operation: "cards create", access: "write", method: "POST", url: "https://kanban.example.com/v1/cards" },
    ],
    source: { kind: "openapi", url: "https://kanban.example.com/openapi.json" },
    ...change,
  };
}
