import { createHash, createHmac, randomBytes } from "node:crypto";

export type TokenKind = "pbg" | "pbs" | "pbl" | "pbk" | "pbo";

/**
 * An opaque token (run grant `pbg`, session `pbs`, sign-in link `pbl`, API key `pbk`, OAuth state `pbo`) with 256 random bits.
 * It names its tenant, so that even its lookup happens under row-level security. Only the hash is stored.
 */
export function makeToken(kind: TokenKind, tenantId: string): { token: string; hash: string } {
  const tenant = Buffer.from(tenantId.replaceAll("-", ""), "hex").toString("base64url");
  const token = `${kind}_${tenant}_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashOf(token) };
}

/** Reads the tenant and the hash out of a token; undefined when it has not our form. Proves nothing by itself. */
export function readToken(kind: TokenKind, token: string): { tenantId: string; hash: string } | undefined {
  const match = /^(pb[gslko])_([A-Za-z0-9_-]{22})_[A-Za-z0-9_-]{43}$/.exec(token);
  if (!match?.[2] || match[1] !== kind) return undefined;
  const hex = Buffer.from(match[2], "base64url").toString("hex");
  if (hex.length !== 32) return undefined;
  const tenantId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return { tenantId, hash: hashOf(token) };
}

/** Shows to whoever knows the token that one knows it too, without telling it. */
export function proofOf(token: string, challenge: string): string {
  return createHmac("sha256", token).update(challenge).digest("base64url");
}

/** Finds run grants in text, wherever a tool may have put one. */
export const grantPattern = /pbg_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{43}/g;

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
