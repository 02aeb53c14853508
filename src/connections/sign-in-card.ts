import { randomUUID } from "node:crypto";
import { typedFields } from "../contract/auth-method.ts";
import type { AuthMethod } from "../contract/auth-method.ts";
import type { SignInCard } from "../contract/chat.ts";
import type { Integration } from "../contract/integration.ts";
import type { Scope } from "../contract/scope.ts";
import { withinTenant } from "../database/database.ts";
import type { Transaction } from "../database/database.ts";
import { getIntegration } from "../integrations/integrations.ts";
import { readConnection } from "./connection-store.ts";
import { gapOf } from "./scope-gap.ts";
import { redirectUriOf, variablesOf } from "./inside.ts";
import type { Inside } from "./inside.ts";

/** What signing in to an integration asks for, each way with its form; whether OAuth2 can start now, and what it still needs. */
export function signInCard(
  inside: Inside,
  scope: Scope,
  integrationId: string,
  o: { reason?: string; connectionId?: string } = {},
): Promise<SignInCard> {
  return withinTenant(inside.database, scope.tenantId, async (tx) => {
    const integration = await getIntegration(tx, { id: integrationId });
    const before = o.connectionId === undefined ? undefined : await readConnection(tx, scope, o.connectionId);
    const methods = [];
    // The way this account signed in before stands first.
    const ways = integration.auth.toSorted(
      (a, b) => Number(b.id === before?.authMethodId) - Number(a.id === before?.authMethodId),
    );
    for (const method of ways) methods.push(await describeMethod(inside, tx, integration, method));
    const { id, slug, name } = integration;
    const again = before && { connectionId: before.id, label: before.label, scopes: gapOf(before) };
    const reason = o.reason ?? before?.statusReason ?? undefined;
    return { cardId: randomUUID(), integration: { id, slug, name }, methods, reason, again };
  });
}

async function describeMethod(
  inside: Inside,
  tx: Transaction,
  integration: Integration,
  method: AuthMethod,
): Promise<SignInCard["methods"][number]> {
  const isBrowser = method.type === "oauth2" && method.grant === "authorization_code";
  return {
    id: method.id,
    type: method.type,
    label: method.label ?? labels[method.type],
    help: method.help,
    helpUrl: method.helpUrl,
    // What is always the same word is nothing to ask a person for.
    fields: typedFields(method)
      .filter(({ fixed }) => fixed === undefined)
      .map(({ name, label, help, helpUrl, optional }) => ({ name, label, help, helpUrl, optional })),
    variables: variablesOf(integration, method).filter(({ from }) => from === undefined || from === "person"),
    available: await canStart(inside, tx, integration, method),
    ...(isBrowser ? { redirectUri: redirectUriOf(inside, integration.slug) } : {}),
    ...(method.type === "oauth2" && method.setup ? { setup: method.setup } : {}),
  };
}

/** Whether nothing but the person is missing: a client is there, or registers itself, or none is needed. */
export async function canStart(
  inside: Inside,
  tx: Transaction,
  integration: Integration,
  method: AuthMethod,
): Promise<boolean> {
  if (method.type !== "oauth2" || method.grant === "client_credentials") return true;
  if ((await inside.clients.find(tx, integration, method)) !== undefined) return true;
  if (method.clientRegistration === "by_hand") return false;
  if (method.clientRegistration === "metadata_document") return inside.publicUrl().startsWith("https://");
  // What is discovered at start most often registers clients by itself; when not, the start says so.
  return method.registrationEndpoint !== undefined || method.tokenEndpoint === undefined;
}

const labels = {
  oauth2: "Sign in",
  api_key: "API key",
  bearer_token: "Access token",
  basic: "User name and password",
  none: "No sign-in",
};
