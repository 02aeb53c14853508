import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { expect, it } from "vitest";
import { Secret } from "../../contract/secret.ts";
import { chooseAuthentication, clientAuthentication, mayGoTo } from "./client-authentication.ts";

const server = { issuer: "https://example.com" };
const audience = "https://example.com/token";

async function prove(clientSecret: string) {
  const body = new URLSearchParams();
  const proof = await clientAuthentication(
    { clientId: "ours", clientSecret: new Secret(clientSecret), authentication: "private_key_jwt" },
    audience,
    audience,
  );
  await proof(server, { client_id: "ours" }, body, new Headers());
  const [header = "", claims = "", signature = ""] = (body.get("client_assertion") ?? "").split(".");
  const parse = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  return {
    header: parse(header),
    claims: parse(claims),
    signed: Buffer.from(`${header}.${claims}`),
    signature: Buffer.from(signature, "base64url"),
  };
}

it.each([
  ["RS256", generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"],
  ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" }), "sha256"],
  ["ES384", generateKeyPairSync("ec", { namedCurve: "P-384" }), "sha384"],
  ["Ed25519", generateKeyPairSync("ed25519"), null],
])("signs with %s, from PEM and from JWK", async (alg, { privateKey, publicKey }, digest) => {
  const jwk = { ...privateKey.export({ format: "jwk" }), kid: "key-1" };
  for (const secret of [privateKey.export({ type: "pkcs8", format: "pem" }).toString(), JSON.stringify(jwk)]) {
    const { header, claims, signed, signature } = await prove(secret);
    expect(header).toMatchObject({ alg, ...(secret.startsWith("{") ? { kid: "key-1" } : {}) });
    expect(claims).toMatchObject({ iss: "ours", sub: "ours", aud: audience });
    const key = createPublicKey(publicKey.export({ type: "spki", format: "pem" }));
    expect(verify(digest, signed, { key, dsaEncoding: "ieee-p1363" }, signature)).toBe(true);
  }
});

it("says that a text is no private key, without repeating it", async () => {
  await expect(prove("canary")).rejects.toMatchObject({
    code: "input_invalid",
    message: expect.not.stringContaining("canary"),
  });
});

it("takes Basic where nobody said how, what the server offers where it did, and what the data says before both", () => {
  expect(chooseAuthentication({ hasSecret: true })).toBe("client_secret_basic");
  expect(chooseAuthentication({ hasSecret: true, offered: ["private_key_jwt", "client_secret_post"] })).toBe(
    "client_secret_post",
  );
  expect(chooseAuthentication({ hasSecret: true, offered: ["client_secret_basic"], told: "client_secret_post" })).toBe(
    "client_secret_post",
  );
  expect(chooseAuthentication({ hasSecret: false, told: "client_secret_post" })).toBe("none");
});

it.each([
  ["github.com", "github.com", true],
  ["GitHub.com", "github.COM", true],
  ["github.com", "github.com.evil.example", false],
  ["github.com", "github.com:8443", false],
  ["github.com", "xgithub.com", false],
  ["a.b.com", "axb.com", false],
  ["*.zendesk.com", "acme.zendesk.com", true],
  ["*.zendesk.com", "zendesk.com.evil.example", false],
  ["*.zendesk.com", ".zendesk.com", false],
])("a secret bound to %s, taken to %s: %s", (bound, host, goes) => {
  expect(mayGoTo([bound], host)).toBe(goes);
});

it("a secret bound to no host at all goes nowhere", () => {
  expect(mayGoTo([], "github.com")).toBe(false);
});
