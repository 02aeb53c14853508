import { typedFields } from "../contract/auth-method.ts";
import type { AuthMethod } from "../contract/auth-method.ts";
import type { Connection } from "../contract/connection.ts";
import type { Integration } from "../contract/integration.ts";
import { Problem } from "../contract/problem.ts";
import type { Scope } from "../contract/scope.ts";
import { Secret } from "../contract/secret.ts";
import { audit } from "../database/audit.ts";
import { withinTenant } from "../database/database.ts";
import { getIntegration } from "../integrations/integrations.ts";
import { checkVariable, checkVariables } from "./check-variables.ts";
import { insertConnection, keepCredential, readConnection, toConnection } from "./connection-store.ts";
import { methodOf, redirectUriOf, variablesOf } from "./inside.ts";
import type { Inside } from "./inside.ts";
import { keepSignIn } from "./keep-sign-in.ts";
import { askTokenEndpoint } from "./oauth/ask-token-endpoint.ts";
import { chooseAuthentication } from "./oauth/client-authentication.ts";
import { resolveEndpoints } from "./oauth/endpoints.ts";
import { explainTokenRefusal } from "./oauth/explain-refusal.ts";
import { TokenRefusal } from "./oauth/token-refusal.ts";

export type ConnectWithSecrets = {
  integrationId: string;
  methodId: string;
  secrets: Record<string, Secret>;
  variables?: Record<string, string>;
  label?: string;
  /** Give this connection new secrets, or another way to sign in: label, policies and place as default stay. */
  connectionId?: string;
};

/**
 * Connects with what a person typed: keys, tokens, user and password, or the client of a service that signs in by client
 * credentials (whose token is fetched at once). The connection is `pending` until a live read has proven it.
 *
 * @throws Problem `credential_incomplete` naming the fields that are missing; `input_invalid` for a value that cannot be right;
 *   `oauth_refused` when the service gives no token for the client.
 */
export async function connectWithSecrets(inside: Inside, scope: Scope, o: ConnectWithSecrets): Promise<Connection> {
  const integration = await withinTenant(inside.database, scope.tenantId, (tx) =>
    getIntegration(tx, { id: o.integrationId }),
  );
  const method = methodOf(integration, o.methodId);
  const secrets = checkSecrets(method, o.secrets);
  const variables = variablesOf(integration, method);
  const before =
    o.connectionId === undefined
      ? undefined
      : await withinTenant(inside.database, scope.tenantId, (tx) => readConnection(tx, scope, o.connectionId ?? ""));
  if (before && before.integrationId !== integration.id) throw new Problem("not_found", { what: "connection" });
  const values = checkVariables(variables, { ...before?.metadata, ...o.variables });
  if (method.type === "oauth2") return connectClient(inside, scope, integration, method, { ...o, secrets, values });

  const change = {
    authMethodId: method.id,
    metadata: values,
    scopes: [],
    expiresAt: null,
    enabled: true,
    status: "pending" as const,
    statusReason: null,
  };
  const kept = await withinTenant(inside.database, scope.tenantId, async (tx) => {
    const credential = { methodId: method.id, secrets, hosts: integration.hosts };
    let id: string;
    if (before) {
      const current = await readConnection(tx, scope, before.id);
      id = current.id;
      await keepCredential(tx, inside.vault, id, {
        tenantId: scope.tenantId,
        expected: current.version,
        credential,
        change: { ...change, ...(o.label === undefined ? {} : { label: o.label }) },
      });
    } else {
      const user = method.type === "basic" ? secrets["username"]?.reveal() : undefined;
      const label = o.label ?? (user !== undefined && isName(user) ? user : integration.name);
      id = await insertConnection(tx, inside.vault, scope, {
        integrationId: integration.id,
        label,
        credential,
        change,
      });
    }
    await audit(tx, scope, {
      action: before ? "connection.sign_in_again" : "connection.connect",
      outcome: "ok",
      integrationId: integration.id,
      connectionId: id,
      facts: { method: method.id },
    });
    return readConnection(tx, scope, id);
  });
  await inside.changed(kept.id);
  return toConnection(kept);
}

async function connectClient(
  inside: Inside,
  scope: Scope,
  integration: Integration,
  method: Extract<AuthMethod, { type: "oauth2" }>,
  o: ConnectWithSecrets & { values: Record<string, string> },
): Promise<Connection> {
  if (method.grant !== "client_credentials")
    throw new Problem("input_invalid", { detail: "this way to sign in goes through the service's own page" });
  const endpoints = await resolveEndpoints(
    inside.discover,
    method,
    o.values,
    variablesOf(integration, method),
    integration.name,
  );
  const { client_id: id, client_secret: clientSecret } = o.secrets;
  if (!id) throw new Problem("credential_incomplete", { fields: ["Client id"] });
  const authentication = chooseAuthentication({
    told: method.clientAuthentication,
    offered: endpoints.authentication,
    hasSecret: clientSecret !== undefined,
  });
  const client = { clientId: id.reveal(), clientSecret, authentication, source: "by_hand" as const };
  try {
    const tokens = await askTokenEndpoint(
      inside,
      { method, endpoints, client, values: o.values },
      { grant: "client_credentials", scopes: method.scopes },
    );
    return await keepSignIn(inside, scope, {
      integration,
      method,
      endpoints,
      client,
      tokens,
      values: o.values,
      asked: method.scopes,
      connectionId: o.connectionId,
      label: o.label,
      secrets: o.secrets,
    });
  } catch (error) {
    if (error instanceof TokenRefusal)
      throw explainTokenRefusal(error, {
        integration: integration.name,
        redirectUri: redirectUriOf(inside, integration.slug),
      });
    throw error;
  }
}

/** What people paste often has blanks, quotes or the header's own words around it. */
export function checkSecrets(method: AuthMethod, given: Record<string, Secret>): Record<string, Secret> {
  const fields = typedFields(method);
  const secrets: Record<string, Secret> = {};
  const missing: string[] = [];
  for (const field of fields) {
    const text = tidy(given[field.name]?.reveal() ?? "", method);
    if (text !== "") {
      if (field.pattern !== undefined) checkShape(field.label, field.pattern, text);
      secrets[field.name] = new Secret(text);
    } else if (!field.optional && field.fixed === undefined) missing.push(field.label);
  }
  if (missing.length > 0) throw new Problem("credential_incomplete", { fields: missing });
  return secrets;
}

function tidy(text: string, method: AuthMethod): string {
  // A password may begin or end with a blank, and so may a client secret.
  if (method.type === "basic" || method.type === "oauth2")
    return text.trim() === "" ? "" : text.replace(/[\r\n]+$/, "");
  const trimmed = text.trim().replace(/^(["'`])(.*)\1$/s, "$2");
  return method.type === "bearer_token" ? trimmed.replace(/^(?:authorization:\s*)?bearer\s+/i, "") : trimmed;
}

/** The sentence names the field, never what was typed. */
function checkShape(label: string, pattern: string, text: string): void {
  checkVariable({ name: "secret", label, pattern }, text);
}

/** A user name is shown as the label; an API key put in its place is not. */
const isName = (user: string) =>
  /^[\w.+-]+@[\w.-]+$/.test(user) || (user.length <= 20 && /^[a-z][a-z ._-]*$/i.test(user));
