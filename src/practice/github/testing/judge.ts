import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { z } from "zod";
import type { Asked, Answered } from "../start.ts";

type Media = { content?: { "application/json"?: { schema?: object } } };
type Operation = { requestBody?: Media; responses: Record<string, Media & { $ref?: string }>; parameters?: object[] };

/** Judges exchanges by GitHub's own OpenAPI document (see scripts/github-document.ts): what was asked and what was answered. */
export function judgeByGitHub() {
  const text = readFileSync(new URL("github.openapi.json", import.meta.url), "utf8");
  const document = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())), components: z.unknown() })
    .parse(JSON.parse(text));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  formats.default(ajv);
  ajv.addFormat("repo.nwo", /^[^/\s]+\/[^/\s]+$/);
  ajv.addSchema({ $id: "github", components: document.components });
  const faults: string[] = [];
  const compiled = new Map<object, ReturnType<typeof ajv.compile>>();
  let seen = 0;
  const known = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      // A ref holds slashes; everything else is one piece of the path.
      pattern: new RegExp(`^${path.replace(/\{ref\}/, ".+").replace(/\{\w+\}/g, "[^/]+")}$`),
      path,
      operation: operation as Operation,
    })),
  );
  const fits = (schema: object | undefined, value: unknown, what: string) => {
    if (!schema) return;
    const judge = compiled.get(schema) ?? ajv.compile(absolute(schema));
    compiled.set(schema, judge);
    if (!judge(value)) faults.push(`${what}: ${ajv.errorsText(judge.errors).slice(0, 400)}`);
  };

  return {
    faults: faults as readonly string[],
    seen: () => seen,
    see({ method, path, body }: Asked, { status, body: answer }: Answered): void {
      seen += 1;
      const found = known.find((one) => one.method === method && one.pattern.test(path));
      const what = `${method} ${path} ${status}`;
      if (!found) return void faults.push(`${what}: GitHub has no such operation here`);
      if (status < 300 || status >= 500)
        fits(found.operation.requestBody?.content?.["application/json"]?.schema, body ?? {}, `${what} request`);
      const told = found.operation.responses[String(status)];
      const reference = told?.$ref?.split("/").at(-1);
      const response = reference
        ? (Reflect.get(Reflect.get(document.components as object, "responses") as object, reference) as Media)
        : told;
      const schema = response?.content?.["application/json"]?.schema;
      // Refusals that GitHub documents for all operations together have its basic form.
      if (schema) fits(schema, answer, what);
      else if (status >= 300) fits(basicError, answer, what);
      else faults.push(`${what}: GitHub documents no such answer`);
    },
  };
}

const basicError = { $ref: "#/components/schemas/basic-error" };

/** `#/components/…` -> `github#/components/…`: the schema stands outside its document. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"github#/components/')) as object;
}
