import { digest } from "./keys.ts";
import type { Derive } from "./keys.ts";
import type { Person } from "./nouns.ts";
import { Refusal } from "./refusal.ts";

export type Scope = "boards:read" | "boards:write";
export const scopes: Record<Scope, string> = {
  "boards:read": "See boards, lists, cards, comments and attachments",
  "boards:write": "Make, change and delete them",
};

export type SignedIn = {
  person: Person;
  way: "api_key" | "key_and_token" | "oauth2";
  scopes: ReadonlySet<string>;
  clientId?: string;
};
export type SignIn = (headers: Headers, query: URLSearchParams) => Promise<SignedIn>;

type Needs = {
  url: string;
  people: readonly Person[];
  derive: Derive;
  /** Whose access token this is; undefined when it has ended, was revoked or never was. */
  findAccessToken(
    token: string,
  ): Promise<{ personId: string; scopes: ReadonlySet<string>; clientId: string } | undefined>;
};

/** Tells who asks, by any of the three ways; the first of bearer token, header key, key and token that is there counts. */
export function signInBy({ url, people, derive, findAccessToken }: Needs): SignIn {
  const all = new Set(Object.keys(scopes));
  const byKey = new Map(people.map((person) => [digest(derive.keys(person.id).apiKey), person]));
  const byPair = new Map(people.map((person) => [pairDigest(derive.keys(person.id).pair), person]));
  const resource = `resource_metadata="${url}/.well-known/oauth-protected-resource/v1"`;
  const refuse = (code: string, message: string, parameters = "") =>
    new Refusal(401, code, message, {
      headers: { "WWW-Authenticate": `Bearer realm="Practice Boards", ${parameters}${resource}` },
    });

  return async (headers, query) => {
    const bearer = headers.get("authorization")?.match(/^bearer +([\w.~+/-]+=*)$/i)?.[1];
    if (bearer !== undefined) {
      const token = await findAccessToken(bearer);
      const person = people.find(({ id }) => id === token?.personId);
      if (token && person) return { person, way: "oauth2", scopes: token.scopes, clientId: token.clientId };
      const message = "The access token has ended, was revoked or is not one of ours.";
      throw refuse("invalid_token", message, `error="invalid_token", error_description="${message}", `);
    }

    const apiKey = headers.get("x-board-key");
    if (apiKey !== null) {
      const person = byKey.get(digest(apiKey));
      if (person) return { person, way: "api_key", scopes: all };
      throw refuse("invalid_key", "The key in X-Board-Key is not one of ours.");
    }

    const [key, token] = [query.get("key"), query.get("token")];
    if (key !== null && token !== null) {
      const person = byPair.get(pairDigest({ key, token }));
      if (person) return { person, way: "key_and_token", scopes: all };
      throw refuse("invalid_key", "The key and token do not belong together, or are not ours.");
    }
    if (key !== null || token !== null)
      throw refuse("incomplete_key", "A key needs its token and a token its key: send both in the query.");
    throw refuse(
      "sign_in_needed",
      "Sign in: with X-Board-Key, with key and token in the query, or with a bearer token.",
    );
  };
}

/** Refuses what the scopes do not cover, as RFC 6750 says. */
export function allow({ scopes: granted }: SignedIn, access: "read" | "write") {
  const needed: Scope = `boards:${access}`;
  if (granted.has(needed)) return;
  throw new Refusal(403, "insufficient_scope", `This needs the scope ${needed}.`, {
    headers: { "WWW-Authenticate": `Bearer realm="Practice Boards", error="insufficient_scope", scope="${needed}"` },
  });
}

// Both parts are hashed on their own, so that no other cut between them gives the same digest.
const pairDigest = ({ key, token }: { key: string; token: string }) => `${digest(key)} ${digest(token)}`;
