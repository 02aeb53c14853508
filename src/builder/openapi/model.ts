import type { Pages } from "@patchbay/kit";

/** An API description in one form, whatever dialect it came in: what the compiler works on. */
export type Api = {
  title: string;
  description: string;
  version?: string;
  docsUrl?: string;
  iconUrl?: string;
  category?: string;
  servers: Server[];
  schemes: Map<string, Scheme>;
  /** Requirements of operations that name none; absent: none were named anywhere. */
  security?: Requirement[];
  tags: Map<string, string>;
  endpoints: Endpoint[];
  leftOut: LeftOut[];
};

export type LeftOut = { what: string; why: string };

export type Server = {
  url: string;
  variables: { [name: string]: { default?: string; options?: string[]; help?: string } };
};

/** Scheme name to the scopes it needs; all together sign a request. Empty: anonymous. */
export type Requirement = Map<string, string[]>;

export type Scheme = { help?: string } & (
  | { kind: "apiKey"; in: "query" | "header" | "cookie" | "body"; name: string }
  | { kind: "bearer" }
  | { kind: "basic" }
  | { kind: "http"; scheme: string }
  | { kind: "oauth2"; flows: Flow[]; metadataUrl?: string }
  | { kind: "oidc"; url?: string }
  | { kind: "other"; type: string }
);

export type Flow = {
  flow: "authorizationCode" | "clientCredentials" | "implicit" | "password" | "deviceAuthorization";
  authorizationUrl?: string;
  tokenUrl?: string;
  refreshUrl?: string;
  deviceAuthorizationUrl?: string;
  scopes: { [scope: string]: string };
};

export type Endpoint = {
  method: string;
  path: string;
  id?: string;
  tags: string[];
  summary: string;
  description: string;
  deprecated: boolean;
  servers?: Server[];
  /** Path parameters that stand for several segments (Google's `{+parent}`), by their template. */
  whole?: { [name: string]: string };
  /** Headers the service demands with this operation, with their value. */
  headers?: { [name: string]: string };
  parameters: Parameter[];
  body?: BodySource;
  /** As named on the operation; absent: as the document says. */
  security?: Requirement[];
  /** Schema of the answer that means success, when it is JSON. */
  answer?: Schema;
  /** The answer is a file or other bytes. */
  answersBytes: boolean;
  linkHeader: boolean;
  /** Where the kind of description tells how pages follow each other. */
  pages?: Pages;
  /** Verdict of the description itself on reading or writing, where its kind carries one (GraphQL, Discovery). */
  graphql?: GraphQlField;
};

export type GraphQlField = {
  type: "query" | "mutation";
  field: string;
  variables?: { [name: string]: string };
  select?: string;
};

export type Parameter = {
  name: string;
  in: "path" | "query" | "header" | "cookie" | "querystring";
  required: boolean;
  schema: Schema;
  style?: string;
  explode?: boolean;
  allowReserved?: boolean;
  content?: string;
  help: string;
  deprecated: boolean;
};

export type BodySource = { required: boolean; help: string; contents: Content[] };
export type Content = { type: string; schema: Schema; encoding: { [field: string]: Record<string, unknown> } };

/** A JSON schema as it stands in the document, references unresolved. */
export type Schema = Record<string, unknown>;
