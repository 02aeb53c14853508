import { z } from "zod";
import { Secret } from "../contract/secret.ts";

/** The secret parts of a connection, as they lie sealed in one `credential_version`. */
export type Credential = {
  /** The way to sign in it was made by; going back to it goes back to that way. */
  methodId: string;
  /** What a person typed, by field name. */
  secrets: Record<string, Secret>;
  accessToken?: Secret;
  refreshToken?: Secret;
  /** The client that got the tokens; its secret only where it is kept nowhere else (registered by itself, or typed). */
  client?: { clientId: string; clientSecret?: Secret; authentication?: string };
  /** Host of the token endpoint that gave the refresh token: it is sent to no other. */
  issuedBy?: string;
  /** Hosts the integration declared when a person gave this, their blanks unfilled: it is sent to no other. Older ones lack it. */
  hosts?: string[];
};

export function writeCredential(credential: Credential): Secret {
  const client = credential.client && { ...credential.client, clientSecret: credential.client.clientSecret?.reveal() };
  return new Secret(
    JSON.stringify({
      methodId: credential.methodId,
      secrets: Object.fromEntries(Object.entries(credential.secrets).map(([name, secret]) => [name, secret.reveal()])),
      accessToken: credential.accessToken?.reveal(),
      refreshToken: credential.refreshToken?.reveal(),
      client,
      issuedBy: credential.issuedBy,
      hosts: credential.hosts,
    }),
  );
}

export function readCredential(opened: Secret): Credential {
  return Sealed.parse(JSON.parse(opened.reveal()));
}

const secret = z.string().transform((text) => new Secret(text));

const Sealed = z.object({
  methodId: z.string(),
  secrets: z.record(z.string(), secret),
  accessToken: secret.optional(),
  refreshToken: secret.optional(),
  client: z
    .object({ clientId: z.string(), clientSecret: secret.optional(), authentication: z.string().optional() })
    .optional(),
  issuedBy: z.string().optional(),
  hosts: z.array(z.string()).optional(),
});
