import type { Api, Content, Endpoint, LeftOut, Parameter, Requirement, Schema, Scheme } from "./model.ts";
import { type Document, isRecord } from "./read-document.ts";
import { list, plainText, text } from "./reading.ts";

/** A Postman collection, version 2: saved requests become operations, `{{variables}}` and `:names` become parameters. */
export function readPostman(document: Document, leftOut: LeftOut[]): Api {
  const info = isRecord(document.info) ? document.info : {};
  const variables = new Map(
    list(document.variable)
      .filter(isRecord)
      .map((one) => [text(one.key) || text(one.id), text(one.value)]),
  );
  const schemes = new Map<string, Scheme>();
  const api: Api = {
    title: text(info.name),
    description: prose(info.description),
    servers: [],
    schemes,
    security: requirementOf(document.auth, schemes),
    tags: new Map(),
    endpoints: [],
    leftOut,
  };
  const bases = new Map<string, number>();
  const made: { endpoint: Endpoint; base: string }[] = [];
  const walk = (items: unknown, way: string[], inherited: Requirement[] | undefined) => {
    for (const item of list(items).filter(isRecord)) {
      if (Array.isArray(item.item)) {
        if (way.length < 12) walk(item.item, [...way, text(item.name)], requirementOf(item.auth, schemes) ?? inherited);
        continue;
      }
      const read = readRequest(item, way, variables, schemes, inherited);
      if (!read) {
        leftOut.push({ what: text(item.name).slice(0, 100) || "a request", why: "it has no address that can be read" });
        continue;
      }
      const twin = made.find(
        (one) =>
          one.endpoint.method === read.endpoint.method &&
          one.endpoint.path === read.endpoint.path &&
          one.base === read.base,
      );
      if (twin) merge(twin.endpoint, read.endpoint);
      else {
        made.push(read);
        bases.set(read.base, (bases.get(read.base) ?? 0) + 1);
      }
    }
  };
  walk(document.item, [], undefined);
  const [main] = [...bases].sort((a, b) => b[1] - a[1]);
  if (main && main[0] !== "") api.servers.push(serverOf(main[0]));
  for (const { endpoint, base } of made) {
    api.endpoints.push(base === main?.[0] || base === "" ? endpoint : { ...endpoint, servers: [serverOf(base)] });
  }
  return api;
}

function readRequest(
  item: Record<string, unknown>,
  way: string[],
  variables: Map<string, string>,
  schemes: Map<string, Scheme>,
  inherited: Requirement[] | undefined,
): { endpoint: Endpoint; base: string } | undefined {
  const request =
    typeof item.request === "string"
      ? { url: item.request, method: "GET" }
      : isRecord(item.request)
        ? item.request
        : undefined;
  if (!request) return undefined;
  const url = isRecord(request.url) ? request.url : {};
  const written = (typeof request.url === "string" ? request.url : text(url.raw) || addressOf(url)).trim();
  const raw = filled(written, variables);
  const match = /^((?:https?:\/\/)?[^/?#]+)?([^?#]*)/i.exec(raw);
  // `{{baseUrl}}/pets`: what the variable holds is the base, its path included.
  const lead = /^\{\{\s*[\w.-]+\s*\}\}(?=[/?#]|$)/.exec(written)?.[0] ?? "";
  const known = filled(lead, variables).replace(/\/+$/, "");
  const isBase = /^https?:\/\/[^/?#]+[^?#]*$/i.test(known) && raw.startsWith(known);
  const host = isBase ? known : (match?.[1] ?? "");
  const rest = isBase ? (/^[^?#]*/.exec(raw.slice(known.length))?.[0] ?? "") : (match?.[2] ?? "");
  const path = `/${rest.replace(/^\/+/, "")}`
    .replace(/\{\{\s*([\w.-]+)\s*\}\}/g, "{$1}")
    .replace(/\/:([A-Za-z_][\w-]*)/g, "/{$1}");
  if (raw === "" || !/^[A-Z]+$/i.test(text(request.method) || "GET")) return undefined;
  const about = new Map(
    list(url.variable)
      .filter(isRecord)
      .map((one) => [text(one.key), prose(one.description)]),
  );
  const parameters: Parameter[] = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name = ""]) =>
    parameter(name, "path", true, about.get(name) ?? ""),
  );
  const query = list(url.query).filter(isRecord);
  const pairs =
    query.length > 0
      ? query.map((one) => [text(one.key), prose(one.description)] as const)
      : [...new URLSearchParams(raw.split("?")[1]?.split("#")[0] ?? "").keys()].map((key) => [key, ""] as const);
  for (const [key, help] of pairs) {
    if (key !== "" && !parameters.some((one) => one.in === "query" && one.name === key))
      parameters.push(parameter(key, "query", false, help));
  }
  for (const header of list(request.header).filter(isRecord)) {
    const name = text(header.key);
    if (
      /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) &&
      !/^(?:content-type|accept|authorization|user-agent|content-length|host|cookie|postman-token)$/i.test(name)
    )
      parameters.push(parameter(name, "header", false, prose(header.description)));
  }
  const contents = contentsOf(request.body);
  const security = requirementOf(request.auth, schemes) ?? inherited;
  return {
    base: host.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, "{$1}"),
    endpoint: {
      method: (text(request.method) || "GET").toUpperCase(),
      path,
      tags: way.length > 0 ? [way.at(-1) ?? ""] : [],
      id: text(item.name) || undefined,
      summary: plainText(item.name),
      description: prose(request.description),
      deprecated: false,
      parameters,
      ...(contents.length > 0 ? { body: { required: false, help: "", contents } } : {}),
      ...(security ? { security } : {}),
      answersBytes: false,
      linkHeader: false,
    },
  };
}

/** An address that is given in its parts alone: the format demands none of them. */
function addressOf(url: Record<string, unknown>): string {
  const parts = (value: unknown, between: string) =>
    Array.isArray(value) ? value.map((part) => text(isRecord(part) ? part.value : part)).join(between) : text(value);
  const host = parts(url.host, ".");
  const path = parts(url.path, "/").replace(/^\/+/, "");
  if (host === "" && path === "") return "";
  const protocol = text(url.protocol).replace(/:?\/*$/, "");
  const port = text(url.port) || (typeof url.port === "number" ? String(url.port) : "");
  return `${protocol === "" ? "" : `${protocol}://`}${host}${port === "" ? "" : `:${port}`}/${path}`;
}

function parameter(name: string, place: Parameter["in"], required: boolean, help: string): Parameter {
  return { name, in: place, required, schema: { type: "string" }, help, deprecated: false };
}

function contentsOf(value: unknown): Content[] {
  if (!isRecord(value) || value.disabled === true) return [];
  const fields = (key: string): Schema => {
    const entries = list(value[key]).filter(isRecord);
    return {
      type: "object",
      properties: Object.fromEntries(
        entries.map((one) => [
          text(one.key),
          {
            type: "string",
            ...(text(one.type) === "file" ? { format: "binary" } : {}),
            description: prose(one.description),
          },
        ]),
      ),
    };
  };
  switch (value.mode) {
    case "urlencoded":
      return [{ type: "application/x-www-form-urlencoded", schema: fields("urlencoded"), encoding: {} }];
    case "formdata":
      return [{ type: "multipart/form-data", schema: fields("formdata"), encoding: {} }];
    case "file":
      return [{ type: "application/octet-stream", schema: { type: "string", format: "binary" }, encoding: {} }];
    case "graphql":
      return [
        {
          type: "application/json",
          schema: { type: "object", properties: { query: { type: "string" }, variables: { type: "object" } } },
          encoding: {},
        },
      ];
    case "raw": {
      const raw = text(value.raw);
      const language = isRecord(value.options) && isRecord(value.options.raw) ? text(value.options.raw.language) : "";
      const example = exampleOf(raw);
      if (example !== undefined) return [{ type: "application/json", schema: schemaOf(example), encoding: {} }];
      if (raw.trim() === "") return [];
      const types: Record<string, string> = {
        json: "application/json",
        xml: "application/xml",
        html: "text/html",
        text: "text/plain",
        javascript: "application/javascript",
      };
      return [
        {
          type: types[language] ?? (raw.trimStart().startsWith("<") ? "application/xml" : "text/plain"),
          schema: {},
          encoding: {},
        },
      ];
    }
    default:
      return [];
  }
}

/** The saved body as JSON; a variable that stands bare in it counts as nothing. */
function exampleOf(raw: string): unknown {
  for (const text of [
    raw,
    raw.replace(/(?<=[:[,]\s*)\{\{[\w.-]+\}\}/g, "null"),
    raw.replace(/^\s*\/\/.*$/gm, "").replace(/(?<=[:[,]\s*)\{\{[\w.-]+\}\}/g, "null"),
  ]) {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === "object" && value !== null ? value : undefined;
    } catch {
      // Tried again without what JSON does not know.
    }
  }
  return undefined;
}

function schemaOf(example: unknown, depth = 0): Schema {
  if (Array.isArray(example))
    return { type: "array", items: example.length > 0 && depth < 6 ? schemaOf(example[0], depth + 1) : {} };
  if (isRecord(example))
    return {
      type: "object",
      properties:
        depth < 6
          ? Object.fromEntries(Object.entries(example).map(([name, one]) => [name, schemaOf(one, depth + 1)]))
          : {},
    };
  if (typeof example === "number") return { type: "number" };
  if (typeof example === "boolean") return { type: "boolean" };
  return typeof example === "string" ? { type: "string" } : {};
}

function merge(known: Endpoint, other: Endpoint): void {
  for (const one of other.parameters) {
    if (!known.parameters.some((each) => each.in === one.in && each.name === one.name)) known.parameters.push(one);
  }
  for (const content of other.body?.contents ?? []) {
    known.body ??= { required: false, help: "", contents: [] };
    if (!known.body.contents.some((one) => one.type === content.type)) known.body.contents.push(content);
  }
}

function requirementOf(auth: unknown, schemes: Map<string, Scheme>): Requirement[] | undefined {
  if (!isRecord(auth)) return undefined;
  const type = text(auth.type);
  const given = auth[type];
  const values = new Map(
    (Array.isArray(given)
      ? given
      : isRecord(given)
        ? Object.entries(given).map(([key, value]) => ({ key, value }))
        : []
    )
      .filter(isRecord)
      .map((one) => [text(one.key), text(one.value)]),
  );
  const add = (name: string, scheme: Scheme): Requirement[] => {
    schemes.set(name, scheme);
    return [new Map([[name, []]])];
  };
  switch (type) {
    case "noauth":
      return [new Map()];
    case "bearer":
    case "jwt":
      return add("bearer", { kind: "bearer" });
    case "basic":
      return add("basic", { kind: "basic" });
    case "apikey": {
      const name = (values.get("key") ?? "").replace(/[{}]/g, "");
      return name === ""
        ? undefined
        : add(`key_${name}`, { kind: "apiKey", in: values.get("in") === "query" ? "query" : "header", name });
    }
    case "oauth2":
      return add("oauth2", {
        kind: "oauth2",
        flows: [
          {
            flow: "authorizationCode",
            authorizationUrl: values.get("authUrl"),
            tokenUrl: values.get("accessTokenUrl"),
            scopes: Object.fromEntries(
              (values.get("scope") ?? "")
                .split(/\s+/)
                .filter(Boolean)
                .map((scope) => [scope, ""]),
            ),
          },
        ],
      });
    default:
      return undefined;
  }
}

/** `{{baseUrl}}` where the collection says what it is. */
function filled(raw: string, variables: Map<string, string>): string {
  let url = raw;
  for (let round = 0; round < 5; round += 1) {
    const next = url.replace(
      /^(?:https?:\/\/)?\{\{\s*([\w.-]+)\s*\}\}/,
      (whole, name: string) => variables.get(name)?.replace(/\/+$/, "") || whole,
    );
    if (next === url) break;
    url = next;
  }
  return url;
}

function serverOf(base: string): Api["servers"][number] {
  return { url: /^(?:https?:\/\/|\{)/i.test(base) ? base : `https://${base}`, variables: {} };
}

function prose(value: unknown): string {
  return plainText(isRecord(value) ? value.content : value);
}
