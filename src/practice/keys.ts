import { createECDH, createHash, createHmac, randomBytes } from "node:crypto";

/** The two ways to sign in with keys, for one person. */
export type Keys = { apiKey: string; pair: { key: string; token: string } };

/**
 * Every secret of the practice service is derived from one seed, made once a data folder. So keys stay the same
 * for as long as the data does, and no file holds one in the clear.
 */
export type Derive = {
  keys(person: string): Keys;
  clientSecret(clientId: string): string;
  cookieKey: string;
  /** Private key for identity tokens, ES256. */
  signingKey: { kty: "EC"; crv: "P-256"; alg: "ES256"; use: "sig"; kid: string; d: string; x: string; y: string };
};

export const newSeed = () => randomBytes(32).toString("base64url");

/** How a key or token is looked up without keeping it. */
export const digest = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");

export function deriveFrom(seed: string): Derive {
  const derive = (purpose: string) => createHmac("sha256", seed).update(purpose).digest();
  return {
    keys: (person) => ({
      apiKey: `bk_${derive(`api-key ${person}`).toString("base64url").slice(0, 32)}`,
      pair: {
        key: derive(`pair-key ${person}`).toString("hex").slice(0, 32),
        token: derive(`pair-token ${person}`).toString("hex"),
      },
    }),
    clientSecret: (clientId) => derive(`client ${clientId}`).toString("base64url"),
    cookieKey: derive("cookies").toString("base64url"),
    signingKey: signingKey(derive("signing")),
  };
}

function signingKey(scalar: Buffer): Derive["signingKey"] {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(scalar);
  const point = curve.getPublicKey(); // 04, x, y
  const [d, x, y] = [scalar, point.subarray(1, 33), point.subarray(33)].map((part) => part.toString("base64url"));
  return { kty: "EC", crv: "P-256", alg: "ES256", use: "sig", kid: digest(point).slice(0, 16), d: d!, x: x!, y: y! };
}
