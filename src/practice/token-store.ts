import type { AdapterPayload } from "oidc-provider";
import { z } from "zod";
import type { Journal, Shelf } from "./journal.ts";
import { digest } from "./keys.ts";

const Stored = z.object({
  id: z.string(),
  /** Seconds since 1970; absent for what does not end by itself, as clients. */
  expiresAt: z.number().optional(),
  payload: z.custom<AdapterPayload>((value) => typeof value === "object" && value !== null),
});
type Stored = z.infer<typeof Stored>;

const kinds = [
  "AccessToken",
  "AuthorizationCode",
  "RefreshToken",
  "Grant",
  "Client",
  "Session",
  "Interaction",
  "RegistrationAccessToken",
  "ReplayDetection",
  "PushedAuthorizationRequest",
];

/**
 * Keeps what the authorization server remembers, in the journal. The id of a token is the token, so things lie under
 * the digest of their id, and a client's secret is left out: it can be derived again.
 */
export function openTokenStore(journal: Journal, clientSecret: (clientId: string) => string) {
  const shelves = new Map(kinds.map((kind) => [kind, journal.shelf(`oauth ${kind}`, Stored)]));
  const seconds = () => Math.floor(Date.now() / 1_000);
  const sweep = (shelf: Shelf<Stored>) => {
    for (const { id, expiresAt } of shelf.all()) if (expiresAt !== undefined && expiresAt <= seconds()) shelf.drop(id);
  };
  journal.together(() => [...shelves.values()].forEach(sweep));

  /** The adapter oidc-provider asks for, for one kind of thing. */
  return (kind: string) => {
    const shelf = shelves.get(kind);
    if (!shelf) throw new Error(`The practice service keeps no ${kind}.`);
    const restored = (stored: Stored | undefined, id: string): AdapterPayload | undefined => {
      // To the second: the tolerance for clocks of other machines, which oidc-provider adds later, is not for our own.
      if (!stored || (stored.expiresAt !== undefined && stored.expiresAt <= seconds())) return undefined;
      if (kind !== "Client") return { ...stored.payload, jti: id };
      return stored.payload.client_secret === ""
        ? { ...stored.payload, client_secret: clientSecret(id) }
        : stored.payload;
    };
    return {
      async upsert(id: string, given: AdapterPayload, expiresIn?: number) {
        const payload = { ...given, ...(given.client_secret && { client_secret: "" }) };
        delete payload.jti;
        sweep(shelf);
        shelf.put({ id: digest(id), expiresAt: expiresIn === undefined ? undefined : seconds() + expiresIn, payload });
      },
      find: async (id: string) => restored(shelf.get(digest(id)), id),
      // Authorizations carry no sign-in over to the next one, and there is no device flow: nobody asks for these two.
      findByUid: async () => undefined,
      findByUserCode: async () => undefined,
      async consume(id: string) {
        const stored = shelf.get(digest(id));
        if (stored) shelf.put({ ...stored, payload: { ...stored.payload, consumed: seconds() } });
      },
      async destroy(id: string) {
        shelf.drop(digest(id));
      },
      async revokeByGrantId(grantId: string) {
        for (const { id, payload } of shelf.all()) if (payload.grantId === grantId) shelf.drop(id);
      },
    };
  };
}
