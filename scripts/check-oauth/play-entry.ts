import { setTimeout as wait } from "node:timers/promises";
import type { Authorization } from "../../src/connections/authorize.ts";
import { Problem } from "../../src/contract/problem.ts";
import { Secret } from "../../src/contract/secret.ts";
import type { Draft } from "../../src/gateway/draft.ts";
import { placeCredential } from "../../src/gateway/place.ts";
import { convertEntry } from "./convert-entry.ts";
import type { Entry } from "./convert-entry.ts";
import type { House } from "./open-house.ts";
import { signInAsBrowser } from "./sign-in-as-browser.ts";
import { valuesThatFit } from "./values-that-fit.ts";

const expiries = 2;
/** How long we wait for a token of untold life to end. */
const patienceMs = 150_000;

type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** Plays one service from sign-in to the call after the second expiry. @returns why it failed, or undefined. */
export async function playEntry(house: House, entry: Entry, turn: Turns): Promise<string | undefined> {
  try {
    const converted = convertEntry(entry);
    const connectionId = await turn(async () => {
      const integration = await house.integrate(entry, converted);
      const id = await connect(house, entry, integration.id, valuesThatFit(entry));
      await callOrRenew(house, id);
      return id;
    });
    for (let expiry = 0; expiry < expiries; expiry += 1) {
      await letExpire(house, connectionId);
      await turn(() => callOrRenew(house, connectionId));
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function connect(
  { connections, scope, clientOf, fetch }: House,
  entry: Entry,
  integrationId: string,
  variables: Record<string, string>,
): Promise<string> {
  const methodId = "oauth";
  if (entry.grant !== "authorization_code") {
    const client = clientOf(entry);
    const secrets = client && { client_id: new Secret(client.clientId), client_secret: client.clientSecret };
    return (await connections.connectWithSecrets(scope, { integrationId, methodId, secrets: secrets ?? {}, variables }))
      .id;
  }
  const sessionToken = "the browser of this check";
  const { url } = await connections.startOAuth(scope, {
    integrationId,
    methodId,
    variables,
    sessionToken,
    returnTo: "/done",
  });
  const { slug, parameters } = await signInAsBrowser(fetch, url);
  return (await connections.finishOAuth({ parameters, slug, sessionToken })).connection.id;
}

/** As the gateway does: a refused credential is renewed once in a request. A service may refuse two requests in a row. */
async function callOrRenew(house: House, connectionId: string): Promise<void> {
  // Asked before the credential is: a token of two seconds is used as soon as it is at hand.
  const { baseUrl } = await house.connections.describe(house.scope, connectionId);
  let status = 0;
  for (let asked = 0; asked < 2; asked += 1) {
    const first = await house.connections.authorize(house.scope, connectionId);
    status = await call(house, baseUrl, first);
    if (status === 200) return;
    const again = await house.connections.authorize(house.scope, connectionId, {
      refused: true,
      version: first.version,
    });
    status = await call(house, baseUrl, again);
    if (status === 200) return;
  }
  throw new Error(`the service answered ${status}`);
}

async function call({ fetch }: House, baseUrl: string, { placements }: Authorization): Promise<number> {
  const url = new URL(baseUrl);
  const draft: Draft = {
    method: "GET",
    headers: [["accept", "application/json"]],
    path: url.pathname,
    query: url.search.slice(1),
    body: undefined,
  };
  placeCredential(draft, placements);
  const query = draft.query === "" ? "" : `?${draft.query}`;
  const answer = await fetch(`${url.origin}${draft.path}${query}`, {
    headers: Object.fromEntries(draft.headers),
    redirects: "refuse",
  });
  const text = await answer.text();
  if (![200, 401].includes(answer.status))
    throw new Error(`the service answered ${answer.status}: ${text.slice(0, 300)}`);
  if (text.includes('"violations"')) throw new Error(`the service answered ${answer.status}: ${text.slice(0, 400)}`);
  return answer.status;
}

/** Until the time the server told is over; where it told none, until the service refuses. */
async function letExpire(house: House, connectionId: string): Promise<void> {
  const { expiresAt } = await house.connections.get(house.scope, connectionId);
  if (expiresAt !== null) {
    await wait(Math.max(0, expiresAt.getTime() - Date.now()) + 350);
    return;
  }
  const { baseUrl } = await house.connections.describe(house.scope, connectionId);
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    await wait(500);
    const authorization = await house.connections.authorize(house.scope, connectionId);
    if ((await call(house, baseUrl, authorization)) === 401) return;
  }
  throw new Problem("input_invalid", { detail: "the token did not end" });
}
