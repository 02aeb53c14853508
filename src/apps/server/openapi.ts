import { OpenAPIGenerator, type OpenAPI } from "@orpc/openapi";
import { ZodToJsonSchemaConverter } from "@orpc/zod/zod4";
import { examples } from "./openapi-examples.ts";
import { procedures } from "../../contract/procedures.ts";

/** The OpenAPI 3.1 document of the REST interface, made from the contract. */
export async function openApiDocument(publicUrl: string): Promise<OpenAPI.Document> {
  const document = await (generated ??= generate());
  return { ...document, servers: [{ url: `${publicUrl}/api` }] };
}

let generated: Promise<OpenAPI.Document> | undefined;

async function generate(): Promise<OpenAPI.Document> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const document = await generator.generate(procedures, {
    info: {
      title: "Patchbay",
      version: "0.1.0",
      description:
        "Connect services, run their operations, answer approvals. Every failure is `{ok: false, code, message}` with a fitting status; `message` says what to do.",
    },
    security: [{ apiKey: [] }],
    components: {
      securitySchemes: {
        apiKey: {
          type: "http",
          scheme: "bearer",
          description: "An API key `pbk_…`: made with `patchbay keys create NAME` or on the settings page.",
        },
      },
      schemas: {
        Problem: {
          type: "object",
          required: ["ok", "code", "message"],
          properties: {
            ok: { const: false },
            code: { type: "string", examples: ["not_found"] },
            message: { type: "string", examples: ["There is no such connection."] },
          },
        },
      },
    },
  });
  for (const operation of operationsOf(document)) {
    const example = examples[operation.operationId ?? ""];
    if (example) {
      setExample(operation.responses?.["200"], example.response);
      if (example.request) setExample(operation.requestBody, example.request);
    }
    operation.responses = {
      ...operation.responses,
      default: {
        description: "A problem",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    };
  }
  (document.paths ??= {})["/integrations/oauth/callback/{slug}"] = callback;
  return document;
}

/** Beside the schema of what is sent or answered. */
function setExample(body: OpenAPI.OperationObject["requestBody"] | OpenAPI.ResponseObject, example: unknown): void {
  const json = body && "content" in body ? body.content?.["application/json"] : undefined;
  if (json) json.example = example;
}

/** Not in the contract: browsers are sent here by services, nobody calls it. */
const callback: OpenAPI.PathItemObject = {
  get: {
    operationId: "oauth.callback",
    tags: ["Connections"],
    summary: "Where services send the browser back to (the redirect URI itself is /oauth/callback/{slug})",
    security: [],
    parameters: [
      { name: "slug", in: "path", required: true, schema: { type: "string" } },
      ...["code", "state", "error"].map((name) => ({ name, in: "query", schema: { type: "string" as const } })),
    ],
    responses: { "200": { description: "A page that says whether it worked", content: { "text/html": {} } } },
  },
};

export const methods = ["get", "post", "put", "patch", "delete"] as const;

function operationsOf(document: OpenAPI.Document): OpenAPI.OperationObject[] {
  return Object.values(document.paths ?? {}).flatMap((path) =>
    methods.flatMap((method) => (path?.[method] ? [path[method]] : [])),
  );
}
