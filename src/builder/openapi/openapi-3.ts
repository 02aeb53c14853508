import type { Api, Content, Endpoint, Flow, Parameter, Requirement, Scheme, Server } from "./model.ts";
import { type Document, isRecord } from "./read-document.ts";
import type { References } from "./references.ts";
import { flag, list, plainText, readTags, records, text } from "./reading.ts";

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/** OpenAPI 3.0, 3.1 and 3.2. A part that cannot be read is left out and named; the rest works. */
export function readOpenApi3(document: Document, references: References, leftOut: Api["leftOut"]): Api {
  const info = isRecord(document.info) ? document.info : {};
  const components = isRecord(document.components) ? document.components : {};
  const api: Api = {
    title: text(info.title),
    description: text(info.description) || text(info.summary),
    version: text(info.version) || undefined,
    docsUrl: webAddress(document.externalDocs) ?? webAddress(info["x-documentation"]),
    iconUrl: webAddress(info["x-logo"]),
    servers: readServers(document.servers),
    schemes: new Map(
      records(components.securitySchemes, references).map(([name, scheme]) => [name, readScheme(scheme)]),
    ),
    security: readSecurity(document.security),
    tags: readTags(document.tags),
    endpoints: [],
    leftOut,
  };
  for (const [path, value] of Object.entries(isRecord(document.paths) ? document.paths : {})) {
    if (!path.startsWith("/")) {
      if (!path.startsWith("x-"))
        leftOut.push({ what: path.slice(0, 100), why: "its path does not begin with a slash" });
      continue;
    }
    const item = references.record(value);
    if (!item) {
      leftOut.push({ what: path, why: "its description is not in the document" });
      continue;
    }
    const more = isRecord(item.additionalOperations) ? Object.entries(item.additionalOperations) : [];
    for (const [method, one] of [...methods.map((name) => [name, item[name]] as const), ...more]) {
      if (one === undefined) continue;
      const operation = references.record(one);
      const what = `${method.toUpperCase()} ${path}`;
      if (!operation) leftOut.push({ what, why: "its description cannot be read" });
      else if (!/^[A-Za-z]+$/.test(method)) leftOut.push({ what, why: "its method cannot be sent" });
      else api.endpoints.push(readOperation(method.toUpperCase(), path, item, operation, references, leftOut));
    }
  }
  return api;
}

function readOperation(
  method: string,
  path: string,
  item: Record<string, unknown>,
  operation: Record<string, unknown>,
  references: References,
  leftOut: Api["leftOut"],
): Endpoint {
  const parameters = new Map<string, Parameter>();
  for (const one of [...list(item.parameters), ...list(operation.parameters)]) {
    const parameter = readParameter(references.record(one), references);
    if (parameter === "ignored") continue;
    if (parameter) parameters.set(`${parameter.in} ${parameter.name}`, parameter);
    else leftOut.push({ what: `a parameter of ${method} ${path}`, why: "its description is not in the document" });
  }
  const servers = readServers(operation.servers ?? item.servers);
  const endpoint: Endpoint = {
    method,
    path,
    id: text(operation.operationId) || undefined,
    tags: list(operation.tags).map(text).filter(Boolean),
    summary: text(operation.summary) || text(item.summary),
    description: text(operation.description) || text(item.description),
    deprecated: operation.deprecated === true,
    parameters: [...parameters.values()],
    security: readSecurity(operation.security),
    ...readAnswer(operation.responses, references),
  };
  if (servers.length > 0) endpoint.servers = servers;
  if (operation.requestBody !== undefined) {
    const body = references.record(operation.requestBody);
    const contents = readContents(body?.content, references);
    if (contents.length > 0)
      endpoint.body = { required: flag(body?.required), help: plainText(body?.description), contents };
    else {
      // Whoever knows what belongs into it can still send it.
      endpoint.body = unknownBody;
      leftOut.push({ what: `the body of ${method} ${path}`, why: "its description is not in the document" });
    }
  }
  return endpoint;
}

const unknownBody: Endpoint["body"] = {
  required: false,
  help: "",
  contents: [{ type: "application/json", schema: {}, encoding: {} }],
};

function readParameter(
  parameter: Record<string, unknown> | undefined,
  references: References,
): Parameter | "ignored" | undefined {
  const name = text(parameter?.name);
  const place = text(parameter?.in);
  if (!parameter || name === "" || !/^(?:path|query|header|cookie|querystring)$/.test(place)) return undefined;
  // "If in is header and the name is Accept, Content-Type or Authorization, the definition SHALL be ignored."
  if (place === "header" && /^(?:accept|content-type|authorization)$/i.test(name)) return "ignored";
  const [content] = readContents(parameter.content, references);
  return {
    name,
    in: place as Parameter["in"],
    required: flag(parameter.required) || place === "path",
    schema: content ? content.schema : schemaOf(parameter.schema),
    style: text(parameter.style) || undefined,
    explode: typeof parameter.explode === "boolean" ? parameter.explode : undefined,
    allowReserved: parameter.allowReserved === true || undefined,
    content: content?.type,
    help: plainText(parameter.description) || plainText(references.schema(parameter.schema).description),
    deprecated: parameter.deprecated === true,
  };
}

function readContents(value: unknown, references: References): Content[] {
  return records(value, references).map(([type, media]) => ({
    type,
    // A sequence of items, one after the other, is given as a list of them.
    schema: schemaOf(
      media.schema ?? (media.itemSchema === undefined ? undefined : { type: "array", items: media.itemSchema }),
    ),
    encoding: Object.fromEntries(records(media.encoding, references)),
  }));
}

function schemaOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function readAnswer(value: unknown, references: References): Pick<Endpoint, "answer" | "answersBytes" | "linkHeader"> {
  const answers = isRecord(value) ? value : {};
  const code = Object.keys(answers).find((one) => /^2(?:\d\d|XX)$/i.test(one)) ?? "default";
  const answer = references.record(answers[code]);
  const contents = readContents(answer?.content, references);
  const json = contents.find((one) => /json/i.test(one.type)) ?? contents.find((one) => one.type.includes("*"));
  const headers = isRecord(answer?.headers) ? Object.keys(answer.headers) : [];
  return {
    answer: json?.schema,
    answersBytes: !json && contents.some((one) => !/json|xml|^text\//i.test(one.type)),
    linkHeader: headers.some((name) => name.toLowerCase() === "link"),
  };
}

export function readServers(value: unknown): Server[] {
  return list(value)
    .filter(isRecord)
    .filter((server) => typeof server.url === "string")
    .map((server) => ({
      url: text(server.url).trim(),
      variables: Object.fromEntries(
        Object.entries(isRecord(server.variables) ? server.variables : {}).map(([name, one]) => {
          const variable = isRecord(one) ? one : {};
          const options = list(variable.enum).map(String);
          return [
            name,
            {
              default: variable.default === undefined ? undefined : String(variable.default),
              options: options.length > 0 ? options : undefined,
              help: plainText(variable.description) || undefined,
            },
          ];
        }),
      ),
    }));
}

export function readSecurity(value: unknown): Requirement[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value
    .filter(isRecord)
    .map((one) => new Map(Object.entries(one).map(([name, scopes]) => [name, list(scopes).map(text)])));
}

function readScheme(scheme: Record<string, unknown>): Scheme {
  const help = plainText(scheme.description) || undefined;
  const type = text(scheme.type).toLowerCase();
  const place = text(scheme.in).toLowerCase();
  if (
    type === "apikey" &&
    (place === "query" || place === "header" || place === "cookie") &&
    text(scheme.name) !== ""
  ) {
    return { kind: "apiKey", in: place, name: text(scheme.name), help };
  }
  if (type === "http") {
    const name = text(scheme.scheme);
    if (/^basic$/i.test(name)) return { kind: "basic", help };
    if (/^bearer$/i.test(name)) return { kind: "bearer", help };
    return name === "" ? { kind: "other", type: "http", help } : { kind: "http", scheme: name, help };
  }
  if (type === "basic") return { kind: "basic", help };
  if (type === "openidconnect") return { kind: "oidc", url: text(scheme.openIdConnectUrl) || undefined, help };
  if (type === "oauth2") {
    const flows = Object.entries(isRecord(scheme.flows) ? scheme.flows : {}).flatMap(([flow, one]): Flow[] => {
      if (
        !/^(?:authorizationCode|clientCredentials|implicit|password|deviceAuthorization)$/.test(flow) ||
        !isRecord(one)
      )
        return [];
      return [
        {
          flow: flow as Flow["flow"],
          authorizationUrl: text(one.authorizationUrl) || undefined,
          tokenUrl: text(one.tokenUrl) || undefined,
          refreshUrl: text(one.refreshUrl) || undefined,
          deviceAuthorizationUrl: text(one.deviceAuthorizationUrl) || undefined,
          scopes: scopesOf(one.scopes),
        },
      ];
    });
    return { kind: "oauth2", flows, metadataUrl: text(scheme.oauth2MetadataUrl) || undefined, help };
  }
  return { kind: "other", type: text(scheme.type) || "unknown", help };
}

export function scopesOf(value: unknown): { [scope: string]: string } {
  if (Array.isArray(value)) return Object.fromEntries(value.map((scope) => [text(scope), ""]));
  return Object.fromEntries(
    Object.entries(isRecord(value) ? value : {}).map(([scope, help]) => [scope, plainText(help)]),
  );
}

/** An address said outright, or as the `url` of an object. */
export function webAddress(value: unknown): string | undefined {
  const url = isRecord(value) ? text(value.url) : text(value);
  return /^https?:\/\//.test(url) ? url : undefined;
}
