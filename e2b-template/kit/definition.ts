/** A tool: a table of operations. The kit turns it into a command line; code stands only where a table cannot say it. */
export type ToolDefinition = {
  /** Lower case, digits, dashes. Names the environment: `{SLUG}_BASE_URL`, `{SLUG}_ACCESS_TOKEN`, … */
  slug: string;
  /** What the service is for, in one line. */
  summary?: string;
  /** May hold `{variables}`, filled from `{SLUG}_{VARIABLE}` when `{SLUG}_BASE_URL` is not set. */
  baseUrl?: string;
  /** Values of variables that nobody set. */
  variables?: { [name: string]: string };
  /** Secret fields by name: where each goes when the tool runs with real credentials (`{SLUG}_{FIELD}`). */
  auth?: { [field: string]: AuthPlace | AuthPlace[] };
  /** Which fields sign a request: any one of the lists. Absent: all fields. An operation may say otherwise; `[]` is none. */
  security?: string[][];
  /** Headers sent with every request, e.g. a version the service demands. */
  headers?: { [name: string]: string };
  /** Inputs that many operations take, said once: see `WrittenOperation`. */
  inputs?: { [name: string]: Input };
  operations: { [name: string]: WrittenOperation };
};

/**
 * An operation as its file says it. `true` is the tool's input of that name (`inputs`), and so is a path parameter of which
 * the operation says nothing.
 */
export type WrittenOperation = Omit<Operation, "input"> & { input?: { [name: string]: Input | true } };

export type Operation = {
  /** The document's own name (operationId), which `call` accepts; absent when only its marks differ from the operation's name. */
  id?: string;
  access: "read" | "write";
  /** `GET /boards/{id}`; with code, an address of another host may stand here too: `POST https://other.example/x`. */
  request?: string;
  /** Where this operation lives when not at the tool's base URL. */
  server?: string;
  /** A path parameter that stands for several at once, which `call` takes too: `{ parent: "projects/{project}" }`. */
  whole?: { [name: string]: string };
  /** With `run`: every request the code may make. */
  requests?: string[];
  summary?: string;
  /** Why it counts as read or write, where the method alone does not tell. */
  reason?: string;
  /** By the name a person types. Path parameters that are plain text need no entry. */
  input?: { [name: string]: Input };
  body?: Body;
  /** Follow-up requests of `--all`. */
  pages?: Pages;
  /** As in the tool, when it differs. */
  security?: string[][];
  /** Scopes the access token needs. */
  scopes?: string[];
  headers?: { [name: string]: string };
  graphql?: GraphQl;
  deprecated?: boolean;
  /** Several requests in one operation. */
  run?: (input: Values, api: Api) => Promise<unknown>;
};

export type Place = "path" | "query" | "header" | "cookie" | "body" | "querystring";
export type InputType = "string" | "integer" | "number" | "boolean" | "array" | "object" | "file" | "any";
export type Style =
  | "form"
  | "simple"
  | "label"
  | "matrix"
  | "deepObject"
  | "pipeDelimited"
  | "spaceDelimited"
  | "tabDelimited"
  | "cookie";

export type Input = {
  /** Absent: `path` when the request names it, else `body` for POST, PUT and PATCH, else `query`. */
  in?: Place;
  /** The name on the wire, when it differs from the one that is typed. */
  name?: string;
  /** Body: the way to its place when it lies deeper; `[]` is the whole body. */
  at?: string[];
  /** Absent: `string`. */
  type?: InputType;
  /** Type of the members of an array. Absent: `string`. */
  items?: InputType;
  enum?: (string | number | boolean)[];
  required?: boolean;
  /** What the service takes when nothing is sent. Never sent by us. */
  default?: unknown;
  /** Largest number, e.g. of a page size. */
  max?: number;
  help?: string;
  /** The form of an object or of array members, for help: `{name, color?}`. */
  shape?: string;
  style?: Style;
  explode?: boolean;
  allowReserved?: boolean;
  /** Media type of a parameter that is sent as a document, e.g. `application/json`. */
  content?: string;
};

export type Body = {
  /** Media types the service takes; the first is sent unless asked otherwise. Absent: `application/json`. */
  types?: string[];
  required?: boolean;
  help?: string;
  /** How the fields of a form or the parts of a multipart body are written, where the standard's default is not meant. */
  encoding?: { [field: string]: Encoding };
  /** Names, attributes and wrappers of an XML body. */
  xml?: XmlHint;
};

export type Encoding = {
  contentType?: string;
  style?: Style;
  explode?: boolean;
  allowReserved?: boolean;
  headers?: { [name: string]: string };
};

export type XmlHint = {
  name?: string;
  attribute?: boolean;
  text?: boolean;
  wrapped?: boolean;
  prefix?: string;
  namespace?: string;
  fields?: { [name: string]: XmlHint };
  items?: XmlHint;
};

export type Pages =
  /** The answer holds a cursor at `next` (dotted, `-1` is the last of a list); it is sent as `parameter`, as long as `more` is true. */
  | { by: "cursor"; parameter: string; next: string; more?: string; items?: string }
  /** `parameter` counts pages, from `start` (1). */
  | { by: "page"; parameter: string; size?: string; start?: number; items?: string }
  /** `parameter` counts items. */
  | { by: "offset"; parameter: string; size?: string; items?: string }
  /** RFC 8288 `Link: <…>; rel="next"`. */
  | { by: "link"; items?: string }
  /** The answer holds the next address at `next` (dotted). */
  | { by: "url"; next: string; items?: string };

export type GraphQl = {
  type: "query" | "mutation";
  field: string;
  /** Variables with their types: `{ id: "ID!" }`. */
  variables?: { [name: string]: string };
  /** Default selection set: `{ id name }`; absent for a scalar. */
  select?: string;
};

export type AuthPlace =
  | { in: "header"; name: string; template?: string }
  | { in: "query"; name: string; template?: string }
  | { in: "cookie"; name: string }
  | { in: "body"; name: string }
  | { in: "basic_user" }
  | { in: "basic_password" };

/** Checked inputs of an operation with code, by name. */
// oxlint-disable-next-line typescript/no-explicit-any -- the table has checked each value; code would only repeat the check
export type Values = { readonly [name: string]: any };

/** What an operation with code may do: requests it has declared, signed like any other. Answers are parsed JSON. */
export type Api = {
  request(
    method: string,
    path: string,
    options?: {
      query?: { [name: string]: unknown };
      headers?: { [name: string]: string };
      body?: unknown;
      contentType?: string;
    },
    // oxlint-disable-next-line typescript/no-explicit-any -- an answer's form is known to the writer of the operation only
  ): Promise<any>;
};

/** What `--describe` prints and the server keeps: the definition without its code. */
export type ToolDescription = Omit<ToolDefinition, "operations" | "inputs"> & {
  hosts: string[];
  operations: { [name: string]: OperationDescription };
};
export type AnyTool = ToolDefinition | ToolDescription;
/** `requests` holds every request the operation may make, with the server where it is not the tool's. */
export type OperationDescription = Omit<Operation, "run" | "request" | "requests"> & {
  requests: string[];
  coded?: true;
};
export type AnyOperation = Operation | OperationDescription;
