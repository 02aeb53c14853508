import { expect, it } from "vitest";
import { z } from "zod";
import { procedures } from "../../contract/procedures.ts";
import { openApiDocument } from "./openapi.ts";
import { examples } from "./openapi-examples.ts";

const Schemas = z.object({
  "~orpc": z.object({ inputSchema: z.custom<z.ZodType>().optional(), outputSchema: z.custom<z.ZodType>() }),
});
const schemasOf = (operation: string) => {
  const [room = "", name = ""] = operation.split(".");
  return Schemas.parse(Reflect.get(Reflect.get(procedures, room) as object, name))["~orpc"];
};
/** Times as they stand in JSON. */
const dated = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, each) => (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(each) ? new Date(each) : each));

it.each(Object.entries(examples))("the example of %s is what the contract says", (operation, { request, response }) => {
  const { inputSchema, outputSchema } = schemasOf(operation);
  expect(outputSchema.safeParse(dated(response)).error).toBeUndefined();
  const id = "0190c1f2-7a1e-4cc0-9d3f-2b1f0a6c4e55";
  const asked = request && inputSchema?.safeParse({ ...(dated(request) as object), id });
  expect(asked?.error).toBeUndefined();
});

it("every call under /api/integrations that people know stands in the document with an example", async () => {
  const document = await openApiDocument("https://patchbay.example.com");
  const calls: [method: "get" | "post" | "delete", path: string][] = [
    ["post", "oauth/start"],
    ["get", "oauth/availability"],
    ["get", "oauth-apps"],
    ["post", "oauth-apps"],
    ["get", "oauth-apps/setup/{slug}"],
    ["get", "connections"],
    ["post", "connections"],
    ["post", "connections/{id}/test"],
    ["post", "connections/{id}/pause"],
    ["post", "connections/{id}/resume"],
    ["delete", "connections/{id}"],
    ["get", "connections/providers"],
    ["get", "providers/{slug}"],
    ["get", "status"],
  ];
  for (const [method, path] of calls) {
    const found = document.paths?.[`/integrations/${path}`]?.[method];
    expect(JSON.stringify(found?.responses?.["200"]), `${method} ${path}`).toContain('"example":');
  }
  for (const path of ["oauth/start", "oauth-apps", "connections"]) {
    const asked = document.paths?.[`/integrations/${path}`]?.post?.requestBody;
    expect(JSON.stringify(asked), path).toContain('"example":');
  }
  expect(document.paths?.["/integrations/oauth/callback/{slug}"]?.get).toBeDefined();
});
