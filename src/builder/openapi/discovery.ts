import type { Api, Endpoint, LeftOut, Parameter, Requirement, Schema } from "./model.ts";
import { type Document, isRecord } from "./read-document.ts";
import { flag, list, plainText, text } from "./reading.ts";

/** Google's API Discovery format, version 1. */
export function readDiscovery(document: Document, leftOut: LeftOut[]): Api {
  hangReferences(document);
  const root = text(document.rootUrl) || text(document.baseUrl);
  const base = `${root.replace(/\/+$/, "")}/${text(document.servicePath).replace(/^\/+/, "")}`.replace(/\/+$/, "");
  const scopes = scopesOf(document);
  const api: Api = {
    title: text(document.title) || text(document.name),
    description: text(document.description),
    version: text(document.version) || undefined,
    docsUrl: /^https?:/.test(text(document.documentationLink)) ? text(document.documentationLink) : undefined,
    servers: [{ url: base, variables: {} }],
    schemes: new Map(
      Object.keys(scopes).length > 0
        ? [["oauth2", { kind: "oauth2", flows: [{ flow: "authorizationCode", ...endpointsOf(root), scopes }] }]]
        : [],
    ),
    tags: new Map(),
    endpoints: [],
    leftOut,
  };
  const walk = (holder: Record<string, unknown>, way: string[]) => {
    for (const [name, method] of Object.entries(isRecord(holder.methods) ? holder.methods : {})) {
      if (!isRecord(method) || text(method.httpMethod) === "")
        leftOut.push({ what: [...way, name].join("."), why: "its description cannot be read" });
      else api.endpoints.push(...readMethod(method, way, root));
    }
    for (const [name, resource] of Object.entries(isRecord(holder.resources) ? holder.resources : {})) {
      if (isRecord(resource) && way.length < 12) walk(resource, [...way, name]);
    }
  };
  walk(document, []);
  return api;
}

function readMethod(method: Record<string, unknown>, way: string[], root: string): Endpoint[] {
  const template = `/${text(method.path).replace(/^\/+/, "")}`;
  const flat = `/${text(method.flatPath).replace(/^\/+/, "")}`;
  const folded = /\{\+(\w+)\}/.exec(template)?.[1];
  const isFolded = folded !== undefined && text(method.flatPath) !== "";
  const path = isFolded ? flat : template.replace(/\{[+/?&]?(\w+)\*?\}/g, "{$1}");
  const given = Object.entries(isRecord(method.parameters) ? method.parameters : {}).filter(
    (entry): entry is [string, Record<string, unknown>] => isRecord(entry[1]),
  );
  const parameters = given.flatMap(([name, one]): Parameter[] => {
    const place = text(one.location) === "path" ? "path" : "query";
    if (place === "path" && isFolded && !path.includes(`{${name}}`)) return [];
    const schema: Schema = flag(one.repeated) ? { type: "array", items: one } : one;
    return [
      {
        name,
        in: place,
        required: flag(one.required) || place === "path",
        schema,
        // `{+name}` stands for several segments (RFC 6570).
        allowReserved: template.includes(`{+${name}}`) || undefined,
        help: plainText(one.description),
        deprecated: one.deprecated === true,
      },
    ];
  });
  const scopes = list(method.scopes).map(text);
  const security: Requirement[] | undefined =
    scopes.length > 0 ? scopes.map((scope) => new Map([["oauth2", [scope]]])) : undefined;
  const endpoint: Endpoint = {
    method: text(method.httpMethod).toUpperCase(),
    path,
    id: text(method.id) || undefined,
    tags: way.length > 0 ? [way.at(-1) ?? ""] : [],
    summary: "",
    description: text(method.description),
    deprecated: method.deprecated === true,
    parameters,
    ...(isRecord(method.request)
      ? {
          body: {
            required: false,
            help: "",
            contents: [{ type: "application/json", schema: method.request, encoding: {} }],
          },
        }
      : {}),
    security,
    answer: isRecord(method.response) ? method.response : undefined,
    answersBytes: false,
    linkHeader: false,
  };
  const whole = isFolded ? unfoldedTemplate(template, flat, folded) : undefined;
  if (whole) endpoint.whole = whole;
  const upload = uploadPath(method);
  if (upload === undefined) return [endpoint];
  return [
    endpoint,
    {
      ...endpoint,
      // The file alone, as it stands: the other protocols take several requests, or the file among other parts.
      path: `${upload.replace(/\{[+/?&]?(\w+)\*?\}/g, "{$1}")}?uploadType=media`,
      id: endpoint.id ? `${endpoint.id}.upload` : undefined,
      servers: [{ url: root.replace(/\/+$/, ""), variables: {} }],
      parameters: parameters.filter(({ name }) => name !== "uploadType"),
      body: {
        required: true,
        help: "",
        contents: [{ type: "application/octet-stream", schema: { type: "string", format: "binary" }, encoding: {} }],
      },
    },
  ];
}

/** What `{+parent}` stands for in the flat path: "projects/{projectsId}". */
function unfoldedTemplate(template: string, flat: string, name: string): { [name: string]: string } | undefined {
  const [before = "", after = ""] = template.split(`{+${name}}`);
  if (!flat.startsWith(before) || !flat.endsWith(after) || before.includes("{+") || after.includes("{+"))
    return undefined;
  return { [name]: flat.slice(before.length, flat.length - after.length) };
}

function uploadPath(method: Record<string, unknown>): string | undefined {
  const media = isRecord(method.mediaUpload) ? method.mediaUpload : {};
  const protocols = isRecord(media.protocols) ? media.protocols : {};
  const simple = isRecord(protocols.simple) ? protocols.simple : {};
  return text(simple.path) || undefined;
}

function scopesOf(document: Document): { [scope: string]: string } {
  const auth = isRecord(document.auth) && isRecord(document.auth.oauth2) ? document.auth.oauth2 : {};
  return Object.fromEntries(
    Object.entries(isRecord(auth.scopes) ? auth.scopes : {}).map(([scope, one]) => [
      scope,
      isRecord(one) ? plainText(one.description) : "",
    ]),
  );
}

/** The format is Google's, and so is the authorization server, which it does not name. */
function endpointsOf(root: string): { authorizationUrl?: string; tokenUrl?: string } {
  if (!URL.parse(root)?.hostname.endsWith(".googleapis.com")) return {};
  return {
    authorizationUrl: "https://accounts.google.com/o/oauth2/v2/auth",
    tokenUrl: "https://oauth2.googleapis.com/token",
  };
}

/** `$ref: "Event"` names a schema of the document: made a pointer, so that it is followed like any other. */
function hangReferences(document: Document): void {
  const waiting: unknown[] = [document.schemas, document.resources, document.methods];
  const seen = new Set<unknown>();
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one !== "object" || one === null || seen.has(one)) continue;
    seen.add(one);
    if (isRecord(one) && typeof one.$ref === "string" && !one.$ref.includes("/")) one.$ref = `#/schemas/${one.$ref}`;
    waiting.push(...Object.values(one));
  }
}
