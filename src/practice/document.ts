import { z } from "zod";
import * as nouns from "./nouns.ts";
import { pathParameters } from "./operation.ts";
import type { Answer, Operation, Tag } from "./operation.ts";
import { scopes } from "./sign-in.ts";

type Json = Record<string, unknown>;

const tags: Record<Tag, string> = {
  People: "Who you are.",
  Boards: "Boards you are a member of.",
  Lists: "Columns of a board.",
  Labels: "Coloured words for cards.",
  Cards: "Things to do.",
  Comments: "What was said about a card.",
  Attachments: "Files on a card.",
  Search: "Find by words.",
  "Awkward corner": "Answers as services give them on bad days, to practise on. Nothing here touches the boards.",
};

/** The OpenAPI 3.1 document of the practice API, written from its operations. */
export function openApiDocument(url: string, operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const item = (paths[operation.path] ??= pathItem(operation.path));
    item[operation.method] = describe(operation);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Practice Boards",
      version: "1.0.0",
      summary: "A small kanban service to practise on.",
      description:
        "Boards hold lists, lists hold cards. Sign in with a key in the header `X-Board-Key`, with a key and its token in the query, or with OAuth 2. " +
        "Cards and comments come page by page with a cursor, boards and finds on numbered pages. Everybody may make 200 requests a second, and 1,000 at once; " +
        "who makes more gets 429 with `Retry-After`. The board `brd_busy` gives that answer on purpose: ask again after a second.",
      license: { name: "MIT", identifier: "MIT" },
    },
    externalDocs: { description: "The manual", url: `${url}/docs` },
    servers: [{ url: `${url}/v1`, description: "This machine" }],
    security: [{ apiKey: [] }, { key: [], token: [] }, { oauth2: Object.keys(scopes) }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: securitySchemes(url),
      schemas: Object.fromEntries([...components].map(([schema, name]) => [name, toSchema(schema, "output", schema)])),
      responses: Object.fromEntries(
        Object.values(errorAnswers).map(([name, description, headers]) => [
          name,
          response({ description, headers, schema: nouns.ErrorAnswer }),
        ]),
      ),
    },
  };
}

function pathItem(path: string): Json {
  const names = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
  if (names.length === 0) return {};
  return {
    parameters: names.map((name) => ({
      name,
      in: "path",
      required: true,
      ...pathParameters[name],
      schema: { type: "string" },
    })),
  };
}

function describe(operation: Operation): Json {
  const { id, path, tag, summary, description, access, query, body, answers, errors = [] } = operation;
  const responses: Record<string, Json> = {};
  for (const [status, answer] of Object.entries(answers)) responses[status] = response(answer);
  const usual = [401, 403, 429, ...errors];
  if (path.includes("{")) usual.push(404);
  if (body) usual.push(400, 413, 415, 422);
  if (query) usual.push(422);
  if (query && "cursor" in query.shape) usual.push(400);
  for (const status of usual) responses[status] ??= { $ref: `#/components/responses/${errorAnswers[status]?.[0]}` };
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: [{ apiKey: [] }, { key: [], token: [] }, { oauth2: [`boards:${access}`] }],
    ...(query && {
      parameters: Object.entries(query.shape).map(([name, schema]) => queryParameter(name, z.parse(Schema, schema))),
    }),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          [body.type]: {
            schema: toSchema(body.schema, "input"),
            ...(body.example !== undefined && { example: body.example }),
          },
        },
      },
    }),
    responses,
  };
}

const Schema = z.custom<z.ZodType>((value) => value instanceof z.ZodType);

function queryParameter(name: string, schema: z.ZodType): Json {
  const { description, examples, example, ...rest } = toSchema(schema, "input");
  return {
    name,
    in: "query",
    required: !schema.safeParse(undefined).success,
    description,
    ...(example !== undefined && { example }),
    ...(examples !== undefined && { examples }),
    schema: rest,
  };
}

function response({ description, type = "application/json", schema, example, headers }: Answer): Json {
  const content = schema
    ? { [type]: { schema: toSchema(schema, "output"), ...(example !== undefined && { example }) } }
    : type === "application/json"
      ? undefined
      : { [type]: type === "application/octet-stream" ? {} : { schema: { type: "string" } } };
  return { description, ...(headers && { headers: describeHeaders(headers) }), ...(content && { content }) };
}

const describeHeaders = (headers: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: /count|retry/i.test(name) ? "integer" : "string" } },
    ]),
  );

const errorAnswers: Record<number, [name: string, description: string, headers?: Record<string, string>]> = {
  400: ["BadRequest", "The body is not readable, or the cursor is not one of ours."],
  401: [
    "SignInNeeded",
    "Nobody is signed in, or the key or token is not valid.",
    { "WWW-Authenticate": "How to sign in (RFC 6750, RFC 9728)." },
  ],
  403: ["Refused", "You are signed in but may not do this: the scope is missing, or it is not yours."],
  404: ["NotFound", "There is no such thing, or you may not see it."],
  409: ["Conflict", "Something like it is there already."],
  413: ["TooLarge", "The body is too large."],
  415: ["WrongContentType", "The body is of another type than this operation takes."],
  422: ["InvalidFields", "Some fields are missing or wrong; `details` says which."],
  429: ["TooManyRequests", "Slow down.", { "Retry-After": "Seconds to wait." }],
};

const securitySchemes = (url: string): Json => ({
  apiKey: { type: "apiKey", in: "header", name: "X-Board-Key", description: `Your key, from ${url}/keys.` },
  key: {
    type: "apiKey",
    in: "query",
    name: "key",
    description: `Your key for addresses, from ${url}/keys. Always together with \`token\`.`,
  },
  token: {
    type: "apiKey",
    in: "query",
    name: "token",
    description: `The token that belongs to your key, from ${url}/keys.`,
  },
  oauth2: {
    type: "oauth2",
    description:
      "Authorization code with PKCE (S256). Access tokens end after a minute; refresh tokens are good for one use, each refresh gives a new one.",
    flows: {
      authorizationCode: {
        authorizationUrl: `${url}/oauth/authorize`,
        tokenUrl: `${url}/oauth/token`,
        refreshUrl: `${url}/oauth/token`,
        scopes,
      },
    },
  },
});

const components = new Map<unknown, string>(
  Object.entries({
    Person: nouns.Person,
    Board: nouns.Board,
    List: nouns.List,
    Label: nouns.Label,
    Card: nouns.Card,
    Comment: nouns.Comment,
    Attachment: nouns.Attachment,
    SearchHit: nouns.SearchHit,
    Error: nouns.ErrorAnswer,
  }).map(([name, schema]) => [schema, name]),
);

/** JSON Schema of `schema`, with references where a component stands inside it, in the words a person would write. */
function toSchema(schema: unknown, io: "input" | "output", whole?: unknown): Json {
  const { $schema: _, ...json } = z.toJSONSchema(z.parse(Schema, schema), {
    io,
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const name = zodSchema === whole ? undefined : components.get(zodSchema);
      if (name !== undefined) {
        for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
        jsonSchema.$ref = `#/components/schemas/${name}`;
        return;
      }
      const [inner, none] = jsonSchema.anyOf ?? [];
      if (inner?.type === "string" && none?.type === "null") {
        // One type that may be null reads better than a choice of two.
        delete jsonSchema.anyOf;
        Object.assign(jsonSchema, { ...inner, ...jsonSchema, type: ["string", "null"] });
      }
      delete jsonSchema.contentEncoding; // zod says it of files; `format: binary` is the word readers know
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern; // the format says it
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties; // readers let new fields pass
    },
  });
  return json;
}
