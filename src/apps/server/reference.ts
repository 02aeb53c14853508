import type { OpenAPI } from "@orpc/openapi";
import { html } from "hono/html";
import { methods } from "./openapi.ts";
import { page } from "./pages.ts";

/** The API reference: the document as a page to read, with a `curl` line for every call. No script, nothing from elsewhere. */
export function referencePage(document: OpenAPI.Document) {
  const base = document.servers?.[0]?.url ?? "/api";
  const calls = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item?.[method];
      return operation ? [{ path, method, operation }] : [];
    }),
  );
  const byTag = Map.groupBy(calls, ({ operation }) => operation.tags?.[0] ?? "Other");
  return page(
    "API reference",
    html`<p><a href="/">Back to Patchbay</a></p>
      <h1>API reference</h1>
      <p>${withCode(document.info.description ?? "")}</p>
      <p>
        The same as a document: <a href="/api/openapi.json">openapi.json</a>. Make an API key with
        <code>npm run patchbay -- keys create my-script</code> and send it along:
      </p>
      <pre><code>curl -H "Authorization: Bearer $PATCHBAY_KEY" ${base}/me</code></pre>
      ${[...byTag].map(
        ([tag, list]) =>
          html`<h2>${tag}</h2>
            ${list.map((call) => section(call, base))}`,
      )}`,
    { kind: "wide" },
  );
}

/** The `code` in a text. */
function withCode(text: string) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

type Call = { path: string; method: (typeof methods)[number]; operation: OpenAPI.OperationObject };

function section({ path, method, operation }: Call, base: string) {
  const body = bodySchema(operation);
  const parameters = (operation.parameters ?? []).flatMap((one) => ("name" in one ? [one] : []));
  const example = body ? exampleOf(body) : undefined;
  return html`<details id="${operation.operationId}">
    <summary>
      <span class="method ${method === "get" ? "read" : "write"}">${method.toUpperCase()}</span>
      <code>${path}</code><span class="soft">${operation.summary}</span>
    </summary>
    ${operation.description ? html`<p>${withCode(operation.description)}</p>` : ""}
    ${parameters.length + fieldsOf(body).length > 0 ? table(parameters, body) : ""}
    <pre><code>${curl(method, `${base}${path}${requiredQuery(parameters)}`, example)}</code></pre>
  </details>`;
}

function table(parameters: OpenAPI.ParameterObject[], body: OpenAPI.SchemaObject | undefined) {
  const rows = [
    ...parameters.map((one) => ({
      name: one.name,
      where: one.in,
      required: one.required ?? false,
      told: one.description ?? describe(one.schema),
    })),
    ...fieldsOf(body).map(([name, schema]) => ({
      name,
      where: "body",
      required: body?.required?.includes(name) ?? false,
      told: schemaOf(schema)?.description ?? describe(schema),
    })),
  ];
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">In</th>
        <th scope="col"></th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            <td><code>${row.name}</code></td>
            <td>${row.where}${row.required ? "" : ", optional"}</td>
            <td>${row.told}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** What a call cannot do without stands in its line: an example, or a place to fill in. */
function requiredQuery(parameters: OpenAPI.ParameterObject[]): string {
  const pairs = parameters.flatMap((one) => {
    if (one.in !== "query" || !one.required) return [];
    const schema = schemaOf(one.schema);
    const example: unknown = one.example ?? schema?.examples?.[0] ?? schema?.enum?.[0];
    const value = example === undefined ? one.name.toUpperCase() : encodeURIComponent(String(example));
    return [`${encodeURIComponent(one.name)}=${value}`];
  });
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

function curl(method: string, url: string, example: unknown): string {
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"${url}"`];
  lines.push(`  -H "Authorization: Bearer $PATCHBAY_KEY"`);
  if (example !== undefined) {
    const text = JSON.stringify(example).replaceAll("'", "'\\''");
    lines.push(`  -H "content-type: application/json"`, `  -d '${text}'`);
  }
  return lines.join(" \\\n");
}

function bodySchema(operation: OpenAPI.OperationObject): OpenAPI.SchemaObject | undefined {
  const body = operation.requestBody;
  return body && "content" in body ? schemaOf(body.content["application/json"]?.schema) : undefined;
}

function fieldsOf(schema: OpenAPI.SchemaObject | undefined) {
  return Object.entries(schema?.properties ?? {});
}

function schemaOf(
  schema: OpenAPI.SchemaObject | OpenAPI.ReferenceObject | undefined,
): OpenAPI.SchemaObject | undefined {
  return schema && !("$ref" in schema) ? schema : undefined;
}

function describe(schema: OpenAPI.SchemaObject | OpenAPI.ReferenceObject | undefined): string {
  const known = schemaOf(schema);
  if (known?.enum) return known.enum.join(" | ");
  return typeof known?.type === "string" ? known.type : "";
}

/** A body to start from: examples where there are some, what is required otherwise. */
function exampleOf(schema: OpenAPI.SchemaObject): Record<string, unknown> {
  const picked = fieldsOf(schema).flatMap(([name, field]): [string, unknown][] => {
    const known = schemaOf(field);
    const [example] = known?.examples ?? [];
    if (example !== undefined) return [[name, example]];
    if (!schema.required?.includes(name)) return [];
    return [[name, known?.enum?.[0] ?? (known?.type === "array" ? [] : "…")]];
  });
  return Object.fromEntries(picked);
}
