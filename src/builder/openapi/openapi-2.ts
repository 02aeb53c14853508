import type { Api, Endpoint, Flow, Parameter, Schema, Scheme } from "./model.ts";
import { readSecurity, scopesOf, webAddress } from "./openapi-3.ts";
import { type Document, isRecord } from "./read-document.ts";
import { flag, list, plainText, readTags, records, text } from "./reading.ts";
import type { References } from "./references.ts";

const methods = ["get", "put", "post", "delete", "options", "head", "patch"];

/** Swagger 2.0, in the terms of OpenAPI 3: body and form parameters become a body, collection formats become styles. */
export function readOpenApi2(document: Document, references: References, leftOut: Api["leftOut"]): Api {
  const info = isRecord(document.info) ? document.info : {};
  const api: Api = {
    title: text(info.title),
    description: text(info.description),
    version: text(info.version) || undefined,
    docsUrl: webAddress(document.externalDocs),
    iconUrl: webAddress(info["x-logo"]),
    servers: serversOf(document),
    schemes: new Map(
      records(document.securityDefinitions, references).map(([name, scheme]) => [name, readScheme(scheme)]),
    ),
    security: readSecurity(document.security),
    tags: readTags(document.tags),
    endpoints: [],
    leftOut,
  };
  for (const [path, value] of Object.entries(isRecord(document.paths) ? document.paths : {})) {
    const item = references.record(value);
    if (!item || !path.startsWith("/")) {
      if (!path.startsWith("x-")) leftOut.push({ what: path.slice(0, 100), why: "its description cannot be read" });
      continue;
    }
    for (const method of methods) {
      if (item[method] === undefined) continue;
      const operation = references.record(item[method]);
      if (!operation) leftOut.push({ what: `${method.toUpperCase()} ${path}`, why: "its description cannot be read" });
      else
        api.endpoints.push(readOperation(method.toUpperCase(), path, item, operation, document, references, leftOut));
    }
  }
  return api;
}

function readOperation(
  method: string,
  path: string,
  item: Record<string, unknown>,
  operation: Record<string, unknown>,
  document: Document,
  references: References,
  leftOut: Api["leftOut"],
): Endpoint {
  const merged = new Map<string, Record<string, unknown>>();
  for (const one of [...list(item.parameters), ...list(operation.parameters)]) {
    const parameter = references.record(one);
    if (parameter && text(parameter.name) !== "" && text(parameter.in) !== "")
      merged.set(`${text(parameter.in)} ${text(parameter.name)}`, parameter);
    else leftOut.push({ what: `a parameter of ${method} ${path}`, why: "its description is not in the document" });
  }
  const consumes = list(operation.consumes ?? document.consumes)
    .map(text)
    .filter(Boolean);
  const parameters: Parameter[] = [];
  const form: Record<string, unknown>[] = [];
  let body: Endpoint["body"];
  for (const parameter of merged.values()) {
    const place = text(parameter.in);
    const name = text(parameter.name);
    if (place === "body") {
      const types = consumes.length > 0 ? consumes : ["application/json"];
      const schema = isRecord(parameter.schema) ? parameter.schema : {};
      body = {
        required: flag(parameter.required),
        help: plainText(parameter.description),
        contents: types.map((type) => ({ type, schema, encoding: {} })),
      };
    } else if (/^formdata$/i.test(place)) form.push(parameter);
    else if (place === "path" || place === "query" || place === "header") {
      if (place === "header" && /^(?:accept|content-type|authorization)$/i.test(name)) continue;
      parameters.push({
        name,
        in: place,
        required: flag(parameter.required) || place === "path",
        schema: schemaOf(parameter),
        ...styleOf(parameter, place),
        help: plainText(parameter.description),
        deprecated: false,
      });
    } else leftOut.push({ what: `a parameter of ${method} ${path}`, why: `"${place}" is no place for one` });
  }
  if (form.length > 0) body = formBody(form, consumes);
  const answers = isRecord(operation.responses) ? operation.responses : {};
  const code = Object.keys(answers).find((one) => /^2\d\d$/.test(one)) ?? "default";
  const answer = references.record(answers[code]);
  const produces = list(operation.produces ?? document.produces).map(text);
  return {
    method,
    path,
    id: text(operation.operationId) || undefined,
    tags: list(operation.tags).map(text).filter(Boolean),
    summary: text(operation.summary),
    description: text(operation.description),
    deprecated: operation.deprecated === true,
    parameters,
    body,
    security: readSecurity(operation.security),
    answer: isRecord(answer?.schema) ? answer.schema : undefined,
    answersBytes: produces.length > 0 && !produces.some((type) => /json|xml|^text\//i.test(type)),
    linkHeader: isRecord(answer?.headers) && Object.keys(answer.headers).some((name) => name.toLowerCase() === "link"),
  };
}

/** "csv" parts values by commas, "multi" repeats the name (queries and forms only). */
function styleOf(parameter: Record<string, unknown>, place: string): { style?: string; explode?: boolean } {
  if (text(parameter.type) !== "array") return {};
  const format = text(parameter.collectionFormat) || "csv";
  const plain = place === "query" || place === "form" ? "form" : "simple";
  const styles: Record<string, string> = { ssv: "spaceDelimited", pipes: "pipeDelimited", tsv: "tabDelimited" };
  return { style: styles[format] ?? plain, explode: format === "multi" };
}

function formBody(form: Record<string, unknown>[], consumes: string[]): NonNullable<Endpoint["body"]> {
  const hasFile = form.some((one) => text(one.type) === "file");
  const types = consumes.filter((type) => /urlencoded|multipart/i.test(type));
  const usable = hasFile ? ["multipart/form-data"] : types.length > 0 ? types : ["application/x-www-form-urlencoded"];
  const schema: Schema = {
    type: "object",
    required: form.filter((one) => flag(one.required)).map((one) => text(one.name)),
    properties: Object.fromEntries(form.map((one) => [text(one.name), schemaOf(one)])),
  };
  const encoding = Object.fromEntries(
    form.filter((one) => text(one.type) === "array").map((one) => [text(one.name), styleOf(one, "form")]),
  );
  return {
    required: form.some((one) => flag(one.required)),
    help: "",
    contents: usable.map((type) => ({ type, schema, encoding })),
  };
}

/** A parameter of 2.0 is its own schema. */
function schemaOf(parameter: Record<string, unknown>): Schema {
  if (isRecord(parameter.schema)) return parameter.schema;
  const { name: _name, in: _in, required: _required, collectionFormat: _format, ...schema } = parameter;
  return text(schema.type) === "file" ? { ...schema, type: "string", format: "binary" } : schema;
}

function serversOf(document: Document): Api["servers"] {
  const base = text(document.basePath);
  const path = base === "" || base.startsWith("/") ? base : `/${base}`;
  const host = text(document.host).trim();
  if (host === "") return path === "" ? [] : [{ url: path, variables: {} }];
  const schemes = list(document.schemes).map(text);
  const scheme =
    schemes.includes("https") || schemes.length === 0 ? "https" : (schemes.find((one) => one === "http") ?? "https");
  return [{ url: /^https?:\/\//.test(host) ? `${host}${path}` : `${scheme}://${host}${path}`, variables: {} }];
}

function readScheme(scheme: Record<string, unknown>): Scheme {
  const help = plainText(scheme.description) || undefined;
  const type = text(scheme.type).toLowerCase();
  const place = text(scheme.in).toLowerCase();
  if (type === "basic") return { kind: "basic", help };
  if (type === "apikey" && (place === "query" || place === "header") && text(scheme.name) !== "")
    return { kind: "apiKey", in: place, name: text(scheme.name), help };
  if (type === "oauth2") {
    const names: Record<string, Flow["flow"]> = {
      accessCode: "authorizationCode",
      application: "clientCredentials",
      implicit: "implicit",
      password: "password",
    };
    const flow = names[text(scheme.flow)];
    const one = {
      authorizationUrl: text(scheme.authorizationUrl) || undefined,
      tokenUrl: text(scheme.tokenUrl) || undefined,
      scopes: scopesOf(scheme.scopes),
    };
    return { kind: "oauth2", flows: flow ? [{ flow, ...one }] : [], help };
  }
  return { kind: "other", type: type || "unknown", help };
}
