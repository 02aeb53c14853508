import { type Outcome, runOn } from "../../../e2b-template/kit/testing.ts";
import { compileDocument } from "./compile-document.ts";
import type { Compiled, CompileOptions } from "./compiled.ts";

/** Test support: compiles a small OpenAPI 3.1 document with these paths. */
export function compiled(paths: object, more: object = {}, options: CompileOptions = {}): Promise<Compiled> {
  const document = {
    openapi: "3.1.0",
    info: { title: "Desk API", version: "1" },
    servers: [{ url: "https://api.desk.example/v1" }],
    paths,
    ...more,
  };
  return compileDocument(JSON.stringify(document), options);
}

/** The one request that the only operation of a document makes for these arguments of `call`. */
export async function wire(
  operation: object,
  args: object,
  path = "/things",
  more: object = {},
  env: Record<string, string> = {},
): Promise<Outcome["sent"][number]> {
  const { method = "get", ...rest } = operation as { method?: string };
  const { tool } = await compiled({ [path]: { [method]: { operationId: "theOne", ...rest } } }, more);
  const { sent, stderr } = await runOn(tool, ["call", "theOne", "--input", JSON.stringify(args)], { env });
  const [request] = sent;
  if (!request) throw new Error(`nothing was sent: ${stderr}`);
  return { ...request, url: request.url.replace("https://api.desk.example/v1", "") };
}
