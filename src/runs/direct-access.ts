import { isDeepStrictEqual } from "node:util";
import { isProblem, Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import type { ToolDescription } from "../contract/tool.ts";
import { askedRequest, type AskedRequest } from "../gateway/asked-request.ts";
import { readHost } from "../gateway/host.ts";
import type { OpenGrant } from "../gateway/open-grant.ts";
import { type Placement, basic } from "../gateway/place.ts";
import type { GatewayNeeds } from "../gateway/serve.ts";
import type { Prepared, ToolCommand } from "../sandbox/sandbox.ts";
import { accessOf } from "./foresee.ts";
import type { RunGrants } from "./run-grants.ts";
import { shellLine } from "./shell-line.ts";
import { variableName } from "./variable-name.ts";

export type DirectAccess = {
  /** Decides on a call before it runs, as the gateway would on its request; waits for a person where it must. */
  permit: GatewayNeeds["permit"];
  record: GatewayNeeds["record"];
  authorize(grant: OpenGrant): Promise<{ placements: Placement[] }>;
  /** Told of the secrets a run was given, which are taken out of all that it prints. */
  handedOut(runId: string, placements: Placement[]): void;
};

type Needs = DirectAccess & { grants: RunGrants; isWaiting(grantId: string): boolean };
type Call = Parameters<ToolCommand["prepare"]>[0];

/**
 * What a call is given where tools cannot reach the gateway (`CREDENTIAL_DELIVERY=env`): the real credential, once the call
 * itself is allowed. Nobody sees the requests it makes, so it is the words of the command that are judged, and a write has to
 * stand in the script just so: what only comes about while the script runs is refused.
 */
export async function prepareDirectly(
  needs: Needs,
  scope: Scope,
  about: { runId: string; conversationId: string | null; connectionId: string; description: ToolDescription },
  call: Call,
): Promise<Awaited<ReturnType<ToolCommand["prepare"]>>> {
  const { runId, conversationId, connectionId, description } = about;
  const { token, grantId, described } = await needs.grants.issue(scope, { runId, conversationId, connectionId });
  const end = () => needs.grants.end({ tenantId: scope.tenantId, grantId });
  const begun = performance.now();
  try {
    const grant = await needs.grants.open(token);
    const asked = askedOf(grant, call);
    if (asked.access === "write" && !call.isAhead) throw new Problem("call_unchecked", { operation: call.operation });
    const { requestId } = await needs.permit(grant, asked, call.signal ?? new AbortController().signal);
    const { placements } = await needs.authorize(grant);
    needs.handedOut(runId, placements);
    const { connection, integration, baseUrl } = described;
    const method = integration.auth.find(({ id }) => id === connection.authMethodId);
    const name = (text: string) => variableName(integration.slug, text);
    const plain = {
      ...Object.fromEntries(Object.entries(connection.metadata).map(([key, value]) => [name(key), value])),
      [name("base_url")]: baseUrl,
      [name("auth_method")]: method?.type ?? "none",
      ...placeNames(placements, name),
      CUSTOM_INTEGRATION_PERMISSIONS: JSON.stringify({ [integration.slug]: integration.permissions }),
    };
    const prepared: Prepared = {
      env: { ...plain, ...secretsIn(placements, description, name, (secret) => secret) },
      reaches: grant.hosts.map(withPort),
      waiting: () => needs.isWaiting(grantId),
      finish: async () => {
        // Whether a write happened was seen by nobody here; that is what stands on record.
        needs.record(grant, requestId, { ms: Math.round(performance.now() - begun) });
        await end();
      },
    };
    const headers = headersOf(placements);
    if (headers && grant.hosts.every((host) => readHost(host).port === undefined)) {
      prepared.injected = {
        env: { ...plain, ...secretsIn(placements, description, name, () => "added-on-the-way") },
        headers: Object.fromEntries(grant.hosts.map((host) => [readHost(host).name, headers])),
      };
    }
    return prepared;
  } catch (error) {
    await end();
    if (!isProblem(error)) throw error;
    const exitCode = signInCodes.has(error.code) ? 3 : 4;
    return { refuse: refusal(exitCode, error) };
  }
}

/** In the form in which tools report failures. */
export function refusal(exitCode: number, { code, message }: { code: string; message: string }) {
  return { exitCode, stderr: `${JSON.stringify({ ok: false, code, message, retryable: false })}\n` };
}

const signInCodes = new Set(["sign_in_ended", "connection_paused", "refresh_unavailable", "not_connected"]);

/** The call as the person would be asked about it. Nothing that says what the operation does makes it a write. */
function askedOf(grant: OpenGrant, { argv, operation }: Call): AskedRequest {
  const rules = grant.rules.filter((rule) => rule.operation === operation);
  const write = rules.find((rule) => accessOf(rule) === "write");
  const first = write ?? rules[0];
  const url = URL.parse(first?.url.replaceAll(/[{}]/g, (brace) => (brace === "{" ? "%7B" : "%7D")) ?? grant.baseUrl);
  const access = first && !write ? "read" : "write";
  const draft = {
    method: first?.method ?? "POST",
    headers: [],
    path: decodeURI(url?.pathname ?? "/"),
    query: "",
    body: Buffer.from(shellLine([grant.slug, ...argv])),
  };
  return askedRequest(draft, url?.host ?? "", { operation, operations: [operation], access, listed: rules.length > 0 });
}

/** As the kit reads them: a variable for each secret field, and the one secret of a simple sign-in by its usual names too. */
function secretsIn(
  placements: Placement[],
  { auth = {} }: ToolDescription,
  name: (text: string) => string,
  shown: (secret: string) => string,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [field, places] of Object.entries(auth)) {
    const found = placements.find(({ place }) =>
      [places].flat().some((one) => isDeepStrictEqual(normal(one), normal(place))),
    );
    if (found) variables[name(field)] = shown(found.secret.reveal());
  }
  const [only, ...others] = placements;
  if (only && others.length === 0) {
    variables[name("access_token")] = shown(only.secret.reveal());
    variables[name("api_key")] = shown(only.secret.reveal());
  }
  return variables;
}

/** Header names are the same in small letters, and no template is the secret alone. */
function normal(place: object): object {
  const { in: kind, name, template }: { in?: string; name?: string; template?: string } = place;
  return {
    kind,
    name: kind === "header" ? name?.toLowerCase() : name,
    template: template === "{secret}" ? undefined : template,
  };
}

function placeNames(placements: Placement[], name: (text: string) => string): Record<string, string> {
  const names: Record<string, string> = {};
  for (const { place } of placements) {
    if (place.in === "header") names[name("auth_header_name")] ??= place.name;
    if (place.in === "query") names[name("auth_query_param")] ??= place.name;
  }
  return names;
}

/** The headers that carry the credential; undefined when some of it goes elsewhere. */
function headersOf(placements: Placement[]): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  const basics = { user: "", password: "" };
  for (const { place, secret } of placements) {
    const text = secret.reveal();
    if (place.in === "header") headers[place.name] = place.template?.replaceAll("{secret}", () => text) ?? text;
    else if (place.in === "basic_user") basics.user = text;
    else if (place.in === "basic_password") basics.password = text;
    else return undefined;
  }
  if (basics.user !== "" || basics.password !== "") headers["Authorization"] = basic(basics.user, basics.password);
  return Object.keys(headers).length > 0 ? headers : undefined;
}

function withPort(host: string): string {
  const { name, port } = readHost(host);
  return `${name.includes(":") ? `[${name}]` : name}:${port ?? 443}`;
}
