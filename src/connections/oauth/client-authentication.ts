import { createPrivateKey } from "node:crypto";
import * as oauth from "oauth4webapi";
import { z } from "zod";
import { Problem } from "../../contract/problem.ts";
import type { Secret } from "../../contract/secret.ts";

export type AuthenticationMethod = "client_secret_basic" | "client_secret_post" | "none" | "private_key_jwt";

/** Our registration at an authorization server (RFC 7591 words). For `private_key_jwt` the secret is a private key. */
export type OAuthClient = {
  clientId: string;
  clientSecret?: Secret;
  authentication: AuthenticationMethod;
  /** The only hosts its secret goes to, where it is not the tenant's own; `*` stands for any part of a name, alone for any host. */
  hosts?: readonly string[];
};

/**
 * Puts the client's proof of itself into a request to this endpoint (RFC 6749 §2.3, RFC 7523).
 *
 * @throws Problem `host_refused` when the client's secret was not entered for that host.
 */
export async function clientAuthentication(
  client: OAuthClient,
  endpoint: string,
  audience: string,
): Promise<oauth.ClientAuth> {
  const { clientSecret } = client;
  const { host } = new URL(endpoint);
  if (!mayGoTo(client.hosts, host)) throw new Problem("host_refused", { host });
  if (client.authentication === "none" || clientSecret === undefined) return oauth.None();
  switch (client.authentication) {
    case "client_secret_basic":
      return oauth.ClientSecretBasic(clientSecret.reveal());
    case "client_secret_post":
      return oauth.ClientSecretPost(clientSecret.reveal());
    case "private_key_jwt":
      return oauth.PrivateKeyJwt(await readPrivateKey(clientSecret), {
        [oauth.modifyAssertion]: (_header, payload) => {
          payload.aud = audience;
        },
      });
  }
}

/** Whether a secret bound to these hosts may be sent to this one; one that is bound to none may. */
export function mayGoTo(hosts: readonly string[] | undefined, host: string): boolean {
  if (hosts === undefined) return true;
  return hosts.some((each) => {
    if (each === "*") return true;
    const parts = each
      .toLowerCase()
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join("[a-z0-9._-]+")}$`).test(host.toLowerCase());
  });
}

/** The client as requests to these hosts may hold it: without its secret, when that was entered for others. */
export function forHosts<Client extends Pick<OAuthClient, "clientSecret" | "hosts">>(
  client: Client,
  hosts: Iterable<string>,
): Client {
  return [...hosts].every((host) => mayGoTo(client.hosts, host)) ? client : { ...client, clientSecret: undefined };
}

/**
 * How we authenticate where nobody said: as the server's metadata offers, else by Basic, which every server must take
 * (RFC 6749 §2.3.1); a client without a secret is public.
 */
export function chooseAuthentication(o: {
  told?: AuthenticationMethod;
  offered?: readonly string[];
  hasSecret: boolean;
}): AuthenticationMethod {
  if (!o.hasSecret) return "none";
  if (o.told !== undefined) return o.told;
  const offered = preference.find((each) => o.offered?.includes(each));
  return offered ?? "client_secret_basic";
}

const preference = ["client_secret_basic", "client_secret_post", "none"] as const;

/** A PEM or JWK text; RSA signs RS256, EC by its curve, Ed25519 as EdDSA. */
async function readPrivateKey(secret: Secret): Promise<oauth.PrivateKey | CryptoKey> {
  try {
    const text = secret.reveal().trim();
    const jwk = text.startsWith("{") ? Jwk.parse(JSON.parse(text)) : undefined;
    const key = jwk ? createPrivateKey({ key: jwk, format: "jwk" }) : createPrivateKey(text);
    const algorithm = algorithms[key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? ""];
    if (!algorithm) throw new Error("unknown kind of key");
    const exported = key.export({ format: "der", type: "pkcs8" });
    const imported = await crypto.subtle.importKey("pkcs8", new Uint8Array(exported), algorithm, false, ["sign"]);
    return jwk?.kid === undefined ? imported : { key: imported, kid: jwk.kid };
  } catch {
    throw new Problem("input_invalid", {
      detail: "the client secret of this service is a private key (PEM or JWK, RSA, EC or Ed25519), and this is none",
    });
  }
}

const Jwk = z.looseObject({ kty: z.string(), kid: z.string().optional() });

const algorithms: Record<string, { name: string; hash?: string; namedCurve?: string }> = {
  rsa: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  "rsa-pss": { name: "RSA-PSS", hash: "SHA-256" },
  prime256v1: { name: "ECDSA", namedCurve: "P-256" },
  secp384r1: { name: "ECDSA", namedCurve: "P-384" },
  ed25519: { name: "Ed25519" },
};
