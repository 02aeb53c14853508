import type { AuthPlace } from "@patchbay/kit";
import { AuthMethod, type SecretField } from "../../contract/auth-method.ts";
import type { Api, Endpoint, Parameter, Flow, Requirement, Scheme } from "./model.ts";
import { firstSentence } from "./reading.ts";
import type { Schemas } from "./schema.ts";
import { words } from "./words.ts";

/** How a tool is signed: methods a person chooses from, the tool's own table of fields, and what each operation needs. */
export type Auth = {
  methods: AuthMethod[];
  places: { [field: string]: AuthPlace | AuthPlace[] };
  /** The rule for operations that do not say otherwise. */
  usual: string[][] | undefined;
  /** Differs from the usual: any one of these lists of fields; `[]` is none. */
  of(endpoint: Endpoint): { security?: string[][]; scopes?: string[] };
  /** Parameters that carry a credential: they are the gateway's business, not inputs. */
  isCredential(endpoint: Endpoint, place: string, name: string): boolean;
  /** A parameter for the token that the sign-in sends anyway: whoever calls has none to give. */
  isSentAnyway(parameter: Parameter): boolean;
  leftOut: Api["leftOut"];
};

/** Reads security schemes and requirements: AND within a requirement, OR between them, opt-out where one is empty. */
export function readAuth(api: Api, schemas: Schemas): Auth {
  const schemes = new Map([...api.schemes].filter(([, scheme]) => scheme.kind !== "other"));
  const leftOut: Api["leftOut"] = [...api.schemes]
    .filter(([, scheme]) => scheme.kind === "other")
    .map(([name, scheme]) => ({
      what: `sign-in "${name}"`,
      why: `${scheme.kind === "other" ? scheme.type : ""} is a kind we do not know`,
    }));
  for (const name of otherPlaces(api, schemes)) schemes.delete(name);
  const repeated = repeatedCredentials(api, schemes, schemas);
  for (const [name, scheme] of repeated.added) schemes.set(name, scheme);
  const fieldOf = nameFields(schemes);

  const requirementsOf = (endpoint: Endpoint): Requirement[] => {
    const named = (endpoint.security ?? api.security)?.filter((one) =>
      [...one.keys()].every((name) => schemes.has(name)),
    );
    const carried = repeated.of(endpoint);
    if (carried.length === 0) return named ?? [];
    if (named?.some((one) => one.size > carried.length && carried.every((name) => one.has(name)))) return named;
    // Credentials that an operation demands as parameters go together, whatever its security says.
    const together: Requirement = new Map(carried.map((name) => [name, []]));
    const others = (named ?? []).filter(
      (one) => one.size > 0 && ![...one.keys()].every((name) => carried.includes(name)),
    );
    return [together, ...others];
  };

  const fieldsOf = (requirement: Requirement): string[] => {
    const fields = [...requirement.keys()].flatMap((name) => fieldOf.get(name) ?? []);
    return [...new Set(fields)];
  };
  const counted = new Map<string, { requirement: Requirement; count: number }>();
  const rules = new Map<string, number>();
  const ruleOf = new Map<Endpoint, string[][]>();
  for (const endpoint of api.endpoints) {
    const requirements = requirementsOf(endpoint);
    const rule = distinct(requirements.map(fieldsOf));
    ruleOf.set(endpoint, rule);
    rules.set(JSON.stringify(rule), (rules.get(JSON.stringify(rule)) ?? 0) + 1);
    for (const requirement of requirements) {
      if (requirement.size === 0) continue;
      const key = [...requirement.keys()].sort().join("\n");
      const entry = counted.get(key);
      if (entry) entry.count += 1;
      else counted.set(key, { requirement, count: 1 });
    }
  }
  // A document that names schemes and demands none anywhere means them all the same.
  if (counted.size === 0 && schemes.size > 0) {
    for (const name of schemes.keys()) counted.set(name, { requirement: new Map([[name, []]]), count: 1 });
    const rule = [...distinct([...schemes.keys()].map((name) => fieldOf.get(name) ?? [])), []];
    for (const endpoint of api.endpoints) {
      if (endpoint.security === undefined) ruleOf.set(endpoint, rule);
      rules.set(JSON.stringify(ruleOf.get(endpoint)), (rules.get(JSON.stringify(ruleOf.get(endpoint))) ?? 0) + 1);
    }
  }

  const ordered = [...counted.values()].sort((a, b) => b.count - a.count);
  const methods = uniqueMethods(
    ordered.flatMap(({ requirement }) => methodOf([...requirement.keys()], schemes, fieldOf, api)),
  );
  if (methods.length === 0) methods.push({ type: "none", id: "none", variables: [] }, unnamed);
  const usualKey = [...rules].sort((a, b) => b[1] - a[1])[0]?.[0];
  const usual = usualKey === undefined ? undefined : (JSON.parse(usualKey) as string[][]);
  const places: Auth["places"] = {};
  for (const [name, scheme] of schemes) {
    if (!ordered.some(({ requirement }) => requirement.has(name))) continue;
    for (const [field, place] of placesOf(scheme, fieldOf.get(name) ?? [])) {
      const known = places[field];
      const all = known === undefined ? [] : Array.isArray(known) ? known : [known];
      if (!all.some((one) => JSON.stringify(one) === JSON.stringify(place)))
        places[field] = all.length === 0 ? place : [...all, place];
    }
  }
  // A document that names no sign-in is often only silent: a token that is there is sent.
  if (Object.keys(places).length === 0) {
    return {
      methods,
      places: { access_token: { in: "header", name: "Authorization", template: "Bearer {secret}" } },
      usual: [["access_token"], []],
      of: () => ({}),
      isCredential: () => false,
      isSentAnyway: () => false,
      leftOut,
    };
  }
  return {
    methods,
    places,
    usual: Object.keys(places).length === 0 ? undefined : usual,
    of(endpoint) {
      const rule = ruleOf.get(endpoint) ?? [];
      const [scoped] = requirementsOf(endpoint).filter((one) => [...one.values()].some((scopes) => scopes.length > 0));
      const scopes = scoped ? [...new Set([...scoped.values()].flat())] : [];
      return {
        ...(Object.keys(places).length > 0 && JSON.stringify(rule) !== usualKey ? { security: rule } : {}),
        ...(scopes.length > 0 ? { scopes } : {}),
      };
    },
    isCredential: (endpoint, place, name) => repeated.is(endpoint, place, name),
    isSentAnyway: (parameter) =>
      [...schemes.values()].some(({ kind }) => kind === "oauth2" || kind === "oidc" || kind === "bearer") &&
      (parameter.in === "query" || parameter.in === "header") &&
      /^(?:(?:access|oauth|auth)[-_]?)?token$/i.test(parameter.name) &&
      /\b(?:authenticat|authori[sz]|oauth|bearer|access token)/i.test(parameter.help),
    leftOut,
  };
}

const unnamed: AuthMethod = {
  type: "bearer_token",
  id: "access_token",
  variables: [],
  label: "Access token",
  help: "The document names no sign-in. If the service wants a token all the same, enter it here.",
};

/**
 * Trello's `key` and `token`: parameters that are a scheme's credential once more. A document without schemes may have them
 * as well: the same parameter, called like a credential, on nearly every operation.
 */
function repeatedCredentials(api: Api, schemes: Map<string, Scheme>, schemas: Schemas) {
  const keys = new Map<string, string>();
  for (const [name, scheme] of schemes)
    if (scheme.kind === "apiKey") keys.set(`${scheme.in} ${scheme.name.toLowerCase()}`, name);
  const added = new Map<string, Scheme>();
  if (schemes.size === 0 && api.endpoints.length > 0) {
    const counts = new Map<string, { in: "query" | "header"; name: string; count: number; help: string }>();
    for (const endpoint of api.endpoints) {
      for (const parameter of endpoint.parameters) {
        if (
          (parameter.in !== "query" && parameter.in !== "header") ||
          !isCredentialName(parameter.name) ||
          isToken(parameter.help)
        )
          continue;
        const key = `${parameter.in} ${parameter.name.toLowerCase()}`;
        const entry = counts.get(key);
        if (entry) entry.count += 1;
        else counts.set(key, { in: parameter.in, name: parameter.name, count: 1, help: parameter.help });
      }
    }
    for (const [key, one] of counts) {
      if (one.count < api.endpoints.length * 0.8) continue;
      const name = words(one.name).join("_");
      added.set(name, { kind: "apiKey", in: one.in, name: one.name, help: one.help || undefined });
      keys.set(key, name);
    }
    const inBody = added.size === 0 ? bodyCredential(api, schemas) : undefined;
    if (inBody !== undefined) {
      const name = words(inBody).join("_");
      added.set(name, { kind: "apiKey", in: "body", name: inBody });
      keys.set(`body ${inBody.toLowerCase()}`, name);
    }
  }
  const nameOf = (place: string, name: string) => keys.get(`${place} ${name.toLowerCase()}`);
  return {
    added,
    of: (endpoint: Endpoint): string[] => [
      ...endpoint.parameters.flatMap((parameter) => {
        const name = nameOf(parameter.in, parameter.name);
        return name !== undefined && (parameter.required || added.has(name)) ? [name] : [];
      }),
      ...[...added].flatMap(([name, scheme]) =>
        scheme.kind === "apiKey" && scheme.in === "body" && textFields(endpoint, schemas).has(scheme.name)
          ? [name]
          : [],
      ),
    ],
    is: (_endpoint: Endpoint, place: string, name: string) => nameOf(place, name) !== undefined,
  };
}

/**
 * Mandrill's `key`: a field called like a credential in the body of every operation. An id may be called `key` as well, so
 * somebody has to say what it is: the field's own text, or the name of a body that holds nothing else (`api_key`).
 */
function bodyCredential(api: Api, schemas: Schemas): string | undefined {
  const fields = api.endpoints.map((endpoint) => textFields(endpoint, schemas));
  const [first] = fields;
  if (api.endpoints.length < 3 || !first) return undefined;
  return [...first.keys()].find(
    (name) =>
      isCredentialName(name) &&
      fields.every((one) => one.has(name)) &&
      api.endpoints.some((endpoint, at) => {
        const help = fields[at]?.get(name) ?? "";
        const isAlone = fields[at]?.size === 1;
        const called = (endpoint.body?.contents ?? []).map(
          ({ schema }) =>
            String(schema.$ref ?? "")
              .split("/")
              .pop() ?? "",
        );
        return (
          (!isToken(help) && /\bapi[\s_-]?key\b|\bcredential|\bauthenticat/i.test(help)) ||
          (isAlone && called.some(isApiKey))
        );
      }),
  );
}

function isApiKey(name: string): boolean {
  return /^(?:api|auth|access)[-_]?(?:key|token)$/i.test(name);
}

/** Fields of a body with fields that are text, each with what is said of it. */
function textFields({ body }: Endpoint, schemas: Schemas): Map<string, string> {
  const [content] = body?.contents.filter(({ type }) => /json|urlencoded/i.test(type)) ?? [];
  if (!content) return new Map();
  const { properties } = schemas.shape(content.schema);
  return new Map(
    [...properties].flatMap(([name, schema]) => {
      const { type, help } = schemas.shape(schema);
      return type === "string" ? [[name, help] as const] : [];
    }),
  );
}

function isCredentialName(name: string): boolean {
  return /^(?:x-)?(?:api[-_ ]?key|api[-_]?token|access[-_]?token|auth[-_]?token|app[-_]?key|app[-_]?id|apikey|token|key|subscription[-_]?key|ocp-apim-subscription-key|x-auth-token|client[-_]?secret)$/i.test(
    name,
  );
}

/** One key that may go into a header or into the query: the header is the better place, wherever both are allowed. */
function otherPlaces(api: Api, schemes: Map<string, Scheme>): string[] {
  const inHeader = new Map<string, string>();
  for (const [name, scheme] of schemes)
    if (scheme.kind === "apiKey" && scheme.in === "header") inHeader.set(words(scheme.name).join(""), name);
  const requirements = (one: Endpoint | Api) => one.security ?? [];
  return [...schemes].flatMap(([name, scheme]) => {
    const twin =
      scheme.kind === "apiKey" && scheme.in !== "header" ? inHeader.get(words(scheme.name).join("")) : undefined;
    if (twin === undefined) return [];
    const isOther = [api, ...api.endpoints].every((one) => {
      const alone = (scheme: string) => requirements(one).some((each) => each.size === 1 && each.has(scheme));
      return !requirements(one).some((each) => each.has(name)) || (alone(name) && alone(twin));
    });
    return isOther ? [name] : [];
  });
}

/** A "token" that points at a page of results is no credential. */
function isToken(help: string): boolean {
  return /\b(?:page|pagination|next|cursor|continu)/i.test(help);
}

/** Secret fields of each scheme. One single secret in all is `api_key`; several have the names they have on the wire. */
function nameFields(schemes: Map<string, Scheme>): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  const keys = [...schemes].filter(([, scheme]) => scheme.kind === "apiKey" || scheme.kind === "http");
  const places = new Set(
    keys.map(([, scheme]) => (scheme.kind === "apiKey" ? `${scheme.in} ${scheme.name.toLowerCase()}` : "http")),
  );
  const taken = new Set(["access_token", "username", "password", "base_url"]);
  const byPlace = new Map<string, string>();
  for (const [name, scheme] of schemes) {
    switch (scheme.kind) {
      case "basic":
        fields.set(name, ["username", "password"]);
        break;
      case "bearer":
      case "oauth2":
      case "oidc":
        fields.set(name, ["access_token"]);
        break;
      case "apiKey":
      case "http": {
        const place = scheme.kind === "apiKey" ? `${scheme.in} ${scheme.name.toLowerCase()}` : "http";
        let field =
          byPlace.get(place) ??
          (places.size === 1 ? "api_key" : fieldName(scheme.kind === "apiKey" ? scheme.name : name));
        if (!byPlace.has(place)) {
          if (taken.has(field)) field = fieldName(`${field}_${scheme.kind === "apiKey" ? scheme.in : "header"}`);
          for (let count = 2; taken.has(field); count += 1) field = `${field.replace(/_\d+$/, "")}_${count}`;
          taken.add(field);
          byPlace.set(place, field);
        }
        fields.set(name, [field]);
        break;
      }
      case "other":
        break;
    }
  }
  return fields;
}

function fieldName(name: string): string {
  const snake = words(name)
    .join("_")
    .replace(/^[^a-z]+/, "")
    .slice(0, 36);
  return snake === "" ? "secret" : snake;
}

function placesOf(scheme: Scheme, fields: string[]): [string, AuthPlace][] {
  const [first = "secret", second = "password"] = fields;
  switch (scheme.kind) {
    case "apiKey":
      return [[first, { in: scheme.in, name: scheme.name }]];
    case "basic":
      return [
        [first, { in: "basic_user" }],
        [second, { in: "basic_password" }],
      ];
    case "http":
      return [[first, { in: "header", name: "Authorization", template: `${scheme.scheme} {secret}` }]];
    case "bearer":
    case "oauth2":
    case "oidc":
      return [[first, { in: "header", name: "Authorization", template: "Bearer {secret}" }]];
    case "other":
      return [];
  }
}

/** The way to sign in that meets one requirement. Several OAuth2 schemes at once are one sign-in (Google's documents). */
function methodOf(
  names: string[],
  schemes: Map<string, Scheme>,
  fieldOf: Map<string, string[]>,
  api: Api,
): AuthMethod[] {
  const all = names.flatMap((name) => {
    const scheme = schemes.get(name);
    return scheme ? [{ name, scheme }] : [];
  });
  const isOAuth = (scheme: Scheme) => scheme.kind === "oauth2" || scheme.kind === "oidc";
  const [first] = all;
  if (!first) return [];
  const id = methodId(names.join("_"));
  const help = first.scheme.help ? { help: firstSentence(first.scheme.help, 300) } : {};
  if (all.every(({ scheme }) => isOAuth(scheme)))
    return oauthMethods(
      id,
      names,
      all.map(({ scheme }) => scheme),
      api,
    );
  if (all.length === 1 && first.scheme.kind === "bearer") return [{ type: "bearer_token", id, variables: [], ...help }];
  if (all.length === 1 && first.scheme.kind === "basic") return [{ type: "basic", id, variables: [], ...help }];
  const fields: SecretField[] = [];
  for (const { name, scheme } of all) {
    for (const [field, place] of placesOf(scheme, fieldOf.get(name) ?? [])) {
      const known = fields.find((one) => one.name === field);
      if (known) known.places.push(place);
      else
        fields.push({
          name: field,
          label: labelOf(field, scheme),
          places: [place],
          ...(scheme.help ? { help: firstSentence(scheme.help, 300) } : {}),
        });
    }
  }
  return [{ type: "api_key", id, variables: [], fields: fields.slice(0, 8) }];
}

function oauthMethods(id: string, names: string[], schemes: Scheme[], api: Api): AuthMethod[] {
  const flows = schemes.flatMap((scheme) => (scheme.kind === "oauth2" ? scheme.flows : []));
  const issuer = schemes
    .map((scheme) => (scheme.kind === "oidc" ? scheme.url : scheme.kind === "oauth2" ? scheme.metadataUrl : undefined))
    .find((url) => url !== undefined);
  const help = schemes.find((scheme) => scheme.help)?.help;
  const available = Object.fromEntries(
    flows.flatMap((flow) => Object.entries(flow.scopes)).map(([scope, about]) => [scope, firstSentence(about, 200)]),
  );
  const scopes = neededScopes(api, names);
  const common = {
    variables: [],
    ...(help ? { help: firstSentence(help, 300) } : {}),
    ...(issuer ? { issuer: issuer.replace(/\/\.well-known\/.*$/, "") } : {}),
    ...(Object.keys(available).length > 0 ? { availableScopes: available } : {}),
  };
  const find = (flow: Flow["flow"]) => flows.find((one) => one.flow === flow);
  const made: AuthMethod[] = [];
  const code = find("authorizationCode");
  const machine = find("clientCredentials");
  const device = find("deviceAuthorization");
  const implicit = find("implicit");
  const password = find("password");
  const make = (
    grant: "authorization_code" | "client_credentials" | "device_code",
    flow: Flow,
    suffix = "",
    note?: string,
  ): void => {
    const parsed = AuthMethod.safeParse({
      type: "oauth2",
      id: methodId(id + suffix),
      grant,
      ...common,
      ...(note ? { help: note } : {}),
      authorizationEndpoint: absolute(flow.authorizationUrl),
      tokenEndpoint: absolute(flow.tokenUrl),
      refreshEndpoint: absolute(flow.refreshUrl),
      deviceAuthorizationEndpoint: absolute(flow.deviceAuthorizationUrl),
      scopes,
    });
    if (parsed.success) made.push(parsed.data);
  };
  if (code) make("authorization_code", code);
  if (device) make("device_code", device, code ? "_device" : "");
  if (machine) make("client_credentials", machine, code || device ? "_client" : "");
  // The implicit and password flows are no longer used (RFC 9700): the same server's code flow is tried instead.
  if (made.length === 0 && implicit) {
    make(
      "authorization_code",
      { ...implicit, tokenUrl: implicit.tokenUrl ?? tokenUrlBeside(implicit.authorizationUrl) },
      "",
      "The document names the implicit flow, which is no longer used; the code flow of the same server takes its place. Check its token endpoint.",
    );
  }
  if (made.length === 0 && issuer) make("authorization_code", { flow: "authorizationCode", scopes: {} });
  if (made.length === 0 && password?.tokenUrl)
    make(
      "client_credentials",
      password,
      "",
      "The document names the password flow, which is no longer used; ask the service for a client.",
    );
  // Whoever has a token can always paste it.
  made.push({ type: "bearer_token", id: methodId(`${id}_token`), variables: [], label: "Access token" });
  return made;
}

function absolute(url: string | undefined): string | undefined {
  return url !== undefined && /^https?:\/\//.test(url) ? url : undefined;
}

/** Where servers have the token endpoint beside the authorization endpoint. */
function tokenUrlBeside(authorizationUrl: string | undefined): string | undefined {
  if (authorizationUrl === undefined) return undefined;
  const beside = authorizationUrl.replace(
    /\/(authorize|authorise|auth|authorization|dialog\/oauth)(?=[/?#]|$)/i,
    "/token",
  );
  return beside === authorizationUrl ? undefined : beside;
}

/** The fewest scopes that cover what the operations ask for: of alternatives, those that serve most operations. */
function neededScopes(api: Api, names: string[]): string[] {
  const usable = new Map<string, number>();
  const wanted: string[][][] = [];
  for (const endpoint of api.endpoints) {
    const alternatives = (endpoint.security ?? api.security ?? [])
      .filter((one) => [...one.keys()].some((name) => names.includes(name)))
      .map((one) => [
        ...new Set([...one.entries()].filter(([name]) => names.includes(name)).flatMap(([, scopes]) => scopes)),
      ]);
    if (alternatives.length === 0 || alternatives.some((one) => one.length === 0)) continue;
    wanted.push(alternatives);
    for (const scope of new Set(alternatives.flat())) usable.set(scope, (usable.get(scope) ?? 0) + 1);
  }
  const chosen = new Set<string>();
  wanted.sort((a, b) => a.length - b.length);
  for (const alternatives of wanted) {
    if (alternatives.some((one) => one.every((scope) => chosen.has(scope)))) continue;
    const cost = (scopes: string[]) =>
      scopes.filter((scope) => !chosen.has(scope)).length * 1000 -
      Math.min(...scopes.map((scope) => usable.get(scope) ?? 0));
    const best = [...alternatives].sort((a, b) => cost(a) - cost(b))[0] ?? [];
    for (const scope of best) chosen.add(scope);
  }
  // One that a later choice made needless goes again.
  for (const scope of Array.from(chosen)) {
    chosen.delete(scope);
    if (!wanted.every((alternatives) => alternatives.some((one) => one.every((each) => chosen.has(each)))))
      chosen.add(scope);
  }
  return [...chosen];
}

function uniqueMethods(methods: AuthMethod[]): AuthMethod[] {
  const kept: AuthMethod[] = [];
  for (const method of methods) {
    const { id: _, ...body } = method;
    const known = kept.some(({ id: __, ...other }) => JSON.stringify(other) === JSON.stringify(body));
    // A pasted bearer token is one method, however many schemes allow it.
    if (known || (method.type === "bearer_token" && kept.some((one) => one.type === "bearer_token"))) continue;
    let id = method.id;
    for (let count = 2; kept.some((one) => one.id === id); count += 1) id = methodId(`${method.id}_${count}`);
    kept.push({ ...method, id });
    if (kept.length >= 12) break;
  }
  return kept;
}

function methodId(name: string): string {
  const id = words(name)
    .join("_")
    .replace(/^[^a-z]+/, "")
    .slice(0, 40);
  return id === "" ? "key" : id;
}

function labelOf(field: string, scheme: Scheme): string {
  if (field === "username") return "User name";
  if (field === "password") return "Password";
  if (field === "access_token") return "Access token";
  if (field === "api_key") return scheme.kind === "apiKey" && /token/i.test(scheme.name) ? "API token" : "API key";
  const said = field
    .replace(/^x_/, "")
    .replaceAll("_", " ")
    .replace(/\bapi\b/g, "API")
    .replace(/\bid\b/g, "ID");
  return said.charAt(0).toUpperCase() + said.slice(1);
}

function distinct(rules: string[][]): string[][] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
