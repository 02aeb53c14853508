import type { AnyOperation, AnyTool } from "./definition.ts";
import { usage } from "./failure.ts";
import { requestOf } from "./inputs.ts";
import type { Signature } from "./request.ts";

type Env = Record<string, string | undefined>;

/** `TRELLO_TOKEN` for the field `token` of the tool `trello`. */
export function variable(slug: string, name: string): string {
  return `${slug}_${name}`.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}

/** Where the path of an operation is put behind: given in the environment, else the tool's own, else through the gateway. */
export function baseFor(tool: AnyTool, operation: AnyOperation, env: Env): string {
  const own = tool.baseUrl === undefined ? undefined : filled(tool, tool.baseUrl, env);
  const given = env[variable(tool.slug, "base_url")];
  const { server } = requestOf(operation);
  if (server !== undefined) {
    const gateway = env.PATCHBAY_GATEWAY;
    if (gateway) return `${gateway.replace(/\/+$/, "")}/${filled(tool, server, env).replace(/^https?:\/\//, "")}`;
    // Another base URL means another installation: its requests and credentials do not belong to the usual hosts.
    if (given === undefined || sameHost(given, own)) return filled(tool, server, env);
  }
  const base = given ?? own;
  if (base === undefined)
    throw usage("This tool does not know where the service is.", `Set ${variable(tool.slug, "base_url")}.`);
  return base;
}

/** The credentials an operation is signed with. Through the gateway it is the grant alone: the real ones are put in there. */
export function signaturesFor(tool: AnyTool, operation: AnyOperation, env: Env): Signature[] {
  const read = (field: string) => env[variable(tool.slug, field)];
  if (env.PATCHBAY_GATEWAY) {
    const grant = read("access_token") ?? read("api_key");
    return grant
      ? [{ place: { in: "header", name: "authorization", template: "Bearer {secret}" }, secret: grant }]
      : [];
  }
  const auth = tool.auth ?? {};
  const choices = operation.security ?? tool.security ?? [Object.keys(auth)];
  const valueOf = (field: string, alone: boolean) =>
    read(field) ?? (alone ? (read("api_key") ?? read("access_token")) : undefined);
  const given = (value: (field: string, alone: boolean) => string | undefined) =>
    choices.find(
      (fields) => fields.length > 0 && fields.every((field) => value(field, fields.length === 1) !== undefined),
    );
  // What has its own name goes first: a secret by its usual name would fit a sign-in it is not for.
  const complete = given(read) ?? given(valueOf);
  // Nothing complete: send what there is of the first choice, and let the service say what is missing.
  const chosen = complete ?? (choices.some((fields) => fields.length === 0) ? [] : (choices[0] ?? []));
  return chosen.flatMap((field) => {
    const secret = valueOf(field, chosen.length === 1);
    const places = auth[field];
    if (secret === undefined || places === undefined) return [];
    return (Array.isArray(places) ? places : [places]).map((place) => ({ place, secret }));
  });
}

/** Names of the variables that would sign this operation and are not set. */
export function missingVariables(tool: AnyTool, operation: AnyOperation, env: Env): string[] {
  if (env.PATCHBAY_GATEWAY) return [];
  const [first = []] = operation.security ?? tool.security ?? [Object.keys(tool.auth ?? {})];
  return first.map((field) => variable(tool.slug, field)).filter((name) => env[name] === undefined);
}

function filled(tool: AnyTool, url: string, env: Env): string {
  return url.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = env[variable(tool.slug, name)] ?? tool.variables?.[name];
    if (value === undefined)
      throw usage(`The address of the service holds "${name}", which is not set.`, `Set ${variable(tool.slug, name)}.`);
    return value;
  });
}

function sameHost(one: string, other: string | undefined): boolean {
  return other !== undefined && URL.parse(one)?.host === URL.parse(other)?.host;
}
