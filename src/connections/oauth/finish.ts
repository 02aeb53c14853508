import { and, eq, gt, isNull, or } from "drizzle-orm";
import * as oauth from "oauth4webapi";
import { z } from "zod";
import type { OAuth2Method } from "../../contract/auth-method.ts";
import type { Connection } from "../../contract/connection.ts";
import type { Integration } from "../../contract/integration.ts";
import { readToken } from "../../contract/opaque-token.ts";
import { isProblem, Problem } from "../../contract/problem.ts";
import type { Scope } from "../../contract/scope.ts";
import { audit } from "../../database/audit.ts";
import { withinTenant } from "../../database/database.ts";
import { oauthState } from "../../database/tables.ts";
import { getIntegration } from "../../integrations/integrations.ts";
import { places } from "../../vault/places.ts";
import { fittingFacts } from "../check-variables.ts";
import { keepSignIn } from "../keep-sign-in.ts";
import { oauthMethodOf, redirectUriOf, variablesOf } from "../inside.ts";
import type { Inside } from "../inside.ts";
import { askTokenEndpoint } from "./ask-token-endpoint.ts";
import type { Tokens } from "./ask-token-endpoint.ts";
import type { OAuthClient } from "./client-authentication.ts";
import { resolveEndpoints } from "./endpoints.ts";
import type { Endpoints } from "./endpoints.ts";
import { explainRefusal, explainTokenRefusal } from "./explain-refusal.ts";
import { readMetadata } from "./read-metadata.ts";
import { clientFor, sessionHash } from "./start.ts";
import { TokenRefusal } from "./token-refusal.ts";

export type FinishOAuth = {
  /** The query of the redirect. */
  parameters: URLSearchParams;
  /** The last part of the path the redirect arrived at: whose redirect URI it was. Unknown counts as another's. */
  slug: string | undefined;
  /** The session of the browser that brought it. */
  sessionToken?: string;
  /** Who is signed in there: may finish what was started without a browser session (terminal, API key). */
  signedInAs?: Scope;
};

export type FinishedOAuth = {
  scope: Scope;
  connection: Connection;
  returnTo: string;
  cardId?: string;
  conversationId?: string;
};

/** What a sign-in that failed belonged to, so that its conversation can hear of it. */
export type FailedSignIn = { scope: Scope; returnTo: string; cardId?: string; conversationId?: string };

const failures = new WeakMap<Problem, FailedSignIn>();

/** Which sign-in a Problem of `finishOAuth` belongs to; undefined when its state proved nothing. */
export const failedSignIn = (problem: unknown): FailedSignIn | undefined =>
  isProblem(problem) ? failures.get(problem) : undefined;

/**
 * Takes the answer of the authorization server (RFC 6749 §4.1.2) and makes a connection of it. A state counts once, for ten
 * minutes, in the browser it was made for, at the redirect URI of its integration.
 *
 * @throws Problem `oauth_state_invalid`; `oauth_refused` saying what to do; `token_answer_unreadable`.
 */
export async function finishOAuth(inside: Inside, o: FinishOAuth): Promise<FinishedOAuth> {
  const state = await takeState(inside, o);
  const { scope, details } = state;
  try {
    const integration = await withinTenant(inside.database, scope.tenantId, (tx) =>
      getIntegration(tx, { versionId: details.versionId }),
    );
    const connection = await complete(inside, state, integration, o);
    return {
      scope,
      connection,
      returnTo: state.returnTo,
      cardId: details.cardId,
      conversationId: details.conversationId,
    };
  } catch (error) {
    if (isProblem(error)) {
      failures.set(error, {
        scope,
        returnTo: state.returnTo,
        cardId: details.cardId,
        conversationId: details.conversationId,
      });
      await withinTenant(inside.database, scope.tenantId, (tx) =>
        audit(tx, scope, {
          action: "connection.sign_in",
          outcome: "failed",
          integrationId: state.integrationId,
          facts: { code: error.code },
        }),
      );
    }
    throw error;
  }
}

async function complete(
  inside: Inside,
  state: State,
  integration: Integration,
  { parameters, slug }: FinishOAuth,
): Promise<Connection> {
  const { scope, details } = state;
  const redirectUri = redirectUriOf(inside, integration.slug);
  // Mix-up: a code that came to another integration's redirect URI was issued by another server.
  if (slug !== integration.slug || redirectUri !== details.redirectUri) throw new Problem("oauth_state_invalid");
  const method = oauthMethodOf(integration, state.authMethodId);
  const declared = variablesOf(integration, method);
  const undeclared = Object.keys(method.redirectMetadata ?? {}).filter(
    (name) => !declared.some((each) => each.name === name),
  );
  const variables = [...declared, ...undeclared.map((name) => ({ name, from: "redirect" as const }))];
  const told = fittingFacts(variables, readMetadata(method.redirectMetadata, Object.fromEntries(parameters)));
  const values = { ...details.variables, ...told };
  const endpoints = await resolveEndpoints(inside.discover, method, values, variables, integration.name);
  if (endpoints.issuer !== details.issuer) throw new Problem("oauth_state_invalid");

  const explain = { integration: integration.name, redirectUri };
  const answer = checkAnswer(method, endpoints, details.clientId, state.token, parameters, explain);
  const client = await clientFor(inside, scope, integration, method, endpoints, redirectUri);
  if (client.clientId !== details.clientId) throw new Problem("oauth_state_invalid");
  const verifier =
    state.sealedVerifier === null ? undefined : inside.vault.open(state.sealedVerifier, places.oauthState(state.id));

  let tokens: Tokens;
  try {
    tokens = await askTokenEndpoint(
      inside,
      { method, endpoints, client, values },
      { grant: "authorization_code", answer, redirectUri, verifier },
    );
  } catch (error) {
    if (!(error instanceof TokenRefusal)) throw error;
    if (error.kind === "client" && client.source === "dynamic") {
      await withinTenant(inside.database, scope.tenantId, (tx) =>
        inside.clients.forgetDynamic(tx, integration.slug, client.clientId),
      );
    }
    throw explainTokenRefusal(error, explain);
  }
  return keepSignIn(inside, scope, {
    integration,
    method,
    endpoints,
    client,
    tokens,
    values,
    asked: details.scopes,
    connectionId: state.connectionId ?? undefined,
  });
}

/** State and issuer by oauth4webapi (RFC 9207), after the service's own names were put right; refusals in plain words. */
function checkAnswer(
  method: OAuth2Method,
  endpoints: Endpoints,
  clientId: string,
  state: string,
  parameters: URLSearchParams,
  explain: { integration: string; redirectUri: string },
): URLSearchParams {
  const standard = new URLSearchParams();
  const take = (name: string, theirs: string) => {
    for (const value of parameters.getAll(theirs)) standard.append(name, value);
  };
  take("code", method.codeParameter ?? "code");
  take("state", method.stateParameter ?? "state");
  take("error", "error");
  take("error_description", "error_description");
  // Who the issuer is we know from discovery or the data only; without that, each integration's own redirect URI stands guard.
  if (endpoints.issuer !== undefined) take("iss", "iss");
  const server: oauth.AuthorizationServer = {
    issuer: endpoints.issuer ?? "https://unknown.invalid",
    authorization_response_iss_parameter_supported: endpoints.issExpected,
  };
  try {
    const answer = oauth.validateAuthResponse(server, { client_id: clientId } satisfies OAuthClientId, standard, state);
    if (answer.getAll("code").length !== 1) throw explainRefusal({ error: "no_code", ...explain });
    return answer;
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) {
      throw explainRefusal({ error: error.error, description: error.error_description, ...explain });
    }
    if (isProblem(error)) throw error;
    const wrongIssuer = endpoints.issuer !== undefined && standard.get("iss") !== endpoints.issuer;
    throw wrongIssuer ? explainRefusal({ error: "wrong_issuer", ...explain }) : new Problem("oauth_state_invalid");
  }
}

type OAuthClientId = { client_id: OAuthClient["clientId"] };

const StateDetails = z.object({
  versionId: z.string(),
  variables: z.record(z.string(), z.string()),
  scopes: z.array(z.string()),
  clientId: z.string(),
  redirectUri: z.string(),
  issuer: z.string().optional(),
  cardId: z.string().optional(),
  conversationId: z.string().optional(),
});
export type StateDetails = z.infer<typeof StateDetails>;

type State = {
  id: string;
  token: string;
  scope: Scope;
  details: StateDetails;
  integrationId: string;
  authMethodId: string;
  connectionId: string | null;
  sealedVerifier: string | null;
  returnTo: string;
};

/**
 * Finds and spends a state in one statement: of two answers with the same state, one finds nothing. A wrong browser or person
 * does not spend it.
 */
async function takeState(inside: Inside, { parameters, sessionToken, signedInAs }: FinishOAuth): Promise<State> {
  const [token, ...others] = new Set([...parameters.values()].filter((value) => readToken("pbo", value)));
  const read = token === undefined || others.length > 0 ? undefined : readToken("pbo", token);
  if (!read || token === undefined) throw new Problem("oauth_state_invalid");
  const session = sessionToken === undefined ? undefined : eq(oauthState.sessionHash, sessionHash(sessionToken));
  const person =
    signedInAs?.tenantId === read.tenantId
      ? and(isNull(oauthState.sessionHash), eq(oauthState.personId, signedInAs.personId))
      : undefined;
  const mine = or(session, person);
  if (!mine) throw new Problem("oauth_state_invalid");
  const [row] = await withinTenant(inside.database, read.tenantId, (tx) =>
    tx
      .delete(oauthState)
      .where(and(eq(oauthState.hash, read.hash), gt(oauthState.expiresAt, inside.now()), mine))
      .returning(),
  );
  if (!row) throw new Problem("oauth_state_invalid");
  return {
    ...row,
    token,
    scope: { tenantId: row.tenantId, personId: row.personId },
    details: StateDetails.parse(row.details),
  };
}
